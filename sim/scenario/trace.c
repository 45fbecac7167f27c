// SPDX-License-Identifier: GPL-2.0-or-later
// The key `trace` of a scenario and of a member: a file, or the requests themselves.
#include "sim/scenario/internal.h"

#include "sim/formats.h"
#include "sim/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scenario_trace scenario_trace_default(void)
{
    return (struct scenario_trace){
        .arrival = TRACE_ARRIVAL_QUEUE,
        .speed = 1,
        .duration_ns = SCENARIO_NO_LIMIT,
    };
}

void scenario_trace_free(struct scenario_trace *trace)
{
    free(trace->path);
    free(trace->csv);
    free(trace->format);
    free(trace->layout);
    free(trace->device);
}

static bool read_factor(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    const char *text = yaml_text(reader, node, "a factor, such as 2.0");
    if (text == NULL)
        return false;
    return units_parse_factor(text, target) ||
           yaml_fail(reader, node, "expected a factor above 0, such as 2.0, found '%.64s'", text);
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
    {"device", yaml_read_string, offsetof(struct scenario_trace, device), false},
    {"speed", read_factor, offsetof(struct scenario_trace, speed), false},
    {"start", yaml_read_duration, offsetof(struct scenario_trace, start_ns), false},
    {"duration", yaml_read_duration, offsetof(struct scenario_trace, duration_ns), false},
    {NULL, NULL, 0, false},
};

// What stands for the path of a trace that is in the scenario: where in it.
static bool name_csv(struct yaml_reader *reader, yaml_node_t *csv, struct scenario_trace *trace)
{
    struct scenario_place place = yaml_place(csv);
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
