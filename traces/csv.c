// SPDX-License-Identifier: GPL-2.0-or-later
// The native CSV: a header line names the columns, in any order; fields may be quoted as in
// RFC 4180, but do not span lines.
#include "traces/csv_header.h"
#include "traces/format.h"
#include "traces/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csv_reader {
    struct trace_context *context;
    struct trace_input input;
    struct trace_lines lines;
    enum csv_column order[CSV_COLUMN_COUNT]; // what the n-th field of a line is
    size_t field_count;
    struct csv_field fields[CSV_COLUMN_COUNT]; // of the current line, by column
    char unquoted[TRACE_LINE_BYTES_MAX];       // where quoted fields lie without their quotes
    int64_t last_ns;
    struct trace_request first; // read when opened, for the origin
    enum trace_result first_result;
    bool first_taken;
    uint64_t requests; // of the wanted volume
};

// "FILE: line N: column C: found "...": TEXT"
static enum trace_result csv_bad_field(const struct csv_reader *reader, enum csv_column column,
                                       const char *expected, struct trace_error *error)
{
    const struct csv_field *field = &reader->fields[column];
    int shown = field->length < CSV_SHOWN_BYTES_MAX ? (int)field->length : CSV_SHOWN_BYTES_MAX;
    trace_error_set(error, "%s: line %llu: column %s: found \"%.*s%s\", expected %s",
                    reader->input.path, (unsigned long long)reader->lines.number,
                    csv_column_names[column], shown, field->text,
                    field->length > CSV_SHOWN_BYTES_MAX ? "..." : "", expected);
    return TRACE_ERROR;
}

static enum trace_result csv_bad_line(const struct csv_reader *reader, const char *text,
                                      struct trace_error *error)
{
    trace_error_set(error, "%s: line %llu: %s", reader->input.path,
                    (unsigned long long)reader->lines.number, text);
    return TRACE_ERROR;
}

static size_t csv_split_line(struct csv_reader *reader, struct csv_field *fields, size_t limit,
                             struct trace_error *error)
{
    const char *wrong;
    size_t count = csv_fields_split(reader->lines.text, reader->lines.length, fields, limit,
                                    reader->unquoted, &wrong);
    if (count == 0)
        csv_bad_line(reader, wrong, error);
    return count;
}

// The next line that is neither blank nor a comment.
static enum trace_result csv_next_line(struct csv_reader *reader, struct trace_error *error)
{
    struct trace_lines *lines = &reader->lines;
    for (;;) {
        enum trace_result result = trace_lines_next(lines, error);
        if (result != TRACE_REQUEST)
            return result;
        if (lines->number == 1 && lines->length >= 3 &&
            memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) {
            lines->text += 3;
            lines->length -= 3;
        }
        if (lines->length > 0 && lines->text[0] != '#')
            return TRACE_REQUEST;
    }
}

static bool csv_read_header(struct csv_reader *reader, struct trace_error *error)
{
    // One more than there can be, so that a misspelt extra column is named.
    struct csv_field fields[CSV_COLUMN_COUNT + 1];
    enum csv_column order[CSV_COLUMN_COUNT + 1];
    char wrong[256];
    enum trace_result result = csv_next_line(reader, error);
    if (result == TRACE_END) {
        trace_error_set(error, "%s: the file has no header line; expected " CSV_HEADER,
                        reader->input.path);
    }
    if (result != TRACE_REQUEST)
        return false;
    size_t count = csv_split_line(reader, fields, CSV_COLUMN_COUNT + 1, error);
    if (count == 0)
        return false;
    size_t named = count <= CSV_COLUMN_COUNT + 1 ? count : CSV_COLUMN_COUNT + 1;
    if (!csv_header_parse(fields, named, order, wrong, sizeof(wrong))) {
        csv_bad_line(reader, wrong, error);
        return false;
    }
    // More columns than there are names would have been unknown or twice there.
    assert(count <= CSV_COLUMN_COUNT);
    memcpy(reader->order, order, count * sizeof(*order));
    reader->field_count = count;
    return true;
}

static bool csv_number(const struct csv_reader *reader, enum csv_column column, int64_t *number)
{
    const struct csv_field *field = &reader->fields[column];
    return trace_text_number(field->text, field->length, number);
}

static enum trace_op csv_op(const struct csv_field *field)
{
    enum trace_op op = 0;
    for (; op < TRACE_OP_COUNT; op++) {
        const char *name = trace_op_name(op);
        if (strlen(name) == field->length && memcmp(name, field->text, field->length) == 0)
            break;
    }
    return op;
}

static enum trace_result csv_check_time(struct csv_reader *reader, int64_t time_ns,
                                        struct trace_error *error)
{
    char text[200];
    if (time_ns < reader->last_ns) {
        snprintf(text, sizeof(text),
                 "column time_ns: found %lld after %lld: times may not decrease; sort the file by "
                 "time_ns",
                 (long long)time_ns, (long long)reader->last_ns);
        return csv_bad_line(reader, text, error);
    }
    reader->last_ns = time_ns;
    return TRACE_REQUEST;
}

