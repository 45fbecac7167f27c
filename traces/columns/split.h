// SPDX-License-Identifier: GPL-2.0-or-later
// Splitting a line into fields: at a character, at blanks, or as quoted CSV (RFC 4180).
#ifndef TRACES_COLUMNS_SPLIT_H
#define TRACES_COLUMNS_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct columns_field {
    const char *text; // in the line, or in the buffer for quoted fields; not NUL-terminated
    size_t length;
};

// All split into at most `limit` fields and return how many there are, limit + 1 if there are more.

// Fields keep their blanks.
size_t columns_split(const char *line, size_t length, char separator, struct columns_field *fields,
                     size_t limit);

// At any number of blanks and tabs; those at the ends do not count.
size_t columns_split_blanks(const char *line, size_t length, struct columns_field *fields,
                            size_t limit);

// 0 if the quotes are wrong, and *wrong says how. `unquoted` has room for the whole line.
size_t columns_split_quoted(const char *line, size_t length, char separator,
                            struct columns_field *fields, size_t limit, char *unquoted,
                            const char **wrong);

// Without the blanks and tabs around it.
struct columns_field columns_trim(struct columns_field field);

static inline bool columns_field_is(const struct columns_field *field, const char *text)
{
    return field->length == strlen(text) && memcmp(field->text, text, field->length) == 0;
}

#endif
