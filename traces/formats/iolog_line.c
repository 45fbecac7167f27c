// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/iolog_line.h"

#include <stdio.h>
#include <string.h>

#define IOLOG_NAME_BYTES_MAX 256 // as fio reads them
#define IOLOG_LINE_BYTES_MAX 4096
#define IOLOG_SHOWN_BYTES_MAX 40
#define IOLOG_NS_PER_US 1000
#define IOLOG_NS_PER_MS 1000000

static const char *const field_names[IOLOG_FIELD_COUNT] = {"timestamp", "file", "action", "offset",
                                                           "length"};

static const struct iolog_action {
    const char *name;
    enum iolog_kind kind;
    enum trace_op op;
} actions[] = {
    {"read", IOLOG_REQUEST, TRACE_READ},
    {"write", IOLOG_REQUEST, TRACE_WRITE},
    {"trim", IOLOG_REQUEST, TRACE_DISCARD},
    {"sync", IOLOG_REQUEST, TRACE_FLUSH},
    {"datasync", IOLOG_REQUEST, TRACE_FLUSH},
    {"wait", IOLOG_WAIT, 0},
    {"add", IOLOG_ABOUT_FILE, 0},
    {"open", IOLOG_ABOUT_FILE, 0},
    {"close", IOLOG_ABOUT_FILE, 0},
};

unsigned iolog_header_version(const char *line, size_t length)
{
    size_t prefix = strlen(IOLOG_HEADER);
    bool header = length > prefix && memcmp(line, IOLOG_HEADER, prefix) == 0 &&
                  line[prefix] >= '1' && line[prefix] <= '9';
    return header ? (unsigned)(line[prefix] - '0') : 0;
}

static bool fail_line(const struct trace_lines *lines, const char *text, struct trace_error *error)
{
    trace_error_set(error, "%s: line %llu: %s", lines->input->path,
                    (unsigned long long)lines->number, text);
    return false;
}

static bool fail_field(const struct iolog_line *line, const struct trace_lines *lines,
                       enum iolog_field field, const char *expected, struct trace_error *error)
{
    const struct columns_field *found = &line->fields[field];
    bool whole = found->length <= IOLOG_SHOWN_BYTES_MAX;
    trace_error_set(error, "%s: line %llu: column %s: found \"%.*s%s\", expected %s",
                    lines->input->path, (unsigned long long)lines->number, field_names[field],
                    (int)(whole ? found->length : IOLOG_SHOWN_BYTES_MAX), found->text,
                    whole ? "" : "...", expected);
    return false;
}

static const struct iolog_action *find_action(const struct columns_field *field)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        const struct iolog_action *action = &actions[i];
        if (strlen(action->name) == field->length &&
            memcmp(action->name, field->text, field->length) == 0)
            return action;
    }
    return NULL;
}

static bool take_number(const struct iolog_line *line, const struct trace_lines *lines,
                        enum iolog_field field, int64_t max, int64_t *number,
                        struct trace_error *error)
{
    const struct columns_field *text = &line->fields[field];
    char expected[80];
    if (trace_text_number(text->text, text->length, number) && *number <= max)
        return true;
    snprintf(expected, sizeof expected, "a number of at most %lld, without a sign", (long long)max);
    return fail_field(line, lines, field, expected, error);
}

// The offset and the length, of which a wait needs only the first.
static bool take_numbers(struct iolog_line *line, const struct trace_lines *lines,
                         struct trace_error *error)
{
    if (line->kind == IOLOG_WAIT)
        return take_number(line, lines, IOLOG_OFFSET, INT64_MAX / IOLOG_NS_PER_MS, &line->offset,
                           error);
    return take_number(line, lines, IOLOG_OFFSET, INT64_MAX, &line->offset, error) &&
           take_number(line, lines, IOLOG_LENGTH, INT64_MAX - line->offset, &line->bytes, error);
}

// Cuts the line into its fields; stores how many of those that mean something there are, counted
// from the first of version 3.
static bool split(struct iolog_line *line, const struct trace_lines *lines, unsigned version,
                  size_t *count, struct trace_error *error)
{
    size_t first = version == 3 ? IOLOG_TIME : IOLOG_FILE;
    size_t limit = IOLOG_FIELD_COUNT - first;
    if (lines->length > IOLOG_LINE_BYTES_MAX)
        return fail_line(lines, "longer than 4096 bytes, which fio cannot read", error);
    *count = first + columns_split_blanks(lines->text, lines->length, &line->fields[first], limit);
    if (*count <= IOLOG_ACTION)
        return fail_line(lines,
                         version == 3 ? "expected TIMESTAMP FILE ACTION [OFFSET LENGTH]"
                                      : "expected FILE ACTION [OFFSET LENGTH]",
                         error);
    const struct columns_field *file = &line->fields[IOLOG_FILE];
    if (file->length > IOLOG_NAME_BYTES_MAX || memchr(file->text, '\0', file->length) != NULL)
        return fail_field(line, lines, IOLOG_FILE, "a name of at most 256 bytes without a NUL",
                          error);
    return true;
}

bool iolog_line_parse(struct iolog_line *line, const struct trace_lines *lines, unsigned version,
                      struct trace_error *error)
{
    size_t count;
    if (!split(line, lines, version, &count, error))
        return false;
    const struct iolog_action *action = find_action(&line->fields[IOLOG_ACTION]);
    if (action == NULL)
        return fail_field(line, lines, IOLOG_ACTION,
                          "read, write, trim, sync, datasync, wait, add, open or close; the "
                          "name of a file cannot hold blanks",
                          error);
    line->kind = action->kind;
    line->op = action->op;
    if (version == 3) {
        if (!take_number(line, lines, IOLOG_TIME, INT64_MAX / IOLOG_NS_PER_US, &line->time_ns,
                         error))
            return false;
        line->time_ns *= IOLOG_NS_PER_US;
    }
    bool about_file = line->kind == IOLOG_ABOUT_FILE;
    line->longer = count > (about_file ? IOLOG_OFFSET : IOLOG_FIELD_COUNT);
    if (!about_file && count <= IOLOG_LENGTH)
        return fail_line(lines, "the action needs an OFFSET and a LENGTH", error);
    return about_file || take_numbers(line, lines, error);
}
