// SPDX-License-Identifier: GPL-2.0-or-later
// The requests of a file in the order of its lines.
#include "traces/columns/parse.h"
#include "traces/input/flow.h"
#include "traces/input/input_text.h"

#include <stdio.h>
#include <string.h>

struct columns_reader {
    struct trace_flow flow;
    const struct columns_layout *layout;
    struct columns_plan plan;
    struct trace_lines lines;
    struct columns_line line;
    char unquoted[TRACE_LINE_BYTES_MAX]; // where quoted fields lie without their quotes
    char joined[TRACE_LINE_BYTES_MAX];   // a volume's name of two columns
    bool header_done;
    struct columns_counts counts;
};

// "FILE: line N: column C: found "...", expected ...", or "FILE: line N: TEXT"
static enum trace_result fail_line(const struct columns_reader *reader,
                                   const struct columns_fault *fault, struct trace_error *error)
{
    if (fault->column == NULL) {
        trace_error_set(error, "%s: line %llu: %s", reader->flow.input.path,
                        (unsigned long long)reader->lines.number, fault->text);
        return TRACE_ERROR;
    }
    trace_lines_fail(&reader->lines, fault->column, fault->found.text, fault->found.length,
                     fault->expected, error);
    return TRACE_ERROR;
}

// The next line that is not blank, with comments.
static enum trace_result next_line(struct columns_reader *reader, struct trace_error *error)
{
    struct trace_lines *lines = &reader->lines;
    for (;;) {
        enum trace_result result = trace_lines_next(lines, error);
        if (result != TRACE_REQUEST)
            return result;
        if (lines->length > 0)
            return TRACE_REQUEST;
        trace_lines_count(lines, TRACE_LINE_ABOUT);
    }
}

static bool split_names(struct columns_reader *reader, struct columns_fault *fault)
{
    const char *text = reader->lines.text;
    size_t length = reader->lines.length;
    bool comment = reader->layout->header == COLUMNS_HEADER_NAMES && text[0] == '#';
    return columns_split_line(reader->layout, &reader->line, text + comment, length - comment,
                              COLUMNS_MAX, fault);
}

static bool fail_header(const struct columns_reader *reader, struct trace_error *error)
{
    const char *help = reader->layout->header_help;
    trace_error_set(error, "%s: the file has no header line; expected %s", reader->flow.input.path,
                    help != NULL ? help : "the names of its columns");
    return false;
}

// A comment may be the header: some tools start it with '#'.
static bool read_names(struct columns_reader *reader, struct trace_error *error)
{
    struct columns_fault fault;
    for (;;) {
        enum trace_result result = next_line(reader, error);
        if (result == TRACE_ERROR)
            return false;
        if (result == TRACE_END)
            return fail_header(reader, error);
        trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
        bool comment = reader->lines.text[0] == '#';
        if (comment && reader->layout->header == COLUMNS_HEADER_EXACT)
            continue;
        bool good = split_names(reader, &fault);
        if (good && reader->line.count > COLUMNS_MAX) {
            fault.column = NULL;
            snprintf(fault.text, sizeof fault.text, "the header has more than %d columns",
                     COLUMNS_MAX);
            good = false;
        }
        good = good && columns_plan_by_name(&reader->plan, reader->layout, reader->line.fields,
                                            reader->line.count, &fault);
        if (good)
            return true;
        if (!comment) {
            fail_line(reader, &fault, error);
            return false;
        }
    }
}

// Goes on until the line of the names.
static bool read_prose(struct columns_reader *reader, struct trace_error *error)
{
    struct columns_fault fault;
    for (;;) {
        enum trace_result result = next_line(reader, error);
        if (result == TRACE_END)
            return fail_header(reader, error);
        if (result == TRACE_ERROR)
            return false;
        trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
        if (split_names(reader, &fault) &&
            columns_are_names(reader->layout, reader->line.fields, reader->line.count))
            return true;
    }
}

static bool read_header(struct columns_reader *reader, struct trace_error *error)
{
    const struct columns_layout *layout = reader->layout;
    columns_plan_by_place(&reader->plan, layout);
    if (layout->header == COLUMNS_HEADER_PROSE)
        return read_prose(reader, error);
    return layout->header < COLUMNS_HEADER_NAMES || read_names(reader, error);
}

// The first line after comments may be, or is, a header that says nothing new.
static bool is_header(struct columns_reader *reader)
{
    struct columns_fault fault;
    if (reader->layout->header == COLUMNS_HEADER_LINE)
        return true;
    return reader->layout->header == COLUMNS_HEADER_MAYBE && split_names(reader, &fault) &&
           columns_are_names(reader->layout, reader->line.fields, reader->line.count);
}

