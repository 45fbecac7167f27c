// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/csv_header.h"

#include "traces/text.h"

#include <stdio.h>
#include <string.h>

const char *const csv_column_names[CSV_COLUMN_COUNT] = {
    [CSV_TIME] = "time_ns", [CSV_OP] = "op",         [CSV_OFFSET] = "offset",
    [CSV_BYTES] = "bytes",  [CSV_MEMBER] = "member", [CSV_LATENCY] = "latency_ns",
};

static enum csv_column csv_find_column(const struct csv_field *field)
{
    for (enum csv_column column = 0; column < CSV_COLUMN_COUNT; column++)
        if (strlen(csv_column_names[column]) == field->length &&
            memcmp(csv_column_names[column], field->text, field->length) == 0)
            return column;
    return CSV_COLUMN_NONE;
}

static void csv_unknown_column(const struct csv_field *field, char *wrong, size_t wrong_size)
{
    const char *nearest =
        trace_text_nearest(field->text, field->length, csv_column_names, CSV_COLUMN_COUNT);
    int shown = field->length < CSV_SHOWN_BYTES_MAX ? (int)field->length : CSV_SHOWN_BYTES_MAX;
    snprintf(wrong, wrong_size, "unknown column \"%.*s\"%s%s%s; the header is " CSV_HEADER, shown,
             field->text, nearest != NULL ? ", did you mean \"" : "",
             nearest != NULL ? nearest : "", nearest != NULL ? "\"" : "");
}

bool csv_header_parse(const struct csv_field *fields, size_t count, enum csv_column *order,
                      char *wrong, size_t wrong_size)
{
    bool seen[CSV_COLUMN_COUNT] = {false};
    for (size_t i = 0; i < count; i++) {
        enum csv_column column = csv_find_column(&fields[i]);
        if (column == CSV_COLUMN_NONE) {
            csv_unknown_column(&fields[i], wrong, wrong_size);
            return false;
        }
        if (seen[column]) {
            snprintf(wrong, wrong_size, "column \"%s\" is there twice", csv_column_names[column]);
            return false;
        }
        seen[column] = true;
        order[i] = column;
    }
    for (enum csv_column column = 0; column < CSV_REQUIRED_COUNT; column++) {
        if (!seen[column]) {
            snprintf(wrong, wrong_size, "column \"%s\" is missing; the header is " CSV_HEADER,
                     csv_column_names[column]);
            return false;
        }
    }
    return true;
}

bool csv_header_recognise(const uint8_t *head, size_t length)
{
    const char *text = (const char *)head;
    const char *end = text + length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end && (*text == '#' || *text == '\n' || *text == '\r')) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = newline != NULL ? newline + 1 : end;
    }
    const char *line_end = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
    line_end = line_end != NULL ? line_end : end;
    for (const char *at = text; at < line_end;) {
        const char *comma = memchr(at, ',', (size_t)(line_end - at));
        comma = comma != NULL ? comma : line_end;
        const char *stop = comma > at && comma[-1] == '\r' ? comma - 1 : comma;
        // Quotes around a header's names are rare, but they are allowed.
        bool quoted = stop - at >= 2 && at[0] == '"' && stop[-1] == '"';
        struct csv_field field = {at + quoted, (size_t)(stop - at) - 2 * (size_t)quoted};
        if (csv_find_column(&field) != CSV_COLUMN_NONE)
            return true;
        at = comma + (comma < line_end);
    }
    return false;
}
