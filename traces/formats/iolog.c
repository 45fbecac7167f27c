// SPDX-License-Identifier: GPL-2.0-or-later
// fio's iolog, versions 2 and 3, which `write_iolog` makes and `read_iolog` replays. What the
// fields mean is what fio's code does with them (docs/traces.md); its manual differs.
#include "traces/formats/iolog_line.h"
#include "traces/input/flow.h"

#define IOLOG_NS_PER_MS 1000000

struct iolog_reader {
    struct trace_flow flow;
    struct trace_lines lines;
    unsigned version;
    struct iolog_line line;
    int64_t now_ns;      // version 2: the last wait
    int64_t earliest_ns; // of all lines
    uint64_t waits;      // in version 3, where fio ignores them
    uint64_t zero_bytes;
    uint64_t longer;    // lines with more fields
    uint64_t cut_bytes; // of a last line that is not whole
};

static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    return iolog_header_version((const char *)head, length) != 0;
}

static bool read_header(struct iolog_reader *reader, struct trace_error *error)
{
    enum trace_result result = trace_lines_next(&reader->lines, error);
    if (result == TRACE_ERROR)
        return false;
    if (result == TRACE_REQUEST)
        reader->version = iolog_header_version(reader->lines.text, reader->lines.length);
    if (reader->version == 2 || reader->version == 3)
        return true;
    trace_error_set(error, "%s: line 1: %s; expected " IOLOG_HEADERS, reader->flow.input.path,
                    reader->version == 0 ? "this is no iolog of fio"
                                         : "an iolog of unknown version");
    return false;
}

// A time that has passed is not waited for.
static void wait_for(struct iolog_reader *reader)
{
    int64_t until_ns = reader->line.offset * IOLOG_NS_PER_MS;
    if (reader->version == 3)
        reader->waits++;
    else if (until_ns > reader->now_ns)
        reader->now_ns = until_ns;
}

static enum trace_result take_request(struct iolog_reader *reader, struct trace_request *request,
                                      struct trace_error *error)
{
    const struct iolog_line *line = &reader->line;
    const struct columns_field *file = &line->fields[IOLOG_FILE];
    bool flush = line->op == TRACE_FLUSH; // fio writes the place of the request before it
    *request = (struct trace_request){
        .arrival_ns = reader->version == 3 ? line->time_ns : reader->now_ns,
        .latency_ns = TRACE_LATENCY_UNKNOWN,
        .offset = flush ? 0 : (uint64_t)line->offset,
        .bytes = flush ? 0 : (uint64_t)line->bytes,
        .op = line->op,
        .volume =
            trace_volumes_intern(&reader->flow.context->volumes, file->text, file->length, error),
    };
    return request->volume == TRACE_VOLUME_NONE ? TRACE_ERROR : TRACE_REQUEST;
}

// Does the line have no end? Then it is not what it should be because fio was killed in it.
static bool is_cut(struct iolog_reader *reader)
{
    const struct trace_lines *lines = &reader->lines;
    bool ended = lines->text[lines->taken - 1] == '\n';
    reader->cut_bytes = ended ? 0 : lines->length;
    return !ended;
}

// Takes a line into account; true: it is a request.
static bool take_line(struct iolog_reader *reader)
{
    const struct iolog_line *line = &reader->line;
    int64_t time_ns = reader->version == 3 ? line->time_ns : reader->now_ns;
    reader->earliest_ns = time_ns < reader->earliest_ns ? time_ns : reader->earliest_ns;
    reader->longer += line->longer;
    if (line->kind == IOLOG_WAIT)
        wait_for(reader);
    bool empty = line->op != TRACE_FLUSH && line->bytes == 0;
    reader->zero_bytes += line->kind == IOLOG_REQUEST && empty;
    return line->kind == IOLOG_REQUEST && !empty;
}

static enum trace_result next_request(void *opaque, struct trace_request *request,
                                      struct trace_error *error)
{
    struct iolog_reader *reader = opaque;
    const struct trace_lines *lines = &reader->lines;
    for (;;) {
        enum trace_result result = trace_lines_next(&reader->lines, error);
        if (result != TRACE_REQUEST)
            return result;
        if (iolog_header_version(lines->text, lines->length) != 0) {
            trace_error_set(error,
                            "%s: line %llu: another iolog starts here: fio appends those of "
                            "further jobs and runs to the same file; split it at these lines",
                            lines->input->path, (unsigned long long)lines->number);
            return TRACE_ERROR;
        }
        if (lines->length == 0)
            continue;
        if (!iolog_line_parse(&reader->line, lines, reader->version, error))
            return is_cut(reader) ? TRACE_END : TRACE_ERROR;
        if (take_line(reader))
            return take_request(reader, request, error);
    }
}

static bool start(void *opaque, struct trace_error *error)
{
    struct iolog_reader *reader = opaque;
    reader->lines.input = &reader->flow.input;
    reader->earliest_ns = INT64_MAX;
    return read_header(reader, error);
}

// Lines that are no requests count too: adding and opening files takes time.
static void begun(void *opaque)
{
    struct iolog_reader *reader = opaque;
    struct trace_context *context = reader->flow.context;
    if (reader->earliest_ns < context->origin_ns)
        context->origin_ns = reader->earliest_ns;
}

static void report(void *opaque)
{
    struct iolog_reader *reader = opaque;
    struct trace_notices *notices = &reader->flow.context->notices;
    const char *path = reader->flow.input.path;
    trace_flow_report_late(&reader->flow);
    trace_flow_report_displaced(&reader->flow);
    trace_notices_set(notices, "wait-ignored", path, reader->waits,
                      "%llu waits are ignored, as fio does where lines have timestamps.",
                      (unsigned long long)reader->waits);
    trace_notices_set(notices, "zero-bytes", path, reader->zero_bytes,
                      "%llu requests without bytes that are no flush are skipped.",
                      (unsigned long long)reader->zero_bytes);
    trace_notices_set(notices, "more-fields", path, reader->longer,
                      "%llu lines have more fields than their action has; fio ignores them, and "
                      "so do we.",
                      (unsigned long long)reader->longer);
    trace_notices_set(notices, "truncated", path, reader->cut_bytes > 0,
                      "The file ends within a line; its %llu bytes are lost.",
                      (unsigned long long)reader->cut_bytes);
}

static const struct trace_flow_source source = {
    .what = "an iolog",
    .bytes = sizeof(struct iolog_reader),
    .start = start,
    .next = next_request,
    .begun = begun,
    .report = report,
};

const struct trace_format trace_format_iolog = {
    .name = "iolog",
    .known_by = "an iolog of fio (starts with " IOLOG_HEADERS ")",
    .recognise = recognise,
    .kind = &trace_reader_flow,
    .how = &source,
};