// The number of the current line's volume; TRACE_VOLUME_NONE: error filled.
static uint32_t intern_volume(struct columns_reader *reader, struct trace_error *error)
{
    struct columns_field name = reader->line.fields[reader->plan.place[COLUMNS_VOLUME]];
    if (reader->plan.column[COLUMNS_SUBVOLUME] != NULL) {
        struct columns_field sub = reader->line.fields[reader->plan.place[COLUMNS_SUBVOLUME]];
        // Two fields and the separator between them are part of one line.
        memcpy(reader->joined, name.text, name.length);
        reader->joined[name.length] = '_';
        memcpy(reader->joined + name.length + 1, sub.text, sub.length);
        name = (struct columns_field){reader->joined, name.length + 1 + sub.length};
    }
    return trace_volumes_intern(&reader->flow.context->volumes, name.text, name.length, error);
}

// Of the text of a stream its name is what stands before the number, in brackets at the end, that
// tells it from others of that name. Those of made workloads are as they are.
static size_t stream_name_length(const struct columns_field *text)
{
    static const char *const made[] = {TRACE_STREAM_OPEN, TRACE_STREAM_CLOSED};
    size_t length = text->length;
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        if (length >= strlen(made[i]) && memcmp(text->text, made[i], strlen(made[i])) == 0)
            return length;
    if (text->text[--length] != ']')
        return text->length;
    size_t end = length;
    while (length > 0 && text->text[length - 1] >= '0' && text->text[length - 1] <= '9')
        length--;
    bool is_number = length > 1 && length < end && text->text[length - 1] == '[';
    return is_number ? length - 1 : text->length;
}

// Sets the request's stream, 0 if the line names none. False with the error filled.
static bool intern_stream(struct columns_reader *reader, struct trace_request *request,
                          struct trace_error *error)
{
    struct trace_context *context = reader->flow.context;
    struct columns_field text = reader->line.fields[reader->plan.place[COLUMNS_STREAM]];
    request->stream = 0;
    request->also = 0;
    if (text.length == 0)
        return true;
    uint32_t number = trace_volumes_intern(&context->texts, text.text, text.length, error);
    request->stream = number + 1;
    if (number != context->streams.count)
        return number != TRACE_VOLUME_NONE;
    if (trace_volumes_add(&context->streams, text.text, stream_name_length(&text)) == number)
        return true;
    trace_error_no_memory(error);
    return false;
}

static bool is_blank(const struct columns_reader *reader)
{
    const struct columns_line *line = &reader->line;
    return line->count == 0 ||
           (line->count == 1 && reader->layout->trimmed && line->fields[0].length == 0);
}

// Loads of two recordings put together have prose and header in the middle, too.
static bool is_prose(struct columns_reader *reader)
{
    if (reader->layout->header != COLUMNS_HEADER_PROSE)
        return false;
    bool prose = reader->line.count == 1;
    reader->counts.prose_lines += prose;
    return prose || columns_are_names(reader->layout, reader->line.fields, reader->line.count);
}

// A header in the middle, where a column holds its own name, begins another recording.
static enum trace_result fail_request(const struct columns_reader *reader,
                                      const struct columns_fault *fault, struct trace_error *error)
{
    struct columns_fault again = {0};
    if (fault->column == NULL ||
        !trace_text_equal(fault->found.text, fault->found.length, fault->column))
        return fail_line(reader, fault, error);
    snprintf(again.text, sizeof again.text,
             "the header again: another recording starts here, whose times are its own; split the "
             "file there and read the parts one by one, or leave the line out if it is one");
    return fail_line(reader, &again, error);
}

// The next request that has bytes or is a flush; of a native layout, the next.
static enum trace_result next_request(void *opaque, struct trace_request *request,
                                      struct trace_error *error)
{
    struct columns_reader *reader = opaque;
    struct columns_fault fault;
    for (;;) {
        enum trace_result result = next_line(reader, error);
        if (result != TRACE_REQUEST)
            return result;
        const struct trace_lines *lines = &reader->lines;
        bool about = lines->text[0] == '#';
        if (!about && !reader->header_done) {
            reader->header_done = true;
            about = is_header(reader);
        }
        if (about) {
            trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
            continue;
        }
        if (!columns_take_line(&reader->plan, &reader->line, lines->text, lines->length,
                               (const char *)lines->input->end)) {
            if (!columns_split_line(reader->layout, &reader->line, lines->text, lines->length,
                                    reader->plan.field_count, &fault))
                return fail_line(reader, &fault, error);
            if (is_blank(reader) || is_prose(reader)) {
                trace_lines_count(&reader->lines,
                                  is_blank(reader) ? TRACE_LINE_ABOUT : TRACE_LINE_OTHER);
                continue;
            }
        }
        if (!columns_parse_line(&reader->plan, &reader->line, request, &reader->counts, &fault))
            return fail_request(reader, &fault, error);
        request->volume = intern_volume(reader, error);
        if (request->volume == TRACE_VOLUME_NONE || !intern_stream(reader, request, error))
            return TRACE_ERROR;
        bool empty = request->bytes == 0 && request->op != TRACE_FLUSH;
        bool skipped = empty && !reader->layout->native;
        trace_lines_count(&reader->lines, skipped ? TRACE_LINE_EMPTY : TRACE_LINE_TAKEN);
        if (!skipped)
            return TRACE_REQUEST;
    }
}

