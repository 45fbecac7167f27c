// SPDX-License-Identifier: GPL-2.0-or-later
// Scenarios from their defaults, from the bytes of a file or a text, and from the command line.
#include "sim/scenario/scenario_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scenario scenario_default(void)
{
    struct scenario scenario = {.end_ns = SCENARIO_NO_LIMIT};
    setting_set_defaults(scenario_rows, &scenario);
    return scenario;
}

struct scenario *scenario_new(const char *name, const struct scenario_settings *settings,
                              struct sim_error *error)
{
    struct scenario *scenario = malloc(sizeof *scenario);
    char *copy = strdup(name);
    if (scenario == NULL || copy == NULL) {
        free(scenario);
        free(copy);
        sim_fail_memory(error);
        return NULL;
    }
    *scenario = scenario_default();
    scenario->name = copy;
    if (settings != NULL && settings->algorithm != NULL) {
        scenario->algorithm = settings->algorithm;
        scenario->is_algorithm_set = true;
    }
    if (settings != NULL) {
        scenario->lenient = settings->lenient;
        scenario->progress = settings->progress;
        scenario->progress_context = settings->progress_context;
    }
    return scenario;
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    names_free(&scenario->group_names);
    names_free(&scenario->member_names);
    for (size_t i = 0; i < scenario->group_count; i++)
        free(scenario->groups[i].name);
    for (size_t i = 0; i < scenario->member_count; i++) {
        free(scenario->members[i].name);
        free(scenario->members[i].volume);
        scenario_trace_free(&scenario->members[i].trace);
    }
    for (size_t i = 0; i < scenario->event_count; i++)
        free(scenario->events[i].group);
    for (size_t i = 0; i < scenario->notice_count; i++)
        free(scenario->notices[i]);
    free(scenario->notices);
    for (size_t i = 0; i < scenario->trace_count; i++)
        scenario_trace_free(&scenario->traces[i]);
    for (size_t i = 0; i < scenario->device_count; i++)
        scenario_device_free(&scenario->devices[i]);
    scenario_device_free(&scenario->device);
    free(scenario->devices);
    free(scenario->traces);
    free(scenario->groups);
    free(scenario->members);
    free(scenario->events);
    free(scenario->name);
    free(scenario->source);
    free(scenario);
}

const char *scenario_algorithm_at(const void *words, size_t index)
{
    (void)words;
    size_t count;
    const struct engine_algorithm *const *algorithms = engine_algorithms(&count);
    return index < count ? algorithms[index]->name : NULL;
}

const char *scenario_engine_hint(const char *text, char hint[SCENARIO_ENGINE_HINT])
{
    const char *name;
    suggest(text, scenario_algorithm_at, NULL, hint, SCENARIO_ENGINE_HINT);
    for (size_t i = 0, used = 0; (i > 0 || hint[0] == '\0') && used < SCENARIO_ENGINE_HINT &&
                                 (name = scenario_algorithm_at(NULL, i)) != NULL;
         i++)
        used += (size_t)snprintf(hint + used, SCENARIO_ENGINE_HINT - used, "%s %s",
                                 i == 0 ? "; there are" : ",", name);
    return hint;
}

uint32_t scenario_find_group(const struct scenario *scenario, const char *name)
{
    return names_find(&scenario->group_names, name);
}

uint32_t scenario_find_member(const struct scenario *scenario, const char *name)
{
    return names_find(&scenario->member_names, name);
}

const char *scenario_group_at(const void *words, size_t index)
{
    const struct scenario *scenario = words;
    return index < scenario->group_count ? scenario->groups[index].name : NULL;
}

const char *scenario_member_at(const void *words, size_t index)
{
    const struct scenario *scenario = words;
    return index < scenario->member_count ? scenario->members[index].name : NULL;
}

const char *scenario_device_at(const void *words, size_t index)
{
    const struct scenario *scenario = words;
    return index < scenario->device_count ? scenario->devices[index].name : NULL;
}

char *scenario_base_name(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const char *start = path + length;
    while (start > path && start[-1] != '/')
        start--;
    size_t base = strcspn(start, ".");
    size_t rest = (size_t)(path + length - start);
    return strndup(start, base > 0 && base < rest ? base : rest);
}

// A name that no member has yet: "vdc", "vdc-2", ...
static char *unique_name(const struct scenario *scenario, const char *path)
{
    char *base = scenario_base_name(path);
    char *name = base == NULL ? NULL : names_unused(&scenario->member_names, base);
    free(base);
    return name;
}

