// SPDX-License-Identifier: GPL-2.0-or-later
// The key `trace` of a scenario and of a member: a file, or the requests themselves; of a scenario,
// also several.
#include "sim/scenario/scenario_internal.h"

#include "sim/parts/trace_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 65536 // a trace has no more volumes

struct scenario_trace scenario_trace_default(void)
{
    struct scenario_trace trace = {.path = NULL};
    setting_set_defaults(scenario_trace_rows, &trace);
    return trace;
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
    scenario_streams_free(trace);
}

// ---- Devices and operations ----

// One more device that takes part. The value is the whole trace.
static bool add_device(struct setting_input *input, void *value)
{
    struct scenario_trace *trace = value;
    if (trace->cut.volume_count == DEVICES_MAX)
        snprintf(input->message, sizeof input->message, "more than %d devices", DEVICES_MAX);
    else if (!names_append(&trace->devices, &trace->cut.volume_count, input->text))
        snprintf(input->message, sizeof input->message, "out of memory");
    trace->cut.volumes = (const char *const *)trace->devices;
    return input->message[0] == '\0';
}

static void clear_devices(void *value)
{
    struct scenario_trace *trace = value;
    while (trace->cut.volume_count > 0)
        free(trace->devices[--trace->cut.volume_count]);
}

static void write_devices(struct setting_writer *writer, const void *value)
{
    const struct scenario_trace *trace = value;
    for (size_t i = 0; i < trace->cut.volume_count; i++) {
        fputs(i == 0 ? " [" : ",", writer->out);
        setting_write_text(writer, &trace->devices[i]);
    }
    putc(']', writer->out);
}

static const struct setting_kind devices_kind = {
    .type = "text, or a list of texts",
    .many = "devices",
    .at = offsetof(struct scenario_trace, cut.volume_count),
    .size = sizeof(size_t),
    .parse = add_device,
    .clear = clear_devices,
    .write = write_devices,
};

static const char *const op_names[] = {"read", "write", "discard", "write-zeroes", "flush", NULL};

static bool add_op(struct setting_input *input, void *value)
{
    unsigned *ops = value;
    bool is_all = input->scenario == NULL && strcmp(input->text, "all") == 0;
    *ops |= is_all ? CUT_ALL_OPS : 0;
    return is_all || cut_add_op(ops, input->text);
}

static void clear_ops(void *value)
{
    *(unsigned *)value = 0;
}

static void write_ops(struct setting_writer *writer, const void *value)
{
    const char *before = " [";
    for (size_t i = 0; op_names[i] != NULL; i++) {
        if ((*(const unsigned *)value & (1u << i)) != 0) {
            fprintf(writer->out, "%s%s", before, op_names[i]);
            before = ", ";
        }
    }
    putc(']', writer->out);
}

static const struct setting_kind ops_kind = {
    .type = "operation, or a list of them",
    .expected = "read, write, discard, write-zeroes or flush",
    .words = op_names,
    .many = "operations",
    .parse = add_op,
    .clear = clear_ops,
    .write = write_ops,
};

// ---- Other values ----

static bool parse_factor(struct setting_input *input, void *value)
{
    return fraction_parse(input->text, value);
}

static void write_factor(struct setting_writer *writer, const void *value)
{
    const struct fraction *factor = value;
    fprintf(writer->out, " %" PRId64 "/%" PRId64, factor->numerator, factor->denominator);
}

const struct setting_kind scenario_factor_kind = {
    .type = "factor above 0",
    .expected = FRACTION_EXPECTED,
    .size = sizeof(struct fraction),
    .parse = parse_factor,
    .write = write_factor,
};

static bool parse_delay(struct setting_input *input, void *value)
{
    int64_t delay_ns;
    bool ok = units_parse_duration(input->text, &delay_ns) && delay_ns <= CUT_LATEST_NS;
    if (ok)
        *(int64_t *)value = delay_ns;
    return ok;
}

static const struct setting_kind delay_kind = {
    .type = "duration",
    .expected = YAML_DURATION " of at most 146 years",
    .size = sizeof(int64_t),
    .parse = parse_delay,
    .is_time = true,
    .write = setting_write_time,
};

static const char *const arrival_names[] = {
    [TRACE_ARRIVAL_QUEUE] = "queue",
    [TRACE_ARRIVAL_ISSUE] = "issue",
    [TRACE_ARRIVAL_AUTO] = "auto",
    NULL,
};

static const char *const in_flight_names[] = {
    [SCENARIO_IN_FLIGHT_ARRIVE] = "arrive",
    [SCENARIO_IN_FLIGHT_IGNORE] = "ignore",
    NULL,
};

static const struct setting_kind in_flight_kind = {
    .type = "arrive, ignore",
    .expected = "arrive or ignore",
    .words = in_flight_names,
};

static const char *const batch_order_names[] = {
    [TRACE_BATCH_ISSUE] = "issue",
    [TRACE_BATCH_QUEUE] = "queue",
    [TRACE_BATCH_AUTO] = "auto",
    NULL,
};

static const struct setting_kind batch_order_kind = {
    .type = "auto, queue, issue",
    .expected = "auto, queue or issue",
    .words = batch_order_names,
};

static const struct setting_kind arrival_kind = {
    .type = "auto, queue, issue",
    .expected = "auto, queue or issue",
    .words = arrival_names,
};

bool scenario_parse_arrival(const char *text, enum trace_arrival *arrival)
{
    return setting_parse_word(arrival_names, text, arrival);
}

