// SPDX-License-Identifier: GPL-2.0-or-later
// The scenario file's keys, as tables. Format: docs/scenario.md.
#include "sim/scenario/internal.h"

#include "sim/limits.h"
#include "sim/suggest.h"
#include "sim/units.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

// ---- Values ----

static bool read_attach(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, "filter or drive");
    if (text == NULL)
        return false;
    return scenario_parse_attach(text, target) ||
           yaml_fail(reader, node, "expected filter or drive, found '%.64s'", text);
}

static bool read_engine(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[128];
    const struct engine_algorithm **algorithm = target;
    const char *text = yaml_text(reader, node, "the name of an engine");
    if (text == NULL)
        return false;
    const struct engine_algorithm *found = engine_find(text);
    if (found == NULL)
        return yaml_fail(reader, node, "unknown engine '%.64s'%s", text,
                         suggest(text, scenario_algorithm_at, NULL, hint, sizeof hint));
    if (!reader->scenario->is_algorithm_set)
        *algorithm = found;
    return true;
}

static bool read_model(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    static const char *const names[] = {"null", "fixed", "recorded", NULL};
    enum scenario_device_model *model = target;
    char hint[128];
    const char *text = yaml_text(reader, node, "null, fixed or recorded");
    if (text == NULL)
        return false;
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            *model = (enum scenario_device_model)i;
            return true;
        }
    }
    return yaml_fail(reader, node, "expected null, fixed or recorded, found '%.64s'%s", text,
                     suggest(text, suggest_in_array, names, hint, sizeof hint));
}

static const struct yaml_field device_fields[] = {
    {"model", read_model, offsetof(struct scenario_device, model), true},
    {"latency", yaml_read_duration, offsetof(struct scenario_device, latency_ns), false},
    {NULL, NULL, 0, false},
};

static bool read_device(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_device *device = target;
    if (!yaml_read_mapping(reader, node, "device", device_fields, device))
        return false;
    yaml_node_t *latency = yaml_find(reader, node, "latency");
    if (device->model == SCENARIO_DEVICE_FIXED && latency == NULL)
        return yaml_fail(reader, node, "model fixed needs a latency, such as latency: 200us");
    if (device->model != SCENARIO_DEVICE_FIXED && latency != NULL)
        return yaml_fail(reader, latency, "only model fixed has a latency");
    return true;
}

// ---- Groups and members ----

static const struct yaml_field group_fields[] = {
    {"id", yaml_read_string, offsetof(struct scenario_group, name), true},
    {"limits", scenario_read_group_limits, offsetof(struct scenario_group, limits), false},
    {NULL, NULL, 0, false},
};

static struct scenario_group *append_group(struct yaml_reader *reader, yaml_node_t *node)
{
    struct scenario *scenario = reader->scenario;
    struct scenario_group *array =
        yaml_append(reader, scenario->groups, &scenario->group_count, sizeof *array);
    if (array == NULL)
        return NULL;
    scenario->groups = array;
    array[scenario->group_count - 1].place = yaml_place(node);
    return &array[scenario->group_count - 1];
}

static bool add_group_name(struct yaml_reader *reader, yaml_node_t *node,
                           const struct scenario_group *group)
{
    struct scenario *scenario = reader->scenario;
    uint32_t index = (uint32_t)(group - scenario->groups);
    uint32_t other = names_add(&scenario->group_names, group->name, index);
    if (other == NAMES_NONE)
        return sim_fail_memory(reader->error);
    return other == index || yaml_fail(reader, node, "there is a group '%s' already, in line %zu",
                                       group->name, scenario->groups[other].place.line);
}

static bool read_group(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    struct scenario_group *group = append_group(reader, node);
    if (group == NULL || !yaml_read_mapping(reader, node, "a group", group_fields, group))
        return false;
    if (strcmp(group->name, "none") == 0)
        return yaml_fail(reader, node, "a group cannot be called 'none', which means no group");
    return add_group_name(reader, node, group);
}

static bool read_groups(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "groups", read_group, target);
}

static bool read_member_group(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[128];
    const char *text = yaml_text(reader, node, "the id of a group");
    if (text == NULL)
        return false;
    uint32_t *group = target;
    *group = scenario_find_group(reader->scenario, text);
    if (*group != SCENARIO_NONE || strcmp(text, "none") == 0)
        return true;
    return yaml_fail(reader, node, "there is no group '%.64s'%s", text,
                     suggest(text, scenario_group_at, reader->scenario, hint, sizeof hint));
}

static const struct yaml_field member_fields[] = {
    {"id", yaml_read_string, offsetof(struct scenario_member, name), true},
    {"group", read_member_group, offsetof(struct scenario_member, group), false},
    {"attach", read_attach, offsetof(struct scenario_member, attach), false},
    {"limits", scenario_read_member_limits, offsetof(struct scenario_member, limits), false},
    {"trace", scenario_read_trace, offsetof(struct scenario_member, trace), false},
    {"volume", yaml_read_string, offsetof(struct scenario_member, volume), false},
    {NULL, NULL, 0, false},
};

