// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/csv_fields.h"

#include <string.h>

// Takes a quoted field at `at`, which is its opening quote; returns what follows the closing one,
// or NULL if there is none. The characters go to *unquoted, which moves past them.
static const char *csv_unquote(const char *at, const char *end, char **unquoted,
                               struct csv_field *field)
{
    char *to = *unquoted;
    field->text = to;
    for (at++; at < end; at++) {
        if (*at == '"') {
            if (at + 1 == end || at[1] != '"') {
                field->length = (size_t)(to - field->text);
                *unquoted = to;
                return at + 1;
            }
            at++;
        }
        *to++ = *at;
    }
    return NULL;
}

size_t csv_fields_split(const char *line, size_t length, struct csv_field *fields, size_t limit,
                        char *unquoted, const char **wrong)
{
    const char *at = line;
    const char *end = line + length;
    for (size_t count = 0; count < limit; count++) {
        const char *stop = NULL;
        if (at < end && *at == '"') {
            stop = csv_unquote(at, end, &unquoted, &fields[count]);
            if (stop == NULL) {
                *wrong = "a quoted field does not end on its line";
                return 0;
            }
            if (stop < end && *stop != ',') {
                *wrong = "a closing quote is not followed by a comma";
                return 0;
            }
        } else {
            stop = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
            stop = stop != NULL ? stop : end;
            fields[count] = (struct csv_field){at, (size_t)(stop - at)};
        }
        if (stop == end)
            return count + 1;
        at = stop + 1;
    }
    return limit + 1;
}
