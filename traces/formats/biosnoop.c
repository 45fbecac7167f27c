// SPDX-License-Identifier: GPL-2.0-or-later
// What biosnoop of bcc, libbpf and bpftrace and iosnoop print: a row for each request when it is
// complete. So the arrivals are computed, and put in order.
#include "traces/formats/biosnoop_row.h"
#include "traces/input/flow.h"

#include <string.h>

struct biosnoop_reader {
    struct trace_flow flow;
    struct trace_lines lines;
    struct biosnoop_header header;
    bool header_known;
    bool header_assumed; // there is none: no optional columns
    int64_t last_ns;     // of the row before
    uint64_t rows;
    uint64_t aliens; // lines that are no rows
    uint64_t alien_first;
    uint64_t passthrough;
    uint64_t zero_bytes;
    uint64_t bad_latencies;
    struct trace_threads threads;
};

static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    struct biosnoop_header header = {0};
    const char *at = (const char *)head;
    const char *end = at + length;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        size_t line_length = (size_t)(line_end - at);
        line_length -= line_length > 0 && at[line_length - 1] == '\r';
        if (biosnoop_header_parse(&header, at, line_length))
            return true;
        at = newline != NULL ? newline + 1 : end;
    }
    return false;
}

// The layout of the context, if it is given.
static bool take_layout(struct biosnoop_reader *reader, struct trace_error *error)
{
    const char *layout = reader->flow.context->layout;
    if (layout == NULL)
        return true;
    if (!biosnoop_layout_parse(&reader->header, layout)) {
        trace_error_set(error,
                        "%s: layout \"%.80s\": expected the header line of biosnoop, %s, or what "
                        "its rows lack, as T=R BYTES=4096",
                        reader->flow.input.path, layout, BIOSNOOP_HEADER);
        return false;
    }
    reader->header_known = reader->header.count > 0;
    return !reader->header_known || biosnoop_header_check(&reader->header, &reader->lines, error);
}

// False: a header in the middle, or of columns that do not tell enough.
static bool take_header(struct biosnoop_reader *reader, const struct biosnoop_header *header,
                        struct trace_error *error)
{
    if (reader->rows > 0) {
        trace_error_set(error,
                        "%s: line %llu: another recording starts here, whose times are its own; "
                        "split the file there and read the parts one by one",
                        reader->lines.input->path, (unsigned long long)reader->lines.number);
        return false;
    }
    reader->header = *header;
    reader->header_known = true;
    return biosnoop_header_check(header, &reader->lines, error);
}

// Without a header the columns are the plain ones.
static void assume_header(struct biosnoop_reader *reader)
{
    static const char plain[] = "TIME(s) COMM PID DISK T SECTOR BYTES LAT(ms)";
    if (reader->header_known)
        return;
    biosnoop_header_parse(&reader->header, plain, sizeof plain - 1);
    reader->header_assumed = true;
    reader->header_known = true;
}

// From the times of the row.
static void set_times(struct biosnoop_reader *reader, const struct biosnoop_row *row,
                      struct trace_request *request)
{
    bool known =
        row->latency_ns != TRACE_LATENCY_UNKNOWN && row->queued_ns != TRACE_LATENCY_UNKNOWN;
    bool issue = reader->flow.context->arrival == TRACE_ARRIVAL_ISSUE;
    int64_t latency_ns = row->latency_ns + (issue ? 0 : row->queued_ns);
    request->latency_ns = known ? latency_ns : TRACE_LATENCY_UNKNOWN;
    request->arrival_ns = known ? row->done_ns - latency_ns : row->done_ns;
    reader->bad_latencies += !known;
}

static uint32_t take_thread(struct biosnoop_reader *reader, const struct biosnoop_row *row)
{
    if (!reader->flow.context->tells_streams || row->pid > UINT32_MAX)
        return 0;
    trace_threads_name(&reader->threads, (uint32_t)row->pid, row->comm.text, row->comm.length,
                       row->done_ns);
    return trace_threads_stream(&reader->threads, (uint32_t)row->pid);
}

// TRACE_END: the row is no request, and counted.
static enum trace_result take_row(struct biosnoop_reader *reader, const struct biosnoop_row *row,
                                  struct trace_request *request, struct trace_error *error)
{
    reader->rows++;
    reader->passthrough += row->kind == BIOSNOOP_PASSTHROUGH;
    reader->zero_bytes += row->kind == BIOSNOOP_ZERO_BYTES;
    trace_lines_count(&reader->lines, row->kind == BIOSNOOP_REQUEST       ? TRACE_LINE_TAKEN
                                      : row->kind == BIOSNOOP_PASSTHROUGH ? TRACE_LINE_OPERATION
                                                                          : TRACE_LINE_EMPTY);
    if (row->kind != BIOSNOOP_REQUEST)
        return TRACE_END;
    set_times(reader, row, request);
    request->op = row->op;
    request->stream = take_thread(reader, row);
    request->also = 0;
    request->offset = (uint64_t)row->offset;
    request->bytes = (uint64_t)row->bytes;
    request->volume = trace_volumes_intern(&reader->flow.context->volumes, row->disk.text,
                                           row->disk.length, error);
    return request->volume == TRACE_VOLUME_NONE ? TRACE_ERROR : TRACE_REQUEST;
}

