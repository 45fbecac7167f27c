// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/biosnoop_row.h"

#include "traces/columns/letters.h"
#include "traces/input/clock_text.h"

#include <stdio.h>
#include <string.h>

#define BIOSNOOP_SECTOR_BYTES 512
#define BIOSNOOP_DECIMALS_MIN 1
#define BIOSNOOP_FIELDS_MAX 32 // a COMM has at most 15 bytes
#define POWER_S 9              // to ns
#define POWER_MS 6

static const struct {
    const char *name;
    enum biosnoop_column column;
    enum biosnoop_clock clock; // of a time
} names[] = {
    {"TIME(s)", BIOSNOOP_TIME, BIOSNOOP_SECONDS},
    {"TIME(ms)", BIOSNOOP_TIME, BIOSNOOP_MILLISECONDS},
    {"TIMESTAMP", BIOSNOOP_TIME, BIOSNOOP_TIME_OF_DAY},
    {"STARTs", BIOSNOOP_START, BIOSNOOP_SECONDS},
    {"ENDs", BIOSNOOP_TIME, BIOSNOOP_SECONDS},
    {"COMM", BIOSNOOP_COMM, 0},
    {"PID", BIOSNOOP_PID, 0},
    {"DISK", BIOSNOOP_DISK, 0},
    {"DEV", BIOSNOOP_DISK, 0},
    {"ID", BIOSNOOP_MINOR, 0}, // in a header of "DISK ID" over "MAJOR MINOR"
    {"T", BIOSNOOP_TYPE, 0},
    {"TYPE", BIOSNOOP_TYPE, 0},
    {"SECTOR", BIOSNOOP_SECTOR, 0},
    {"BLOCK", BIOSNOOP_SECTOR, 0},
    {"BYTES", BIOSNOOP_BYTES, 0},
    {"P", BIOSNOOP_PATTERN, 0},
    {"QUE(ms)", BIOSNOOP_QUEUED, 0},
    {"LAT(ms)", BIOSNOOP_LATENCY, 0},
    {"LATms", BIOSNOOP_LATENCY, 0},
};
#define NAME_COUNT (sizeof names / sizeof names[0])

// Its place among the names, or their count.
static size_t find_name(const struct columns_field *field)
{
    size_t i = 0;
    while (i < NAME_COUNT && !columns_field_is(field, names[i].name))
        i++;
    return i;
}

static bool has_column(const struct biosnoop_header *header, enum biosnoop_column column)
{
    return (header->has >> column & 1) != 0;
}

static bool add_column(struct biosnoop_header *header, const struct columns_field *field)
{
    size_t i = find_name(field);
    if (i == NAME_COUNT || has_column(header, names[i].column))
        return false;
    enum biosnoop_column column = names[i].column;
    if (column == BIOSNOOP_COMM)
        header->comm = header->count;
    if (column <= BIOSNOOP_TIME)
        header->clock = names[i].clock;
    header->names[column] = names[i].name;
    header->columns[header->count++] = column;
    header->has |= 1U << column;
    return true;
}

// What all these tools print; the rest is checked when it is clear that it is one of them.
#define NEEDED (1U << BIOSNOOP_COMM | 1U << BIOSNOOP_PID | 1U << BIOSNOOP_LATENCY)

bool biosnoop_header_parse(struct biosnoop_header *header, const char *text, size_t length)
{
    struct columns_field fields[BIOSNOOP_COLUMN_COUNT];
    struct biosnoop_header found = *header;
    size_t count = columns_split_blanks(text, length, fields, BIOSNOOP_COLUMN_COUNT);
    if (count > BIOSNOOP_COLUMN_COUNT)
        return false;
    found.count = 0;
    found.has = 0;
    for (size_t i = 0; i < count; i++)
        if (!add_column(&found, &fields[i]))
            return false;
    if ((found.has & NEEDED) != NEEDED)
        return false;
    *header = found;
    return true;
}

bool biosnoop_layout_parse(struct biosnoop_header *header, const char *text)
{
    struct columns_field fields[2 * BIOSNOOP_COLUMN_COUNT];
    size_t count = columns_split_blanks(text, strlen(text), fields, 2 * BIOSNOOP_COLUMN_COUNT);
    bool any = false;
    for (size_t i = count; i > 0 && i <= 2 * BIOSNOOP_COLUMN_COUNT; i--) {
        const struct columns_field *field = &fields[i - 1];
        const char *equals = memchr(field->text, '=', field->length);
        if (equals == NULL)
            return biosnoop_header_parse(header, text,
                                         (size_t)(field->text - text) + field->length);
        size_t length = (size_t)(equals - field->text);
        size_t name = find_name(&(struct columns_field){field->text, length});
        if (name == NAME_COUNT || length + 1 == field->length)
            return false;
        header->names[names[name].column] = names[name].name;
        header->instead[names[name].column] =
            (struct columns_field){equals + 1, field->length - length - 1};
        any = true;
    }
    return any;
}

