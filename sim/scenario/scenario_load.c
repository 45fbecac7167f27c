// SPDX-License-Identifier: GPL-2.0-or-later
// The scenario file's keys, as tables. Format: docs/scenario.md.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"
#include "sim/base/units.h"
#include "sim/scenario/limits_text.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

// ---- Values ----

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
    if (!scenario_of(reader)->is_algorithm_set)
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
                     suggest(text, nearest_word_in_array, names, hint, sizeof hint));
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

// ---- The whole ----

static bool read_events(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return yaml_read_sequence(reader, node, "events", scenario_read_event, target);
}

static bool read_interval(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    int64_t *interval_ns = target;
    if (!yaml_read_duration(reader, node, interval_ns))
        return false;
    return *interval_ns > 0 || yaml_fail(reader, node, "an interval must be longer than 0");
}

// Groups and traces before members before events: each may name the earlier ones, and members may
// be the volumes of the traces.
static const struct yaml_field scenario_fields[] = {
    {"engine", read_engine, offsetof(struct scenario, algorithm), false},
    {"groups", scenario_read_groups, 0, false},
    {"trace", scenario_read_traces, 0, false},
    {"members", scenario_read_members, 0, true},
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
        .what = "a scenario",
        .parts = "groups, members and traces",
        .filled = scenario,
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