// As in QEMU, limits without a group make one that has the member's name.
static bool add_own_group(struct yaml_reader *reader, yaml_node_t *node,
                          struct scenario_member *member)
{
    if (!scenario_check_limits(reader, yaml_find(reader, node, "limits"), &member->limits))
        return false;
    struct scenario_group *group = append_group(reader, node);
    if (group == NULL)
        return false;
    group->limits = member->limits;
    group->name = strdup(member->name);
    if (group->name == NULL)
        return sim_fail_memory(reader->error);
    member->group = (uint32_t)(group - reader->scenario->groups);
    member->limits.given = 0;
    return add_group_name(reader, node, group);
}

static bool read_member(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario *scenario = target;
    struct scenario_member *array =
        yaml_append(reader, scenario->members, &scenario->member_count, sizeof *array);
    if (array == NULL)
        return false;
    scenario->members = array;
    struct scenario_member *member = &array[scenario->member_count - 1];
    member->place = yaml_place(node);
    member->group = SCENARIO_NONE;
    member->trace = scenario_trace_default();
    if (!yaml_read_mapping(reader, node, "a member", member_fields, member))
        return false;
    uint32_t index = (uint32_t)(scenario->member_count - 1);
    uint32_t other = names_add(&scenario->member_names, member->name, index);
    if (other == NAMES_NONE)
        return sim_fail_memory(reader->error);
    if (other != index)
        return yaml_fail(reader, node, "there is a member '%s' already, in line %zu", member->name,
                         array[other].place.line);
    if (member->limits.given != 0 && member->group == SCENARIO_NONE)
        return add_own_group(reader, node, member);
    return true;
}

static bool read_members(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "members", read_member, target);
}

static bool read_events(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "events", scenario_read_event, target);
}

// ---- The whole ----

static bool read_interval(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    int64_t *interval_ns = target;
    if (!yaml_read_duration(reader, node, interval_ns))
        return false;
    return *interval_ns > 0 || yaml_fail(reader, node, "an interval must be longer than 0");
}

// Groups before members before events: each may name the earlier ones.
static const struct yaml_field scenario_fields[] = {
    {"engine", read_engine, offsetof(struct scenario, algorithm), false},
    {"groups", read_groups, 0, false},
    {"members", read_members, 0, true},
    {"trace", scenario_read_trace, offsetof(struct scenario, trace), false},
    {"device", read_device, offsetof(struct scenario, device), false},
    {"events", read_events, 0, false},
    {"interval", read_interval, offsetof(struct scenario, interval_ns), false},
    {"end", yaml_read_duration, offsetof(struct scenario, end_ns), false},
    {"timer-granularity", yaml_read_duration, offsetof(struct scenario, timer_granularity_ns),
     false},
    {NULL, NULL, 0, false},
};

// From the source; paths are relative to the directory.
static bool fill(struct scenario *scenario, const char *directory, struct sim_error *error)
{
    struct yaml_reader reader = {
        .name = scenario->name,
        .error = error,
        .scenario = scenario,
        .directory = directory,
    };
    if (!yaml_open(&reader, scenario->source, scenario->source_length))
        return false;
    bool ok = yaml_read_mapping(&reader, yaml_document_get_root_node(&reader.document),
                                "the scenario", scenario_fields, scenario);
    yaml_close(&reader);
    if (ok && scenario->member_count == 0)
        return sim_fail(error, SIM_BAD_INPUT, "%s: there are no members", scenario->name);
    if (ok)
        scenario_sort_events(scenario);
    return ok && scenario_fit_groups(scenario, error) && scenario_rehearse(scenario, error);
}

struct scenario *scenario_load(const char *path, struct sim_error *error)
{
    return scenario_load_as(path, NULL, error);
}

struct scenario *scenario_load_as(const char *path, const struct scenario_settings *settings,
                                  struct sim_error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct scenario *scenario = scenario_new(is_stdin ? "standard input" : path, settings, error);
    if (scenario == NULL)
        return NULL;
    char *copy = strdup(path);
    if (copy == NULL)
        sim_fail_memory(error);
    bool ok = copy != NULL && scenario_read_file(scenario, path, error) &&
              fill(scenario, is_stdin ? "." : dirname(copy), error);
    free(copy);
    if (ok)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_parse(const char *name, const char *text, size_t length,
                                struct sim_error *error)
{
    struct scenario *scenario = scenario_new(name, NULL, error);
    if (scenario == NULL)
        return NULL;
    if (scenario_copy_source(scenario, text, length, error) && fill(scenario, ".", error))
        return scenario;
    scenario_free(scenario);
    return NULL;
}