bool biosnoop_header_check(const struct biosnoop_header *header, const struct trace_lines *lines,
                           struct trace_error *error)
{
    char lacks[64] = "";
    if (header->columns[0] > BIOSNOOP_TIME) {
        trace_error_set(error,
                        "%s: line %llu: found rows without a time, expected TIME(s), or STARTs and "
                        "ENDs: record with iosnoop -ts",
                        lines->input->path, (unsigned long long)lines->number);
        return false;
    }
    if (!has_column(header, BIOSNOOP_TYPE) && header->instead[BIOSNOOP_TYPE].text == NULL)
        strcat(lacks, " T=R");
    if (!has_column(header, BIOSNOOP_BYTES) && header->instead[BIOSNOOP_BYTES].text == NULL)
        strcat(lacks, " BYTES=4096");
    if (lacks[0] != '\0')
        trace_error_set(error,
                        "%s: line %llu: found rows that do not tell the operation and the bytes, "
                        "as of bpftrace's biosnoop.bt; expected both: record with biosnoop of bcc, "
                        "or say what all requests are, as --format biosnoop --layout '%s'",
                        lines->input->path, (unsigned long long)lines->number, lacks + 1);
    return lacks[0] == '\0';
}

static bool take_time(enum biosnoop_clock clock, const struct columns_field *field,
                      int64_t *time_ns)
{
    const char *at = field->text;
    const char *end = at + field->length;
    if (clock == BIOSNOOP_TIME_OF_DAY)
        return trace_clock_take(&at, end, time_ns) && at == end;
    return trace_text_decimal(at, field->length,
                              clock == BIOSNOOP_MILLISECONDS ? POWER_MS : POWER_S, time_ns);
}

bool biosnoop_row_starts(const struct biosnoop_header *header, const struct trace_lines *lines)
{
    struct columns_field fields[1];
    int64_t time_ns;
    if (columns_split_blanks(lines->text, lines->length, fields, 1) == 0 ||
        !take_time(header->clock, &fields[0], &time_ns))
        return false;
    const char *point = memchr(fields[0].text, '.', fields[0].length);
    return header->clock != BIOSNOOP_SECONDS ||
           (point != NULL &&
            fields[0].text + fields[0].length - (point + 1) >= BIOSNOOP_DECIMALS_MIN);
}

// A row's fields by column, and where it stands.
struct biosnoop_fields {
    const struct trace_lines *lines;
    const struct biosnoop_header *header;
    struct columns_field column[BIOSNOOP_COLUMN_COUNT];
};

static bool fail_field(const struct biosnoop_fields *fields, enum biosnoop_column column,
                       const char *expected, struct trace_error *error)
{
    const struct columns_field *found = &fields->column[column];
    return trace_lines_fail(fields->lines, fields->header->names[column], found->text,
                            found->length, expected, error);
}

