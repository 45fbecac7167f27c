// SPDX-License-Identifier: GPL-2.0-or-later
// Splitting a line of CSV into fields, quoted (RFC 4180) or not.
#ifndef TRACES_CSV_FIELDS_H
#define TRACES_CSV_FIELDS_H

#include <stddef.h>

// How much of a field an error message shows.
enum { CSV_SHOWN_BYTES_MAX = 40 };

struct csv_field {
    const char *text; // in the line, or in the buffer for quoted fields; not NUL-terminated
    size_t length;
};

// Splits into at most `limit` fields and returns how many there are, limit + 1 if there are more;
// 0 if the quotes are wrong, and *wrong says how. `unquoted` has room for the whole line.
size_t csv_fields_split(const char *line, size_t length, struct csv_field *fields, size_t limit,
                        char *unquoted, const char **wrong);

#endif
