// SPDX-License-Identifier: GPL-2.0-or-later
// Scenarios from their defaults, from the bytes of a file or a text, and from the command line.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/text_file.h"
#include "sim/scenario/limits_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scenario *scenario_new(const char *name, const struct scenario_settings *settings,
                              struct sim_error *error)
{
    struct scenario *scenario = calloc(1, sizeof *scenario);
    size_t count;
    if (scenario == NULL || (scenario->name = strdup(name)) == NULL) {
        free(scenario);
        sim_fail_memory(error);
        return NULL;
    }
    scenario->algorithm = engine_algorithms(&count)[0];
    if (settings != NULL && settings->algorithm != NULL) {
        scenario->algorithm = settings->algorithm;
        scenario->is_algorithm_set = true;
    }
    scenario->lenient = settings != NULL && settings->lenient;
    scenario->interval_ns = 1000000000;
    scenario->end_ns = SCENARIO_NO_LIMIT;
    return scenario;
}

bool scenario_read_file(struct scenario *scenario, const char *path, struct sim_error *error)
{
    scenario->is_standard_input = strcmp(path, "-") == 0;
    return text_file_read(path,
                          "not a scenario; a trace is replayed with --limits KEY=VALUE,... TRACE",
                          &scenario->source, &scenario->source_length, error);
}

bool scenario_copy_source(struct scenario *scenario, const char *text, size_t length,
                          struct sim_error *error)
{
    scenario->source = malloc(length + 1);
    if (scenario->source == NULL)
        return sim_fail_memory(error);
    memcpy(scenario->source, text, length);
    scenario->source[length] = '\0';
    scenario->source_length = length;
    return true;
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

struct quick_limits {
    struct scenario *scenario;
    struct sim_error *error;
};

static bool leave_out_limit(void *context, const char *key)
{
    struct quick_limits *quick = context;
    return scenario_leave_out(quick->scenario, (struct sim_place){0}, quick->error,
                              "it is left out", "--limits: engine '%s' has no limit '%.64s'",
                              quick->scenario->algorithm->name, key);
}

static bool add_group(struct scenario *scenario, const char *limits, struct sim_error *error)
{
    char message[LIMITS_MESSAGE_MAX] = "";
    struct quick_limits quick = {scenario, error};
    struct engine_fault fault;
    scenario->groups = calloc(1, sizeof *scenario->groups);
    if (scenario->groups == NULL)
        return sim_fail_memory(error);
    struct scenario_group *group = &scenario->groups[scenario->group_count++];
    if ((group->name = strdup("group")) == NULL)
        return sim_fail_memory(error);
    if (!limits_parse(scenario->algorithm, limits, &group->limits, leave_out_limit, &quick,
                      message))
        return message[0] != '\0' && sim_fail(error, SIM_USAGE, "--limits: %s", message);
    if (engine_check(scenario->algorithm, &group->limits, &fault) != ENGINE_OK) {
        limits_fault_text(scenario->algorithm, LIMITS_NEW_GROUP, &group->limits, &fault, message);
        return sim_fail(error, SIM_USAGE, "--limits: %s", message);
    }
    return true;
}

// NULL stays NULL.
static bool copy_text(const char *text, char **copy)
{
    *copy = text != NULL ? strdup(text) : NULL;
    return text == NULL || *copy != NULL;
}

static bool fill_trace(struct scenario_trace *trace, const struct scenario_quick *quick,
                       const char *path)
{
    *trace = scenario_trace_default();
    trace->arrival = quick->arrival;
    for (size_t i = 0; i < quick->device_count; i++) {
        if (!scenario_trace_add_device(trace, quick->devices[i]))
            return false;
    }
    return copy_text(path, &trace->path) && copy_text(quick->format, &trace->format) &&
           copy_text(quick->layout, &trace->layout);
}

// Names the member, which stands behind the others. Takes the name.
static bool add_member(struct scenario *scenario, const struct scenario_quick *quick, char *name)
{
    struct scenario_member *member = &scenario->members[scenario->member_count++];
    *member = (struct scenario_member){
        .name = name,
        .attach = quick->attach,
        .trace = scenario_trace_default(),
    };
    return name != NULL && names_add(&scenario->member_names, name,
                                     (uint32_t)(scenario->member_count - 1)) != NAMES_NONE;
}

static bool add_traces(struct scenario *scenario, const struct scenario_quick *quick,
                       struct sim_error *error)
{
    scenario->members = calloc(quick->trace_count, sizeof *scenario->members);
    if (scenario->members == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < quick->trace_count; i++) {
        const char *path = quick->traces[i];
        if (!add_member(scenario, quick, unique_name(scenario, path)) ||
            !fill_trace(&scenario->members[i].trace, quick, path))
            return sim_fail_memory(error);
    }
    return true;
}

static bool add_volumes(struct scenario *scenario, const struct scenario_quick *quick,
                        const struct scenario_volumes *volumes)
{
    scenario->members = calloc(volumes->count, sizeof *scenario->members);
    if (scenario->members == NULL)
        return false;
    for (size_t i = 0; i < volumes->count; i++) {
        if (!add_member(scenario, quick, strdup(volumes->names[i])) ||
            !copy_text(volumes->names[i], &scenario->members[i].volume))
            return false;
    }
    return true;
}

static bool add_each_volume(struct scenario *scenario, const struct scenario_quick *quick,
                            struct sim_error *error)
{
    struct scenario_volumes volumes = {0};
    scenario->traces = calloc(quick->trace_count, sizeof *scenario->traces);
    bool ok = scenario->traces != NULL;
    for (size_t i = 0; ok && i < quick->trace_count; i++)
        ok = fill_trace(&scenario->traces[scenario->trace_count++], quick, quick->traces[i]);
    if (!ok)
        return sim_fail_memory(error);
    ok = scenario_volumes_read(&volumes, scenario, error) &&
         (add_volumes(scenario, quick, &volumes) || sim_fail_memory(error));
    scenario_volumes_free(&volumes);
    return ok;
}

static bool fill(struct scenario *scenario, const struct scenario_quick *quick,
                 struct sim_error *error)
{
    return add_group(scenario, quick->limits, error) &&
           (quick->each_volume ? add_each_volume(scenario, quick, error)
                               : add_traces(scenario, quick, error)) &&
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
