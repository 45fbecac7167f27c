// SPDX-License-Identifier: GPL-2.0-or-later
// The key `trace` of a scenario and of a member: a file, or the requests themselves; of a scenario,
// also several.
#include "sim/scenario/scenario_internal.h"

#include "sim/base/suggest.h"
#include "sim/parts/trace_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 65536 // a trace has no more volumes

struct scenario_trace scenario_trace_default(void)
{
    return (struct scenario_trace){
        .arrival = TRACE_ARRIVAL_QUEUE,
        .cut = cut_of_all(),
    };
}

void scenario_trace_free(struct scenario_trace *trace)
{
    free(trace->path);
    free(trace->csv);
    free(trace->format);
    free(trace->layout);
    for (size_t i = 0; i < trace->cut.volume_count; i++)
        free(trace->devices[i]);
    free(trace->devices);
    free(trace->volume_name);
}

bool scenario_trace_add_device(struct scenario_trace *trace, const char *name)
{
    size_t count = trace->cut.volume_count;
    char **devices = realloc(trace->devices, (count + 1) * sizeof *devices);
    if (devices == NULL)
        return false;
    trace->devices = devices;
    trace->cut.volumes = (const char *const *)devices;
    devices[count] = strdup(name);
    if (devices[count] == NULL)
        return false;
    trace->cut.volume_count++;
    return true;
}

// One value, or a list of some.
static bool read_some(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                      yaml_read *each, void *target)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return each(reader, node, target);
    if (node->data.sequence.items.start == node->data.sequence.items.top)
        return yaml_fail(reader, node, "expected at least one of %s, found an empty list", what);
    return yaml_read_sequence(reader, node, what, each, target);
}

static bool read_device(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_trace *trace = target;
    char *name = NULL;
    bool ok = yaml_read_string(reader, node, &name);
    if (ok && trace->cut.volume_count == DEVICES_MAX)
        ok = yaml_fail(reader, node, "more than %d devices", DEVICES_MAX);
    else if (ok)
        ok = scenario_trace_add_device(trace, name) || sim_fail_memory(reader->error);
    free(name);
    return ok;
}

static bool read_devices(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_some(reader, node, "devices", read_device, target);
}

static bool read_op(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char hint[128];
    const char *text = yaml_text(reader, node, "an operation, such as read");
    if (text == NULL)
        return false;
    return cut_add_op(target, text) ||
           yaml_fail(reader, node,
                     "expected read, write, discard, write-zeroes or flush, found '%.64s'%s", text,
                     suggest(text, cut_op_at, NULL, hint, sizeof hint));
}

static bool read_ops(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    unsigned *ops = target;
    *ops = 0;
    return read_some(reader, node, "operations", read_op, ops);
}

static bool read_factor(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, FRACTION_EXPECTED);
    if (text == NULL)
        return false;
    return fraction_parse(text, target) ||
           yaml_fail(reader, node, "expected " FRACTION_EXPECTED ", found '%.64s'", text);
}

static bool read_arrival(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, "queue or issue");
    if (text == NULL)
        return false;
    return scenario_parse_arrival(text, target) ||
           yaml_fail(reader, node, "expected queue or issue, found '%.64s'", text);
}

static bool read_format(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char message[FORMATS_MESSAGE_MAX];
    const char *text = yaml_text(reader, node, "the name of a format");
    if (text == NULL)
        return false;
    if (!formats_check(text, message))
        return yaml_fail(reader, node, "%s", message);
    return yaml_read_string(reader, node, target);
}

// A path as found from the working directory.
static bool read_path(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    char **path = target;
    if (!yaml_read_string(reader, node, path))
        return false;
    if ((*path)[0] == '/' || strcmp(*path, "-") == 0 || strcmp(reader->directory, ".") == 0)
        return true;
    size_t size = strlen(reader->directory) + strlen(*path) + 2;
    char *joined = malloc(size);
    if (joined == NULL)
        return sim_fail_memory(reader->error);
    snprintf(joined, size, "%s/%s", reader->directory, *path);
    free(*path);
    *path = joined;
    return true;
}

static const struct yaml_field trace_fields[] = {
    {"path", read_path, offsetof(struct scenario_trace, path), false},
    {"csv", yaml_read_string, offsetof(struct scenario_trace, csv), false},
    {"format", read_format, offsetof(struct scenario_trace, format), false},
    {"layout", yaml_read_string, offsetof(struct scenario_trace, layout), false},
    {"arrival", read_arrival, offsetof(struct scenario_trace, arrival), false},
    {"device", read_devices, 0, false},
    {"ops", read_ops, offsetof(struct scenario_trace, cut.ops), false},
    {"speed", read_factor, offsetof(struct scenario_trace, cut.speed), false},
    {"start", yaml_read_duration, offsetof(struct scenario_trace, cut.start_ns), false},
    {"duration", yaml_read_duration, offsetof(struct scenario_trace, cut.duration_ns), false},
    {NULL, NULL, 0, false},
};

// What stands for the path of a trace that is in the scenario: where in it.
static bool name_csv(struct yaml_reader *reader, yaml_node_t *csv, struct scenario_trace *trace)
{
    struct sim_place place = yaml_place(csv);
    size_t size = strlen(reader->name) + 60;
    trace->path = malloc(size);
    if (trace->path == NULL)
        return sim_fail_memory(reader->error);
    snprintf(trace->path, size, "%s:%zu:%zu (csv)", reader->name, place.line, place.column);
    return true;
}

bool scenario_read_trace(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_trace *trace = target;
    trace->place = yaml_place(node);
    if (node->type == YAML_SCALAR_NODE)
        return read_path(reader, node, &trace->path);
    if (!yaml_read_mapping(reader, node, "a trace", trace_fields, trace))
        return false;
    yaml_node_t *csv = yaml_find(reader, node, "csv");
    if (trace->path == NULL && csv == NULL)
        return yaml_fail(reader, node,
                         "a trace needs the key 'path', or 'csv' with the requests themselves");
    if (trace->path != NULL && csv != NULL)
        return yaml_fail(reader, csv, "a trace has a 'path' or a 'csv', not both");
    return csv == NULL || name_csv(reader, csv, trace);
}

static bool append_trace(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    struct scenario *scenario = scenario_of(reader);
    struct scenario_trace *array =
        yaml_append(reader, scenario->traces, &scenario->trace_count, sizeof *array);
    if (array == NULL)
        return false;
    scenario->traces = array;
    array[scenario->trace_count - 1] = scenario_trace_default();
    return scenario_read_trace(reader, node, &array[scenario->trace_count - 1]);
}

bool scenario_read_traces(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return read_some(reader, node, "traces", append_trace, target);
}
