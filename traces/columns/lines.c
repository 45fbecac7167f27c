// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/lines.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_SHOWN_BYTES_MAX 40

// "FILE: line N: column C: found "...", expected ...", or "FILE: line N: TEXT"
static enum trace_result fail_line(const struct columns_lines *source,
                                   const struct columns_fault *fault, struct trace_error *error)
{
    const char *path = source->input.path;
    unsigned long long number = source->lines.number;
    if (fault->column == NULL) {
        trace_error_set(error, "%s: line %llu: %s", path, number, fault->text);
        return TRACE_ERROR;
    }
    bool cut = fault->found.length > COLUMNS_SHOWN_BYTES_MAX;
    int shown = cut ? COLUMNS_SHOWN_BYTES_MAX : (int)fault->found.length;
    trace_error_set(error, "%s: line %llu: column %s: found \"%.*s%s\", expected %s", path, number,
                    fault->column, shown, fault->found.text, cut ? "..." : "", fault->expected);
    return TRACE_ERROR;
}

// The next line that is not blank, with comments.
static enum trace_result next_line(struct columns_lines *source, struct trace_error *error)
{
    struct trace_lines *lines = &source->lines;
    for (;;) {
        enum trace_result result = trace_lines_next(lines, error);
        if (result != TRACE_REQUEST)
            return result;
        if (lines->number == 1 && lines->length >= 3 &&
            memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) {
            lines->text += 3;
            lines->length -= 3;
        }
        if (lines->length > 0)
            return TRACE_REQUEST;
    }
}

static bool split_names(struct columns_lines *source, struct columns_fault *fault)
{
    const char *text = source->lines.text;
    size_t length = source->lines.length;
    bool comment = source->layout->header == COLUMNS_HEADER_NAMES && text[0] == '#';
    return columns_split_line(source->layout, &source->line, text + comment, length - comment,
                              COLUMNS_MAX, fault);
}

static bool fail_header(const struct columns_lines *source, struct trace_error *error)
{
    const char *help = source->layout->header_help;
    trace_error_set(error, "%s: the file has no header line; expected %s", source->input.path,
                    help != NULL ? help : "the names of its columns");
    return false;
}

// A comment may be the header: some tools start it with '#'.
static bool read_names(struct columns_lines *source, struct trace_error *error)
{
    struct columns_fault fault;
    for (;;) {
        enum trace_result result = next_line(source, error);
        if (result == TRACE_ERROR)
            return false;
        if (result == TRACE_END)
            return fail_header(source, error);
        bool comment = source->lines.text[0] == '#';
        if (comment && source->layout->header == COLUMNS_HEADER_EXACT)
            continue;
        bool good = split_names(source, &fault);
        if (good && source->line.count > COLUMNS_MAX) {
            fault.column = NULL;
            snprintf(fault.text, sizeof fault.text, "the header has more than %d columns",
                     COLUMNS_MAX);
            good = false;
        }
        good = good && columns_plan_by_name(&source->plan, source->layout, source->line.fields,
                                            source->line.count, &fault);
        if (good)
            return true;
        if (!comment) {
            fail_line(source, &fault, error);
            return false;
        }
    }
}

// Goes on until the line of the names.
static bool read_prose(struct columns_lines *source, struct trace_error *error)
{
    struct columns_fault fault;
    for (;;) {
        enum trace_result result = next_line(source, error);
        if (result == TRACE_END)
            return fail_header(source, error);
        if (result == TRACE_ERROR)
            return false;
        if (split_names(source, &fault) &&
            columns_are_names(source->layout, source->line.fields, source->line.count))
            return true;
    }
}

static bool read_header(struct columns_lines *source, struct trace_error *error)
{
    const struct columns_layout *layout = source->layout;
    columns_plan_by_place(&source->plan, layout);
    if (layout->header == COLUMNS_HEADER_PROSE)
        return read_prose(source, error);
    return layout->header < COLUMNS_HEADER_NAMES || read_names(source, error);
}