// The columns of the current line as a request, except its volume.
static enum trace_result csv_parse(struct csv_reader *reader, struct trace_request *request,
                                   struct trace_error *error)
{
    static const char number[] = "a number of at most 9223372036854775807, without a sign";
    int64_t offset;
    int64_t bytes;
    request->latency_ns = TRACE_LATENCY_UNKNOWN;
    if (!csv_number(reader, CSV_TIME, &request->arrival_ns))
        return csv_bad_field(reader, CSV_TIME, number, error);
    request->op = csv_op(&reader->fields[CSV_OP]);
    if (request->op == TRACE_OP_COUNT)
        return csv_bad_field(reader, CSV_OP, "read, write, discard, write-zeroes or flush", error);
    if (!csv_number(reader, CSV_OFFSET, &offset))
        return csv_bad_field(reader, CSV_OFFSET, number, error);
    if (!csv_number(reader, CSV_BYTES, &bytes))
        return csv_bad_field(reader, CSV_BYTES, number, error);
    if (bytes > INT64_MAX - offset)
        return csv_bad_field(reader, CSV_BYTES, "offset + bytes below 2^63", error);
    if (request->op == TRACE_FLUSH && bytes != 0)
        return csv_bad_field(reader, CSV_BYTES, "0 for a flush", error);
    if (reader->fields[CSV_LATENCY].length > 0 &&
        !csv_number(reader, CSV_LATENCY, &request->latency_ns)) {
        return csv_bad_field(reader, CSV_LATENCY,
                             "a number of at most 9223372036854775807, or nothing if unknown",
                             error);
    }
    request->offset = (uint64_t)offset;
    request->bytes = (uint64_t)bytes;
    return csv_check_time(reader, request->arrival_ns, error);
}

static bool csv_wants(const struct csv_reader *reader, const struct csv_field *member)
{
    const char *volume = reader->context->volume;
    return volume == NULL ||
           (strlen(volume) == member->length && memcmp(volume, member->text, member->length) == 0);
}

// The number of the current line's volume; TRACE_VOLUME_NONE: error filled.
static uint32_t csv_volume(struct csv_reader *reader, struct trace_error *error)
{
    const struct csv_field *member = &reader->fields[CSV_MEMBER];
    if (memchr(member->text, '\0', member->length) != NULL) {
        csv_bad_field(reader, CSV_MEMBER, "a name without a NUL byte", error);
        return TRACE_VOLUME_NONE;
    }
    return trace_volumes_intern(&reader->context->volumes, member->text, member->length, error);
}

static enum trace_result csv_end(const struct csv_reader *reader, struct trace_error *error)
{
    const char *volume = reader->context->volume;
    if (volume != NULL && reader->requests == 0) {
        char list[400];
        trace_volumes_list(&reader->context->volumes, list, sizeof(list));
        trace_error_set(error, "%s: no line has \"%s\" in column member; members are: %s",
                        reader->input.path, volume, list);
        return TRACE_ERROR;
    }
    return TRACE_END;
}

static enum trace_result csv_next(struct csv_reader *reader, struct trace_request *request,
                                  struct trace_error *error)
{
    struct csv_field fields[CSV_COLUMN_COUNT];
    for (;;) {
        enum trace_result result = csv_next_line(reader, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_END)
            return csv_end(reader, error);
        size_t count = csv_split_line(reader, fields, reader->field_count, error);
        if (count == 0)
            return TRACE_ERROR;
        if (count != reader->field_count) {
            char text[120];
            snprintf(text, sizeof(text), "found %s%zu fields, expected %zu as in the header",
                     count > reader->field_count ? "at least " : "", count, reader->field_count);
            return csv_bad_line(reader, text, error);
        }
        for (size_t i = 0; i < count; i++)
            reader->fields[reader->order[i]] = fields[i];
        result = csv_parse(reader, request, error);
        if (result != TRACE_REQUEST)
            return result;
        request->volume = csv_volume(reader, error);
        if (request->volume == TRACE_VOLUME_NONE)
            return TRACE_ERROR;
        if (csv_wants(reader, &reader->fields[CSV_MEMBER])) {
            reader->requests++;
            return TRACE_REQUEST;
        }
    }
}

static void csv_close(void *opaque)
{
    struct csv_reader *reader = opaque;
    trace_input_close(&reader->input);
    free(reader);
}

static void *csv_open(struct trace_context *context, struct trace_error *error)
{
    const struct trace_files *files = context->files;
    if (files->count != 1) {
        trace_error_set(error, "%s and %zu more: a CSV trace is one file; open them one by one",
                        files->items[0].path, files->count - 1);
        return NULL;
    }
    struct csv_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    reader->context = context;
    reader->lines.input = &reader->input;
    for (enum csv_column column = 0; column < CSV_COLUMN_COUNT; column++)
        reader->fields[column] = (struct csv_field){"", 0};
    bool good =
        trace_input_open(&reader->input, &files->items[0], error) && csv_read_header(reader, error);
    if (good) {
        reader->first_result = csv_next(reader, &reader->first, error);
        good = reader->first_result != TRACE_ERROR;
    }
    if (!good) {
        csv_close(reader);
        return NULL;
    }
    context->times_are_absolute = true;
    context->origin_ns = reader->first.arrival_ns;
    return reader;
}

static enum trace_result csv_read(void *opaque, struct trace_request *request,
                                  struct trace_error *error)
{
    struct csv_reader *reader = opaque;
    if (reader->first_taken)
        return csv_next(reader, request, error);
    reader->first_taken = true;
    *request = reader->first;
    return reader->first_result;
}

// Whatever is odd about a CSV file is an error.
static void csv_report(void *opaque)
{
    (void)opaque;
}

static uint64_t csv_consumed(const void *opaque)
{
    const struct csv_reader *reader = opaque;
    return trace_input_consumed(&reader->input);
}

const struct trace_format trace_format_csv = {
    .name = "csv",
    .known_by = "a CSV file with the header " CSV_HEADER,
    .recognise = csv_header_recognise,
    .open = csv_open,
    .read = csv_read,
    .report = csv_report,
    .consumed = csv_consumed,
    .close = csv_close,
};
