// SPDX-License-Identifier: GPL-2.0-or-later
// One value of a scenario set by its address.
#include "sim/scenario/scenario_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setter {
    struct scenario *scenario;
    const char *address;
    const char *text;
    struct sim_error *error;
};

static bool set_limit(const struct setter *setter, const char *key,
                      struct engine_parameters *limits)
{
    const struct engine_algorithm *algorithm = setter->scenario->algorithm;
    char message[LIMITS_TEXT_MESSAGE_MAX];
    struct engine_parameters one = {.given = 0};
    enum limits_text_result result =
        limits_text_set(algorithm, LIMITS_TEXT_NEW_GROUP, key, setter->text, &one, message);
    if (result == LIMITS_TEXT_ELSEWHERE)
        snprintf(message, sizeof message, "engine '%s' has no limit '%.64s'", algorithm->name, key);
    if (result != LIMITS_TEXT_SET)
        return sim_fail(setter->error, SIM_USAGE, "%.*s: %s", (int)(key - setter->address - 1),
                        setter->address, message);
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        if ((one.given & (UINT32_C(1) << i)) != 0)
            limits->value[i] = one.value[i];
    }
    limits->given |= one.given;
    return true;
}

static bool set_value(const struct setter *setter, const struct setting *row, void *target)
{
    struct setting_input input = {.scenario = setter->scenario, .text = setter->text};
    const struct setting_kind *kind = row->kind;
    if (kind->parse == NULL && kind->words == NULL)
        snprintf(input.message, sizeof input.message, "this can only be read from a file");
    else if (row->kind == scenario_rows[0].kind)
        snprintf(input.message, sizeof input.message, "it is chosen when the scenario is loaded");
    bool ok = input.message[0] == '\0' && setting_parse(&input, row, target);
    if (ok && kind->clear != NULL) { // now that it is known to be one
        kind->clear((char *)target + row->offset);
        ok = setting_parse(&input, row, target);
    }
    return ok || sim_fail(setter->error, SIM_USAGE, "%s: %s", setter->address, input.message);
}

// The row of a key, up to its first dot.
static const struct setting *find_row(const struct setting *rows, const char *key)
{
    char first[32];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(key, "."), key);
    return setting_find(rows, first);
}

// A key of a device, which must have what its model needs then too.
static bool set_in_device(const struct setter *setter, const char *key,
                          struct scenario_device *device)
{
    char hint[128], message[DEVICE_MESSAGE_MAX];
    struct scenario_device before = *device;
    const struct setting *rows = scenario_device_rows + 1, *row = setting_find(rows, key);
    if (row == NULL)
        return sim_fail(setter->error, SIM_USAGE, "%s: unknown key '%.64s'%s", setter->address, key,
                        suggest(key, setting_key_at, rows, hint, sizeof hint));
    if (strcmp(key, "latency") == 0 && device->model != SCENARIO_DEVICE_FIXED)
        return sim_fail(setter->error, SIM_USAGE, "%s: only model fixed has a latency",
                        setter->address);
    if (!set_value(setter, row, device))
        return false;
    if (scenario_check_device(device, message))
        return true;
    *device = before; // values of one text are not allocated
    return sim_fail(setter->error, SIM_USAGE, "%s: %s", setter->address, message);
}

// A key of what these rows describe; the limits, if there are any, are meant too.
static bool set_key(const struct setter *setter, const char *key, const struct setting *rows,
                    void *target, struct engine_parameters *limits)
{
    char hint[128];
    struct scenario *scenario = setter->scenario;
    const struct setting *row = find_row(rows, key), *inner = row == NULL ? NULL : row->kind->rows;
    const char *rest = strchr(key, '.');
    if (row != NULL && rest == NULL)
        return set_value(setter, row, target);
    if (inner == scenario_trace_rows && !setting_is_given(row, target))
        return sim_fail(setter->error, SIM_USAGE, "%s: there is no trace", setter->address);
    if (row != NULL && row->kind == &device_kind)
        return set_in_device(setter, rest + 1, &scenario->device);
    if (inner == NULL && limits != NULL)
        return set_limit(setter, key, limits);
    if (inner == NULL)
        return sim_fail(setter->error, SIM_USAGE, "%s: unknown key '%.64s'%s", setter->address, key,
                        suggest(key, setting_key_at, rows, hint, sizeof hint));
    if (row->kind != &scenario_traces)
        return set_key(setter, rest + 1, inner, (char *)target + row->offset, NULL);
    bool ok = true;
    for (size_t i = 0; ok && i < scenario->trace_count; i++)
        ok = set_key(setter, rest + 1, inner, &scenario->traces[i], NULL);
    return ok;
}