static bool start(void *opaque, struct trace_error *error)
{
    struct columns_reader *reader = opaque;
    const struct columns_layout *layout = reader->flow.how;
    reader->layout = layout;
    reader->lines.input = &reader->flow.input;
    reader->flow.lines = &reader->lines;
    reader->lines.keeps_cut = true; // it may be the header
    reader->line.unquoted = reader->unquoted;
    reader->line.fields[COLUMNS_NOWHERE] = (struct columns_field){"", 0};
    if (!read_header(reader, error))
        return false;
    reader->flow.context->knows_columns = true;
    reader->flow.context->tells_streams = reader->plan.column[COLUMNS_STREAM] != NULL;
    reader->lines.keeps_cut = reader->flow.context->files->items[0].is_whole;
    reader->flow.is_absolute = layout->native;
    if (layout->spread)
        reader->flow.spread_ns = columns_unit_ns(reader->plan.column[COLUMNS_TIME]->unit);
    return true;
}

// Lines of the volume without a request are enough.
static enum trace_result miss(const void *opaque, struct trace_error *error)
{
    const struct columns_reader *reader = opaque;
    const struct trace_context *context = reader->flow.context;
    const struct columns_column *column = reader->plan.column[COLUMNS_VOLUME];
    const struct columns_column *sub = reader->plan.column[COLUMNS_SUBVOLUME];
    char list[400];
    if (reader->flow.selected != TRACE_VOLUME_NONE)
        return TRACE_END;
    if (column == NULL) {
        trace_error_set(error,
                        "%s: no volume \"%s\": no column names the volume, so there is one, "
                        "without a name",
                        reader->flow.input.path, context->volume);
        return TRACE_ERROR;
    }
    trace_volumes_list(&context->volumes, list, sizeof list);
    trace_error_set(error, "%s: no line has \"%s\" in column%s %s%s%s; %s are: %s",
                    reader->flow.input.path, context->volume, sub != NULL ? "s" : "", column->name,
                    sub != NULL ? "_" : "", sub != NULL ? sub->name : "",
                    reader->layout->native ? "members" : "volumes", list);
    return TRACE_ERROR;
}

// A day, and 2001-09-09 since 1970.
#define DATES_OTHER_NS (INT64_C(86400) * 1000000000)
#define DATES_NS (INT64_C(1000000000) * 1000000000)

static void report(void *opaque)
{
    const struct columns_reader *reader = opaque;
    struct trace_notices *notices = &reader->flow.context->notices;
    const struct columns_counts *counts = &reader->counts;
    const char *path = reader->flow.input.path;
    trace_lines_report(&reader->lines, notices);
    trace_flow_report_displaced(&reader->flow);
    trace_flow_report_late(&reader->flow);
    if (reader->layout->native)
        return;
    trace_notices_count(notices, "zero-bytes", path, counts->zero_bytes,
                        "requests without bytes that are no flush were skipped.");
    trace_notices_count(notices, "other-lines", path, counts->prose_lines,
                        "lines without columns, after the header, were passed over.");
    trace_notices_count(notices, "bad-latency", path, counts->negative_latencies,
                        "latencies are negative; they are taken as unknown.");
    // Five numbers a line may be anything's; written ones begin at 0.
    int64_t origin_ns = reader->flow.context->origin_ns;
    trace_notices_set(
        notices, "no-dates", path,
        reader->layout->has_dates && origin_ns >= DATES_OTHER_NS && origin_ns < DATES_NS,
        "The times, in seconds, are no dates, as they are in traces of this format; if "
        "they are something else, name the columns: format columns, and a layout.");
}

static const struct trace_flow_source source = {
    .what = "such a trace",
    .bytes = sizeof(struct columns_reader),
    .start = start,
    .next = next_request,
    .report = report,
    .miss = miss,
};

void *columns_open(struct trace_context *context, const void *layout, struct trace_error *error)
{
    return trace_flow_open(context, &source, layout, error);
}

const struct trace_reader_kind trace_reader_columns = TRACE_FLOW_KIND(columns_open);