// Those before COMM are the first, those behind it the last, and COMM is what lies between.
static bool split(struct biosnoop_fields *fields, struct trace_error *error)
{
    const struct biosnoop_header *header = fields->header;
    const struct trace_lines *lines = fields->lines;
    struct columns_field all[BIOSNOOP_FIELDS_MAX];
    size_t count = columns_split_blanks(lines->text, lines->length, all, BIOSNOOP_FIELDS_MAX);
    // COMM may be nothing at all.
    if (count < header->count - 1 || count > BIOSNOOP_FIELDS_MAX) {
        char expected[160] = "";
        for (size_t i = 0, used = 0; i < header->count && used < sizeof expected; i++)
            used += (size_t)snprintf(expected + used, sizeof expected - used, " %s",
                                     header->names[header->columns[i]]);
        trace_error_set(error, "%s: line %llu: found %s%zu fields, expected at least %zu:%s",
                        lines->input->path, (unsigned long long)lines->number,
                        count > BIOSNOOP_FIELDS_MAX ? "more than " : "",
                        count > BIOSNOOP_FIELDS_MAX ? count - 1 : count, header->count - 1,
                        expected);
        return false;
    }
    memcpy(fields->column, header->instead, sizeof fields->column);
    for (size_t i = 0; i < header->comm; i++)
        fields->column[header->columns[i]] = all[i];
    for (size_t i = header->count - 1; i > header->comm; i--)
        fields->column[header->columns[i]] = all[--count];
    if (count > header->comm)
        fields->column[BIOSNOOP_COMM] = (struct columns_field){
            all[header->comm].text,
            (size_t)(all[count - 1].text + all[count - 1].length - all[header->comm].text)};
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

static bool take_operation(struct biosnoop_row *row, const struct columns_field *type)
{
    struct columns_letters letters;
    if (!columns_letters_parse(type, &letters))
        return false;
    bool flush = letters.flushes && row->bytes == 0;
    row->op = flush ? TRACE_FLUSH : letters.op;
    row->kind = flush               ? BIOSNOOP_REQUEST
                : !letters.is_named ? BIOSNOOP_PASSTHROUGH
                : row->bytes == 0   ? BIOSNOOP_ZERO_BYTES
                                    : BIOSNOOP_REQUEST;
    return true;
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
    if (row->bytes == 0 || sector->text == NULL)
        return true;
    if (!trace_text_number(sector->text, sector->length, &row->offset) ||
        row->offset > (INT64_MAX - row->bytes) / BIOSNOOP_SECTOR_BYTES)
        return fail_field(fields, BIOSNOOP_SECTOR, "a number of sectors below 2^63 bytes", error);
    row->offset *= BIOSNOOP_SECTOR_BYTES;
    return true;
}

// From STARTs and ENDs or one of them, or from TIME.
static bool take_times(struct biosnoop_row *row, const struct biosnoop_fields *fields,
                       int64_t *last_ns, struct trace_error *error)
{
    const struct biosnoop_header *header = fields->header;
    bool starts = has_column(header, BIOSNOOP_START), ends = has_column(header, BIOSNOOP_TIME);
    int64_t start_ns = 0;
    if (starts && !take_time(header->clock, &fields->column[BIOSNOOP_START], &start_ns))
        return fail_field(fields, BIOSNOOP_START, "seconds", error);
    if (ends && !take_time(header->clock, &fields->column[BIOSNOOP_TIME], &row->done_ns))
        return fail_field(fields, BIOSNOOP_TIME,
                          header->clock == BIOSNOOP_TIME_OF_DAY ? "HH:MM:SS" : "a time", error);
    if (header->clock == BIOSNOOP_TIME_OF_DAY)
        row->done_ns = trace_clock_continue(last_ns, row->done_ns);
    if (!starts)
        return true;
    // More exact than what is printed as the latency.
    if (ends)
        row->latency_ns = row->done_ns - start_ns;
    if (row->latency_ns < 0 || row->latency_ns > BIOSNOOP_LATENCY_MAX_NS ||
        start_ns > INT64_MAX - row->latency_ns) {
        row->latency_ns = TRACE_LATENCY_UNKNOWN;
        row->done_ns = start_ns;
    } else {
        row->done_ns = start_ns + row->latency_ns;
    }
    return true;
}

static void take_disk(struct biosnoop_row *row, const struct biosnoop_fields *fields)
{
    const struct columns_field *disk = &fields->column[BIOSNOOP_DISK];
    const struct columns_field *minor = &fields->column[BIOSNOOP_MINOR];
    row->disk = disk->text != NULL ? *disk : (struct columns_field){"", 0};
    if (!has_column(fields->header, BIOSNOOP_MINOR))
        return;
    snprintf(row->device, sizeof row->device, "%.*s,%.*s", (int)(disk->length & 0xff), disk->text,
             (int)(minor->length & 0xff), minor->text);
    row->disk = (struct columns_field){row->device, strlen(row->device)};
}

bool biosnoop_row_parse(struct biosnoop_row *row, const struct biosnoop_header *header,
                        int64_t *last_ns, const struct trace_lines *lines,
                        struct trace_error *error)
{
    struct biosnoop_fields fields = {.lines = lines, .header = header};
    const struct columns_field *column = fields.column;
    if (!split(&fields, error))
        return false;
    take_disk(row, &fields);
    row->comm = column[BIOSNOOP_COMM];
    row->queued_ns = 0;
    if (!trace_text_number(column[BIOSNOOP_PID].text, column[BIOSNOOP_PID].length, &row->pid))
        return fail_field(&fields, BIOSNOOP_PID, "a number", error);
    if (memchr(row->disk.text, '\0', row->disk.length) != NULL)
        return fail_field(&fields, BIOSNOOP_DISK, "a name without a NUL byte", error);
    if (!trace_text_number(column[BIOSNOOP_BYTES].text, column[BIOSNOOP_BYTES].length, &row->bytes))
        return fail_field(&fields, BIOSNOOP_BYTES, "a number", error);
    if (!take_operation(row, &column[BIOSNOOP_TYPE]))
        return fail_field(&fields, BIOSNOOP_TYPE, "R, W, D or F, with flags", error);
    if (has_column(header, BIOSNOOP_QUEUED) &&
        !take_duration(&column[BIOSNOOP_QUEUED], &row->queued_ns))
        return fail_field(&fields, BIOSNOOP_QUEUED, "milliseconds", error);
    if (!take_duration(&column[BIOSNOOP_LATENCY], &row->latency_ns))
        return fail_field(&fields, BIOSNOOP_LATENCY, "milliseconds", error);
    return take_times(row, &fields, last_ns, error) && take_place(row, &fields, error);
}
