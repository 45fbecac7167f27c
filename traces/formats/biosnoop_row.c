// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/biosnoop_row.h"

#include <string.h>

#define BIOSNOOP_SECTOR_BYTES 512
#define BIOSNOOP_DECIMALS_MIN 1
#define BIOSNOOP_FIELDS_MAX 32 // a COMM has at most 15 bytes
#define POWER_S 9              // to ns
#define POWER_MS 6

static const char *const names[BIOSNOOP_COLUMN_COUNT] = {
    "TIME(s)", "COMM", "PID", "DISK", "T", "SECTOR", "BYTES", "P", "QUE(ms)", "LAT(ms)"};

static bool has_column(const struct biosnoop_header *header, enum biosnoop_column column)
{
    return (column != BIOSNOOP_PATTERN || header->pattern) &&
           (column != BIOSNOOP_QUEUED || header->queued);
}

bool biosnoop_header_parse(struct biosnoop_header *header, const char *text, size_t length)
{
    struct columns_field fields[BIOSNOOP_COLUMN_COUNT];
    size_t count = columns_split_blanks(text, length, fields, BIOSNOOP_COLUMN_COUNT);
    size_t at = 0;
    if (count > BIOSNOOP_COLUMN_COUNT)
        return false;
    *header = (struct biosnoop_header){false, false};
    for (enum biosnoop_column column = 0; column < BIOSNOOP_COLUMN_COUNT; column++) {
        bool found = at < count && columns_field_is(&fields[at], names[column]);
        at += found;
        if (column == BIOSNOOP_PATTERN)
            header->pattern = found;
        else if (column == BIOSNOOP_QUEUED)
            header->queued = found;
        else if (!found)
            return false;
    }
    return at == count;
}

bool biosnoop_row_starts(const struct trace_lines *lines)
{
    struct columns_field fields[1];
    int64_t time_ns;
    if (columns_split_blanks(lines->text, lines->length, fields, 1) == 0)
        return false;
    const char *point = memchr(fields[0].text, '.', fields[0].length);
    return point != NULL &&
           fields[0].text + fields[0].length - (point + 1) >= BIOSNOOP_DECIMALS_MIN &&
           trace_text_decimal(fields[0].text, fields[0].length, POWER_S, &time_ns);
}

// A row's fields by column, and where it stands.
struct biosnoop_fields {
    const struct trace_lines *lines;
    struct columns_field column[BIOSNOOP_COLUMN_COUNT];
};

static bool fail_field(const struct biosnoop_fields *fields, enum biosnoop_column column,
                       const char *expected, struct trace_error *error)
{
    const struct columns_field *found = &fields->column[column];
    return trace_lines_fail(fields->lines, names[column], found->text, found->length, expected,
                            error);
}

// The first field is the time, the last ones are those behind COMM, which is what lies between.
static bool split(struct biosnoop_fields *fields, const struct biosnoop_header *header,
                  struct trace_error *error)
{
    struct columns_field all[BIOSNOOP_FIELDS_MAX];
    const struct trace_lines *lines = fields->lines;
    size_t count = columns_split_blanks(lines->text, lines->length, all, BIOSNOOP_FIELDS_MAX);
    // COMM may be nothing at all.
    size_t least = (size_t)BIOSNOOP_COLUMN_COUNT - 1 - !header->pattern - !header->queued;
    if (count < least || count > BIOSNOOP_FIELDS_MAX) {
        trace_error_set(error, "%s: line %llu: found %s%zu fields, expected at least %zu: %s",
                        lines->input->path, (unsigned long long)lines->number,
                        count > BIOSNOOP_FIELDS_MAX ? "more than " : "",
                        count > BIOSNOOP_FIELDS_MAX ? count - 1 : count, least, BIOSNOOP_HEADER);
        return false;
    }
    fields->column[BIOSNOOP_TIME] = all[0];
    for (enum biosnoop_column column = BIOSNOOP_LATENCY; column > BIOSNOOP_COMM; column--)
        fields->column[column] =
            has_column(header, column) ? all[--count] : (struct columns_field){"0", 1};
    // Of a request whose disk is not known the column is blank: what stands there is the process.
    int64_t number;
    struct columns_field *pid = &fields->column[BIOSNOOP_PID];
    struct columns_field *disk = &fields->column[BIOSNOOP_DISK];
    if (!trace_text_number(pid->text, pid->length, &number) &&
        trace_text_number(disk->text, disk->length, &number)) {
        *pid = *disk;
        *disk = (struct columns_field){"?", 1};
    }
    return true;
}