// A line that is neither a header nor a row.
static void take_alien(struct biosnoop_reader *reader)
{
    // What the shell, or the tool itself, says before it starts is no loss.
    if (reader->rows == 0 || reader->lines.length == 0) {
        trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
        return;
    }
    trace_lines_count(&reader->lines, TRACE_LINE_OTHER);
    reader->alien_first = reader->aliens == 0 ? reader->lines.number : reader->alien_first;
    reader->aliens++;
}

static enum trace_result end_trace(const struct biosnoop_reader *reader, struct trace_error *error)
{
    if (reader->header_known)
        return TRACE_END;
    trace_error_set(error, "%s: no line is the header of biosnoop, %s, nor a row",
                    reader->flow.input.path, BIOSNOOP_HEADER);
    return TRACE_ERROR;
}

static enum trace_result next_request(void *opaque, struct trace_request *request,
                                      struct trace_error *error)
{
    struct biosnoop_reader *reader = opaque;
    const struct trace_lines *lines = &reader->lines;
    struct biosnoop_row row;
    enum trace_result result = TRACE_END;
    while (result == TRACE_END) {
        result = trace_lines_next(&reader->lines, error);
        if (result != TRACE_REQUEST)
            return result == TRACE_END ? end_trace(reader, error) : result;
        result = TRACE_END;
        if (!biosnoop_row_starts(&reader->header, lines)) {
            struct biosnoop_header header = reader->header;
            bool is_header = biosnoop_header_parse(&header, lines->text, lines->length);
            if (is_header && !take_header(reader, &header, error))
                return TRACE_ERROR;
            if (is_header)
                trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
            else
                take_alien(reader);
            continue;
        }
        reader->lines.cut_bytes = trace_lines_cut(lines);
        if (lines->cut_bytes > 0) {
            trace_lines_count(&reader->lines, TRACE_LINE_CUT);
            return end_trace(reader, error);
        }
        assume_header(reader);
        if (!biosnoop_row_parse(&row, &reader->header, &reader->last_ns, lines, error))
            return TRACE_ERROR;
        result = take_row(reader, &row, request, error);
    }
    return result;
}

static bool start(void *opaque, struct trace_error *error)
{
    struct biosnoop_reader *reader = opaque;
    struct trace_context *context = reader->flow.context;
    reader->lines.input = &reader->flow.input;
    if (context->arrival == TRACE_ARRIVAL_AUTO)
        context->arrival = TRACE_ARRIVAL_ISSUE;
    context->tells_streams = context->wants_streams;
    reader->threads.streams = &context->streams;
    context->threads = &reader->threads;
    reader->lines.keeps_cut = true; // it may be a header
    reader->flow.lines = &reader->lines;
    return take_layout(reader, error);
}

static void begun(void *opaque)
{
    struct biosnoop_reader *reader = opaque;
    struct trace_context *context = reader->flow.context;
    if (context->arrival == TRACE_ARRIVAL_ISSUE || (reader->header.has >> BIOSNOOP_QUEUED & 1) != 0)
        return;
    context->arrival = TRACE_ARRIVAL_ISSUE;
    trace_notices_set(&context->notices, "no-queue-events", reader->flow.input.path, 1,
                      "There is no column QUE(ms), which biosnoop -Q prints; the arrivals are "
                      "at the device, after merging and scheduling.");
}

static void report(void *opaque)
{
    struct biosnoop_reader *reader = opaque;
    struct trace_notices *notices = &reader->flow.context->notices;
    const char *path = reader->flow.input.path;
    trace_flow_report_late(&reader->flow);
    trace_notices_set(notices, "no-header", path, reader->header_assumed,
                      "There is no header line; the columns are taken to be TIME(s) COMM PID DISK "
                      "T SECTOR BYTES LAT(ms).");
    trace_notices_set(notices, "other-lines", path, reader->aliens,
                      "%llu lines, the first in line %llu, are no rows; they were passed over.",
                      (unsigned long long)reader->aliens, (unsigned long long)reader->alien_first);
    trace_notices_count(notices, "passthrough", path, reader->passthrough,
                        "requests of no known operation were skipped.");
    trace_notices_count(notices, "zero-bytes", path, reader->zero_bytes,
                        "requests without bytes that are no flush are skipped.");
    trace_notices_count(notices, "bad-latency", path, reader->bad_latencies,
                        "requests have a negative latency or one above an hour; it is unknown, "
                        "and they are taken to arrive when they were complete.");
    trace_threads_report(&reader->threads, path, notices);
    trace_lines_report(&reader->lines, notices);
}

static void stop(void *opaque)
{
    struct biosnoop_reader *reader = opaque;
    trace_threads_free(&reader->threads);
    reader->flow.context->threads = NULL;
}

static const struct trace_flow_source source = {
    .what = "output of biosnoop",
    .has_arrivals = true,
    .bytes = sizeof(struct biosnoop_reader),
    .start = start,
    .next = next_request,
    .begun = begun,
    .report = report,
    .stop = stop,
};

const struct trace_format trace_format_biosnoop = {
    .name = "biosnoop",
    .known_by =
        "output of biosnoop, with the line " BIOSNOOP_HEADER " or the like, or of iosnoop -ts",
    .wanted = "a row for each request, which biosnoop prints while there is I/O",
    .recognise = recognise,
    .kind = &trace_reader_flow,
    .how = &source,
};
