// SPDX-License-Identifier: GPL-2.0-or-later
// The keys `streams` and `closed` of a trace: what the user knows of who submitted its requests.
#include "sim/base/units.h"
#include "sim/scenario/scenario_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- Values ----

static bool parse_depth(struct setting_input *input, void *value)
{
    int64_t depth = 0;
    if (input->scenario == NULL && input->text[0] == '\0')
        return true;
    if (!units_parse_integer(input->text, &depth) || depth < 1 || depth > SCENARIO_DEPTH_MAX)
        return false;
    *(uint32_t *)value = (uint32_t)depth;
    return true;
}

static void write_depth(struct setting_writer *writer, const void *value)
{
    fprintf(writer->out, " %" PRIu32, *(const uint32_t *)value);
}

static const struct setting_kind depth_kind = {
    .type = "number of requests",
    .expected = "a number of requests, 1 to 1000000",
    .size = sizeof(uint32_t),
    .parse = parse_depth,
    .write = write_depth,
};

static const char *const think_names[] = {
    [SCENARIO_THINK_ABSOLUTE] = "absolute",
    [SCENARIO_THINK_KEEP] = "keep",
    NULL,
};

static const struct setting_kind think_kind = {
    .type = "absolute, keep",
    .expected = "absolute or keep",
    .words = think_names,
};

static const char *const kind_names[SCENARIO_STREAM_KIND_COUNT + 1] = {
    [SCENARIO_STREAM_INFERRED] = "inferred", [SCENARIO_STREAM_OPEN] = "open",
    [SCENARIO_STREAM_SYNC] = "sync",         [SCENARIO_STREAM_ASYNC] = "async",
    [SCENARIO_STREAM_PACED] = "paced",
};

static const struct setting_kind stream_kind_kind = {
    .type = "inferred, open, sync, async, paced",
    .expected = "inferred, open, sync, async or paced",
    .words = kind_names,
};

const char *scenario_stream_kind_name(enum scenario_stream_kind kind)
{
    return kind_names[kind];
}

static const char *const lifetime_names[] = {
    [SCENARIO_LIFETIME_ENDLESS] = "endless",
    [SCENARIO_LIFETIME_RECORDED] = "recorded",
    NULL,
};

static const struct setting_kind lifetime_kind = {
    .type = "endless, recorded",
    .expected = "endless or recorded",
    .words = lifetime_names,
};

// ---- Closed ----

const struct setting scenario_closed_rows[] = {
    {"depth", &depth_kind, offsetof(struct scenario_closed, depth), .fallback = ""},
    {"think", &think_kind, offsetof(struct scenario_closed, think), .fallback = "absolute"},
    {.key = NULL},
};

static bool read_closed(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    return setting_read(reader, node, "closed", scenario_closed_rows, target);
}

const struct setting_kind scenario_closed_kind = {
    .type = "closed",
    .rows = scenario_closed_rows,
    .size = sizeof(struct scenario_closed),
    .read = read_closed,
};

// ---- Streams ----

const struct setting scenario_stream_rows[] = {
    {"kind", &stream_kind_kind, offsetof(struct scenario_stream, kind), .fallback = "inferred"},
    {"depth", &depth_kind, offsetof(struct scenario_stream, depth), .fallback = ""},
    {"lifetime", &lifetime_kind, offsetof(struct scenario_stream, lifetime), .fallback = "endless"},
    {.key = NULL},
};

void scenario_streams_free(struct scenario_trace *trace)
{
    for (size_t i = 0; i < trace->stream_count; i++)
        free(trace->streams[i].name);
    free(trace->streams);
    trace->streams = NULL;
    trace->stream_count = 0;
}

static bool read_stream(struct yaml_reader *reader, yaml_node_t *name, yaml_node_t *node,
                        struct scenario_trace *trace, struct names *known)
{
    struct scenario_stream stream = {.name = NULL};
    if (!yaml_read_string(reader, name, &stream.name))
        return false;
    if (strlen(stream.name) > SCENARIO_STREAM_NAME_MAX) {
        free(stream.name);
        return yaml_fail(reader, name, "the name of a stream has more than %d bytes",
                         SCENARIO_STREAM_NAME_MAX);
    }
    uint32_t number = names_add(known, stream.name, (uint32_t)trace->stream_count);
    if (number != trace->stream_count) {
        if (number == NAMES_NONE)
            sim_fail_memory(reader->error);
        else
            yaml_fail(reader, name, "the stream '%.64s' comes twice", stream.name);
        free(stream.name);
        return false;
    }
    struct scenario_stream *streams =
        yaml_append(reader, trace->streams, &trace->stream_count, sizeof *streams);
    if (streams == NULL) {
        free(stream.name);
        return false;
    }
    trace->streams = streams;
    streams[trace->stream_count - 1] = stream;
    return setting_read(reader, node, "a stream", scenario_stream_rows,
                        &streams[trace->stream_count - 1]);
}

static bool read_mapping(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    struct scenario_trace *trace = target;
    if (node->type != YAML_MAPPING_NODE)
        return yaml_fail(reader, node,
                         "expected the names of streams, each with what is known of it, such as "
                         "fio: {kind: async, depth: 16}");
    struct names known = {0};
    bool ok = true;
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; ok && pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *name = yaml_document_get_node(&reader->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        ok = read_stream(reader, name, value, trace, &known);
    }
    names_free(&known);
    return ok;
}

// As `trace streams` writes it.
static const struct scenario_file streams_file = {"a file of streams", "the names of streams",
                                                  read_mapping};

static bool read_streams(struct yaml_reader *reader, yaml_node_t *node, void *target)
{
    scenario_streams_free(target);
    return node->type == YAML_SCALAR_NODE ? scenario_read_file(reader, node, &streams_file, target)
                                          : read_mapping(reader, node, target);
}

static bool parse_streams(struct setting_input *input, void *value)
{
    scenario_streams_free(value);
    return scenario_parse_file(input, "", &streams_file, value);
}

static void write_streams(struct setting_writer *writer, const void *value)
{
    const struct scenario_trace *trace = value;
    const char *between = writer->between;
    fputs(" {", writer->out);
    writer->between = ", ";
    for (size_t i = 0; i < trace->stream_count; i++) {
        fputs(i > 0 ? "," : "", writer->out);
        setting_write_text(writer, &trace->streams[i].name);
        fputs(": {", writer->out);
        setting_write_rows(writer, scenario_stream_rows, &trace->streams[i]);
        putc('}', writer->out);
    }
    putc('}', writer->out);
    writer->between = between;
}

static bool are_none(const void *value)
{
    return ((const struct scenario_trace *)value)->stream_count == 0;
}

const struct setting_kind scenario_streams = {
    .type = "streams, or a file of them",
    .expected = "a file of streams",
    .rows = scenario_stream_rows,
    .at = offsetof(struct scenario_trace, stream_count),
    .size = sizeof(size_t),
    .read = read_streams,
    .parse = parse_streams,
    .is_left_out = are_none,
    .write = write_streams,
};