// The number of a name with which the address begins; then *key is behind its dot. Names may have
// dots in them.
static uint32_t find_name(const struct names *names, const char **key)
{
    const char *start = *key;
    for (const char *dot = strchr(start, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        char *name = strndup(start, (size_t)(dot - start));
        uint32_t number = name == NULL ? NAMES_NONE : names_find(names, name);
        free(name);
        *key = dot + 1;
        if (number != NAMES_NONE)
            return number;
    }
    *key = start;
    return NAMES_NONE;
}

static const char *name_at(const void *words, size_t index)
{
    const struct scenario *scenario = words;
    return index < scenario->group_count
               ? scenario->groups[index].name
               : scenario_member_at(scenario, index - scenario->group_count);
}

// "devices.ssd.servers"; names may have dots in them.
static bool set_named_device(const struct setter *setter, const char *rest)
{
    char hint[128], name[65];
    struct scenario *scenario = setter->scenario;
    for (size_t i = 0; i < scenario->device_count; i++) {
        size_t length = strlen(scenario->devices[i].name);
        if (strncmp(rest, scenario->devices[i].name, length) == 0 && rest[length] == '.')
            return set_in_device(setter, rest + length + 1, &scenario->devices[i]);
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, "."), rest);
    return sim_fail(setter->error, SIM_USAGE, "%s: there is no device '%s'%s", setter->address,
                    name, suggest(name, scenario_device_at, scenario, hint, sizeof hint));
}

bool scenario_set(struct scenario *scenario, const char *address, const char *text,
                  struct sim_error *error)
{
    struct setter setter = {scenario, address, text, error};
    bool is_group = strncmp(address, "groups.", 7) == 0;
    bool is_member = strncmp(address, "members.", 8) == 0;
    const char *start = address + (is_group ? 7 : is_member ? 8 : 0);
    const char *group_key = start, *member_key = start;
    if (strncmp(address, "devices.", 8) == 0)
        return set_named_device(&setter, address + 8);
    if (strchr(start, '.') == NULL || (start == address && find_row(scenario_rows, start) != NULL))
        return set_key(&setter, address, scenario_rows, scenario, NULL);
    uint32_t group = is_member ? NAMES_NONE : find_name(&scenario->group_names, &group_key);
    uint32_t member = is_group ? NAMES_NONE : find_name(&scenario->member_names, &member_key);
    if (member != NAMES_NONE &&
        (group == NAMES_NONE || find_row(scenario_member_rows, member_key) != NULL))
        return set_key(&setter, member_key, scenario_member_rows, &scenario->members[member],
                       &scenario->members[member].limits);
    if (group != NAMES_NONE)
        return set_key(&setter, group_key, scenario_group_rows, &scenario->groups[group],
                       &scenario->groups[group].limits);
    char hint[128], name[65];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "."), start);
    return sim_fail(error, SIM_USAGE, "%s: there is no %s '%s'%s", address,
                    is_group    ? "group"
                    : is_member ? "member"
                                : "group or member",
                    name,
                    suggest(name,
                            is_group    ? scenario_group_at
                            : is_member ? scenario_member_at
                                        : name_at,
                            scenario, hint, sizeof hint));
}

bool scenario_set_options(struct scenario *scenario, const struct scenario_option *options,
                          size_t count, struct sim_error *error)
{
    return setting_apply(scenario, scenario_rows, options, count, scenario, error);
}