// Letters as the kernel writes them: F before the operation is a flush, behind it FUA.
static bool take_operation(struct biosnoop_row *row, const struct columns_field *type)
{
    bool writes = false, reads = false, discards = false, flushes = false;
    for (size_t i = 0; i < type->length; i++) {
        if (type->text[i] == '\0' || strchr("RWDEFNASMBU", type->text[i]) == NULL)
            return false;
        writes = writes || type->text[i] == 'W';
        reads = reads || type->text[i] == 'R';
        discards = discards || type->text[i] == 'D';
        flushes = flushes || type->text[i] == 'F';
    }
    row->op = discards ? TRACE_DISCARD : writes ? TRACE_WRITE : TRACE_READ;
    row->kind = BIOSNOOP_REQUEST;
    if (flushes && row->bytes == 0)
        row->op = TRACE_FLUSH;
    else if (!discards && !writes && !reads)
        row->kind = BIOSNOOP_PASSTHROUGH;
    else if (row->bytes == 0)
        row->kind = BIOSNOOP_ZERO_BYTES;
    return type->length > 0;
}

// A time in ms that is a decimal number. What cannot be true becomes TRACE_LATENCY_UNKNOWN.
static bool take_duration(const struct columns_field *field, int64_t *duration_ns)
{
    bool negative = field->length > 0 && field->text[0] == '-';
    const char *text = field->text + negative;
    size_t length = field->length - negative;
    if (!trace_text_decimal(text, length, POWER_MS, duration_ns)) {
        // Too large, or no number at all?
        if (!trace_text_decimal(text, length, -POWER_MS, duration_ns))
            return false;
        *duration_ns = INT64_MAX;
    }
    if (negative || *duration_ns > BIOSNOOP_LATENCY_MAX_NS)
        *duration_ns = TRACE_LATENCY_UNKNOWN;
    return true;
}

static bool take_place(struct biosnoop_row *row, const struct biosnoop_fields *fields,
                       struct trace_error *error)
{
    const struct columns_field *sector = &fields->column[BIOSNOOP_SECTOR];
    // Without bytes it may be anything, such as 2^64 - 1.
    row->offset = 0;
    if (row->bytes == 0)
        return true;
    if (!trace_text_number(sector->text, sector->length, &row->offset) ||
        row->offset > (INT64_MAX - row->bytes) / BIOSNOOP_SECTOR_BYTES)
        return fail_field(fields, BIOSNOOP_SECTOR, "a number of sectors below 2^63 bytes", error);
    row->offset *= BIOSNOOP_SECTOR_BYTES;
    return true;
}

bool biosnoop_row_parse(struct biosnoop_row *row, const struct biosnoop_header *header,
                        const struct trace_lines *lines, struct trace_error *error)
{
    struct biosnoop_fields fields = {.lines = lines};
    const struct columns_field *column = fields.column;
    int64_t pid;
    if (!split(&fields, header, error))
        return false;
    row->disk = column[BIOSNOOP_DISK];
    if (!trace_text_decimal(column[BIOSNOOP_TIME].text, column[BIOSNOOP_TIME].length, POWER_S,
                            &row->done_ns))
        return fail_field(&fields, BIOSNOOP_TIME, "seconds", error);
    if (!trace_text_number(column[BIOSNOOP_PID].text, column[BIOSNOOP_PID].length, &pid))
        return fail_field(&fields, BIOSNOOP_PID, "a number", error);
    if (memchr(row->disk.text, '\0', row->disk.length) != NULL)
        return fail_field(&fields, BIOSNOOP_DISK, "a name without a NUL byte", error);
    if (!trace_text_number(column[BIOSNOOP_BYTES].text, column[BIOSNOOP_BYTES].length, &row->bytes))
        return fail_field(&fields, BIOSNOOP_BYTES, "a number", error);
    if (!take_operation(row, &column[BIOSNOOP_TYPE]))
        return fail_field(&fields, BIOSNOOP_TYPE, "R, W, D or F, with flags", error);
    if (!take_duration(&column[BIOSNOOP_QUEUED], &row->queued_ns))
        return fail_field(&fields, BIOSNOOP_QUEUED, "milliseconds", error);
    if (!take_duration(&column[BIOSNOOP_LATENCY], &row->latency_ns))
        return fail_field(&fields, BIOSNOOP_LATENCY, "milliseconds", error);
    return take_place(row, &fields, error);
}