// The first line after comments may be, or is, a header that says nothing new.
static bool is_header(struct columns_lines *source)
{
    struct columns_fault fault;
    if (source->layout->header == COLUMNS_HEADER_LINE)
        return true;
    return source->layout->header == COLUMNS_HEADER_MAYBE && split_names(source, &fault) &&
           columns_are_names(source->layout, source->line.fields, source->line.count);
}

// The number of the current line's volume; TRACE_VOLUME_NONE: error filled.
static uint32_t intern_volume(struct columns_lines *source, struct trace_error *error)
{
    struct columns_field name = source->line.fields[source->plan.place[COLUMNS_VOLUME]];
    if (source->plan.column[COLUMNS_SUBVOLUME] != NULL) {
        struct columns_field sub = source->line.fields[source->plan.place[COLUMNS_SUBVOLUME]];
        // Two fields and the separator between them are part of one line.
        memcpy(source->joined, name.text, name.length);
        source->joined[name.length] = '_';
        memcpy(source->joined + name.length + 1, sub.text, sub.length);
        name = (struct columns_field){source->joined, name.length + 1 + sub.length};
    }
    return trace_volumes_intern(source->volumes, name.text, name.length, error);
}

static enum trace_result check_time(struct columns_lines *source, int64_t time_ns,
                                    struct trace_error *error)
{
    struct columns_fault fault = {0};
    if (time_ns < source->last_ns) {
        const char *name = source->plan.column[COLUMNS_TIME]->name;
        snprintf(fault.text, sizeof fault.text,
                 "column %s: found %lld after %lld: times may not decrease; sort the file by %s",
                 name, (long long)time_ns, (long long)source->last_ns, name);
        return fail_line(source, &fault, error);
    }
    source->last_ns = time_ns;
    return TRACE_REQUEST;
}

static bool is_blank(const struct columns_lines *source)
{
    const struct columns_line *line = &source->line;
    return line->count == 0 ||
           (line->count == 1 && source->layout->trimmed && line->fields[0].length == 0);
}

// Loads of two recordings put together have prose and header in the middle, too.
static bool is_prose(struct columns_lines *source)
{
    if (source->layout->header != COLUMNS_HEADER_PROSE)
        return false;
    bool prose = source->line.count == 1;
    source->counts.prose_lines += prose;
    return prose || columns_are_names(source->layout, source->line.fields, source->line.count);
}

enum trace_result columns_lines_next(struct columns_lines *source, struct trace_request *request,
                                     struct trace_error *error)
{
    struct columns_fault fault;
    for (;;) {
        enum trace_result result = next_line(source, error);
        if (result != TRACE_REQUEST)
            return result;
        const struct trace_lines *lines = &source->lines;
        if (lines->text[0] == '#')
            continue;
        if (!source->header_done) {
            source->header_done = true;
            if (is_header(source))
                continue;
        }
        if (!columns_split_line(source->layout, &source->line, lines->text, lines->length,
                                source->plan.field_count, &fault))
            return fail_line(source, &fault, error);
        if (is_blank(source) || is_prose(source))
            continue;
        if (!columns_parse_line(&source->plan, &source->line, request, &source->counts, &fault))
            return fail_line(source, &fault, error);
        request->volume = intern_volume(source, error);
        if (request->volume == TRACE_VOLUME_NONE)
            return TRACE_ERROR;
        if (source->layout->native)
            return check_time(source, request->arrival_ns, error);
        if (request->bytes > 0 || request->op == TRACE_FLUSH)
            return TRACE_REQUEST;
    }
}

bool columns_lines_open(struct columns_lines *source, const struct columns_layout *layout,
                        const struct trace_file *file, struct trace_volumes *volumes,
                        struct trace_error *error)
{
    source->layout = layout;
    source->volumes = volumes;
    source->lines.input = &source->input;
    source->line.unquoted = source->unquoted;
    source->line.fields[COLUMNS_NOWHERE] = (struct columns_field){"", 0};
    return trace_input_open(&source->input, file, error) && read_header(source, error);
}

void columns_lines_close(struct columns_lines *source)
{
    trace_input_close(&source->input);
}