static const char *const arrivals_names[] = {
    [SCENARIO_ARRIVALS_AUTO] = "auto",
    [SCENARIO_ARRIVALS_OPEN] = "open",
    [SCENARIO_ARRIVALS_CLOSED] = "closed",
    [SCENARIO_ARRIVALS_DEPENDENT] = "dependent",
    NULL,
};

const struct setting_kind scenario_arrivals_kind = {
    .type = "auto, open, closed, dependent",
    .expected = "auto, open, closed or dependent",
    .words = arrivals_names,
};

static bool parse_format(struct setting_input *input, void *value)
{
    return formats_check(input->text, input->message) && setting_text.parse(input, value);
}

static const struct setting_kind format_kind = {
    .type = "name of a format",
    .expected = "the name of a format",
    .size = sizeof(char *),
    .parse = parse_format,
    .write = setting_write_text,
};

bool scenario_read_path(struct yaml_reader *reader, yaml_node_t *node, void *target)
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

// The path of a text is only its name. It is the first field of a trace.
static bool is_no_file(const void *value)
{
    const struct scenario_trace *trace = value;
    return trace->path == NULL || trace->csv != NULL;
}

static const struct setting_kind path_kind = {
    .type = "text",
    .read = scenario_read_path,
    .is_left_out = is_no_file,
    .write = setting_write_text,
};

// Can it be written as a block, line by line, and be read as the same?
static bool is_plain(const char *csv)
{
    size_t length = strlen(csv);
    for (const char *at = csv; *at != '\0'; at++) {
        if (*at != '\n' && (*at < ' ' || *at > '~'))
            return false;
    }
    return length > 1 && csv[0] != ' ' && csv[0] != '\n' && csv[length - 1] == '\n' &&
           csv[length - 2] != '\n';
}

static void write_csv(struct setting_writer *writer, const void *value)
{
    const char *csv = *(char *const *)value;
    if (writer->between[0] != '\n' || !is_plain(csv)) {
        setting_write_text(writer, value);
        return;
    }
    fputs(" |", writer->out);
    for (size_t length; *csv != '\0'; csv += length + 1) {
        length = strcspn(csv, "\n");
        fputs(writer->between, writer->out);
        fputs(length > 0 ? "  " : "", writer->out);
        fwrite(csv, 1, length, writer->out);
    }
}

static const struct setting_kind csv_kind = {
    .type = "text",
    .size = sizeof(char *),
    .read = yaml_read_string,
    .write = write_csv,
};

const struct setting scenario_trace_rows[] = {
    {"path", &path_kind, .offset = offsetof(struct scenario_trace, path)},
    {"csv", &csv_kind, .offset = offsetof(struct scenario_trace, csv)},
// The value of devices is the whole trace, of which the path is the first field.
#define ROW(key, kind, field, fallback, option, ...)                                               \
    {                                                                                              \
        key, &kind, offsetof(struct scenario_trace, field), false, fallback, option                \
    }
    SCENARIO_TRACE_OPTIONS(ROW),
    {"closed", &scenario_closed_kind, .offset = offsetof(struct scenario_trace, closed)},
    {"ops", &ops_kind, offsetof(struct scenario_trace, cut.ops), .fallback = "all"},
    {"speed", &scenario_factor_kind, offsetof(struct scenario_trace, cut.speed), .fallback = "1"},
    {"start", &setting_duration, offsetof(struct scenario_trace, cut.start_ns), .fallback = "0"},
    {"duration", &setting_duration, offsetof(struct scenario_trace, cut.duration_ns),
     .fallback = ""},
    {"delay", &delay_kind, offsetof(struct scenario_trace, cut.delay_ns), .fallback = "0"},
    {"volume", &setting_text, .offset = offsetof(struct scenario_trace, volume_name)},
    {.key = NULL},
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

static bool read_trace(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_trace *trace = target;
    trace->place = yaml_place(node);
    if (node->type == YAML_SCALAR_NODE)
        return scenario_read_path(reader, node, &trace->path);
    if (!setting_read(reader, node, "a trace", scenario_trace_rows, trace))
        return false;
    yaml_node_t *csv = yaml_find(reader, node, "csv");
    if (trace->path == NULL && csv == NULL)
        return yaml_fail(reader, node,
                         "a trace needs the key 'path', or 'csv' with the requests themselves");
    if (trace->path != NULL && csv != NULL)
        return yaml_fail(reader, csv, "a trace has a 'path' or a 'csv', not both");
    return csv == NULL || name_csv(reader, csv, trace);
}

const struct setting_kind scenario_trace_kind = {
    .type = "trace",
    .rows = scenario_trace_rows,
    .at = offsetof(struct scenario_trace, path),
    .size = sizeof(char *),
    .read = read_trace,
};

static bool append_trace(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_trace *trace = setting_append(reader, target);
    if (trace == NULL)
        return false;
    *trace = scenario_trace_default();
    return read_trace(reader, node, trace);
}

static void write_trace(struct setting_writer *writer, const void *value)
{
    const char *between = writer->between;
    putc(' ', writer->out);
    writer->between = "\n    ";
    setting_write_rows(writer, scenario_trace_rows, value);
    writer->between = between;
}

static const struct setting_list traces_list =
    SETTING_LIST("traces", traces, trace_count, NULL, write_trace);

static bool read_traces(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    (void)target;
    return setting_read_some(reader, node, traces_list.what, append_trace, (void *)&traces_list);
}

const struct setting_kind scenario_traces = {
    .type = "trace, or a list of them",
    .rows = scenario_trace_rows,
    .list = &traces_list,
    .read = read_traces,
};