// "iops-total=300", the first of a list.
static bool add_limit(struct scenario *scenario, const char *where, const char *text,
                      struct engine_parameters *limits, struct sim_error *error)
{
    char pair[256], message[LIMITS_TEXT_MESSAGE_MAX];
    size_t length = strcspn(text, ",");
    snprintf(pair, sizeof pair, "%.*s", length < sizeof pair ? (int)length : 255, text);
    char *equals = strchr(pair, '=');
    if (equals == NULL)
        return sim_fail(error, SIM_USAGE,
                        "%s: expected KEY=VALUE, such as iops-total=300, found '%.64s'%s", where,
                        pair,
                        strspn(pair, "0123456789") > 0
                            ? "; a comma is between two limits, a number has a point: 1.5MB"
                            : "");
    *equals = '\0';
    switch (limits_text_set(scenario->algorithm, LIMITS_TEXT_NEW_GROUP, pair, equals + 1, limits,
                            message)) {
    case LIMITS_TEXT_ELSEWHERE:
        return scenario_leave_out(scenario, (struct sim_place){0}, error, "it is left out",
                                  "%s: engine '%s' has no limit '%.64s'", where,
                                  scenario->algorithm->name, pair);
    case LIMITS_TEXT_WRONG:
        return sim_fail(error, SIM_USAGE, "%s: %s", where, message);
    case LIMITS_TEXT_SET:
        break;
    }
    return true;
}

bool scenario_read_limits(struct scenario *scenario, const char *where, const char *text,
                          struct engine_parameters *limits, struct sim_error *error)
{
    char message[LIMITS_TEXT_MESSAGE_MAX];
    struct engine_fault fault;
    while (*(text += strspn(text, " ")) != '\0') {
        if (!add_limit(scenario, where, text, limits, error))
            return false;
        text += strcspn(text, ",");
        text += *text == ',';
    }
    if (engine_check(scenario->algorithm, limits, &fault) == ENGINE_OK)
        return true;
    limits_text_fault(scenario->algorithm, LIMITS_TEXT_NEW_GROUP, limits, &fault, message);
    return sim_fail(error, SIM_USAGE, "%s: %s", where, message);
}

static bool add_group(struct scenario *scenario, const struct scenario_quick *quick,
                      struct sim_error *error)
{
    scenario->groups = calloc(1, sizeof *scenario->groups);
    if (scenario->groups == NULL)
        return sim_fail_memory(error);
    struct scenario_group *group = &scenario->groups[scenario->group_count++];
    if ((group->name = strdup("group")) == NULL)
        return sim_fail_memory(error);
    return scenario_read_limits(scenario, "--limits", quick->limits, &group->limits, error) &&
           setting_apply(scenario, scenario_group_rows, quick->options, quick->option_count, group,
                         error);
}

static bool fill_trace(struct scenario *scenario, struct scenario_trace *trace,
                       const struct scenario_quick *quick, const char *path,
                       struct sim_error *error)
{
    *trace = scenario_trace_default();
    trace->path = strdup(path);
    if (trace->path == NULL)
        return sim_fail_memory(error);
    return setting_apply(scenario, scenario_trace_rows, quick->options, quick->option_count, trace,
                         error);
}

struct quick_members {
    struct scenario *scenario;
    const struct scenario_quick *quick;
    struct sim_error *error;
};

// Takes the name. NULL with the error filled.
static struct scenario_member *add_member(const struct quick_members *members, char *name)
{
    struct scenario *scenario = members->scenario;
    const struct scenario_quick *quick = members->quick;
    size_t count = scenario->member_count;
    struct scenario_member *array = realloc(scenario->members, (count + 1) * sizeof *array);
    if (array != NULL)
        scenario->members = array;
    if (array == NULL || name == NULL ||
        names_add(&scenario->member_names, name, (uint32_t)count) == NAMES_NONE) {
        free(name);
        sim_fail_memory(members->error);
        return NULL;
    }
    scenario->member_count++;
    array[count] = scenario_member_default();
    array[count].name = name;
    array[count].group = 0;
    return setting_apply(scenario, scenario_member_rows, quick->options, quick->option_count,
                         &array[count], members->error)
               ? &array[count]
               : NULL;
}

static bool add_volume(void *context, const char *volume)
{
    const struct quick_members *members = context;
    struct scenario_member *member = add_member(members, strdup(volume));
    return member != NULL &&
           ((member->volume = strdup(volume)) != NULL || sim_fail_memory(members->error));
}

static bool add_members(struct scenario *scenario, const struct scenario_quick *quick,
                        struct sim_error *error)
{
    struct quick_members members = {scenario, quick, error};
    scenario->each_volume = quick->each_volume;
    scenario->traces = calloc(quick->trace_count, sizeof *scenario->traces);
    if (scenario->traces == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < quick->trace_count; i++) {
        const char *path = quick->traces[i];
        struct scenario_trace *trace;
        if (quick->each_volume) {
            trace = &scenario->traces[scenario->trace_count++];
        } else {
            struct scenario_member *member = add_member(&members, unique_name(scenario, path));
            if (member == NULL)
                return false;
            trace = &member->trace;
        }
        if (!fill_trace(scenario, trace, quick, path, error))
            return false;
    }
    return !quick->each_volume || scenario_volumes_read(scenario, add_volume, &members, error);
}

static bool fill(struct scenario *scenario, const struct scenario_quick *quick,
                 struct sim_error *error)
{
    return scenario_set_options(scenario, quick->options, quick->option_count, error) &&
           add_group(scenario, quick, error) && add_members(scenario, quick, error) &&
           scenario_fit_groups(scenario, error);
}

struct scenario *scenario_quick(const struct scenario_quick *quick, struct sim_error *error)
{
    struct scenario *scenario = scenario_new("command line", &quick->settings, error);
    if (scenario != NULL && !fill(scenario, quick, error)) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}
