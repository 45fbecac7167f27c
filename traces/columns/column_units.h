// SPDX-License-Identifier: GPL-2.0-or-later
// The units of columns: how a field's text becomes nanoseconds or bytes, and they become text.
#ifndef TRACES_COLUMNS_COLUMN_UNITS_H
#define TRACES_COLUMNS_COLUMN_UNITS_H

#include "traces/columns/split.h"

#include <stdbool.h>
#include <stdint.h>

enum columns_unit {
    COLUMNS_TEXT, // no number
    COLUMNS_NS,
    COLUMNS_US,
    COLUMNS_MS,
    COLUMNS_S,
    COLUMNS_TICKS,    // 100 ns
    COLUMNS_FILETIME, // 100 ns since 1601, given as time since 1970; or, if too small for that,
                      // since whatever the file counts from
    COLUMNS_WHOLE_SECONDS, // to be spread
    COLUMNS_BYTES,
    COLUMNS_SECTORS, // 512 bytes
    COLUMNS_KIB,
    COLUMNS_MIB,
    COLUMNS_PAGES,     // 4096 bytes
    COLUMNS_READ_FLAG, // hexadecimal flags, of which the lowest says that it is a read
    COLUMNS_UNIT_COUNT,
};

// 19 digits and a point.
#define COLUMNS_NUMBER_BYTES_MAX 24

// What a user may write in a layout; NULL: not for users.
extern const char *const columns_unit_names[COLUMNS_UNIT_COUNT];
// What a field should have been: completes "expected ...".
extern const char *const columns_unit_help[COLUMNS_UNIT_COUNT];

bool columns_unit_is_time(enum columns_unit unit);
bool columns_unit_is_size(enum columns_unit unit);

// The length of a unit of time, in ns.
int64_t columns_unit_ns(enum columns_unit unit);

// Nanoseconds or bytes. False: no such number, or it is beyond INT64_MAX.
bool columns_unit_parse(enum columns_unit unit, const struct columns_field *field, int64_t *value);

// Of a number that was read without its point, with so many digits behind it; none of a unit that
// is not columns_unit_has_point.
bool columns_unit_scale(enum columns_unit unit, uint64_t number, int decimals, int64_t *value);
bool columns_unit_has_point(enum columns_unit unit);

// What a field of the unit can tell apart when written with so many decimals, in ns or bytes.
int64_t columns_unit_step(enum columns_unit unit, unsigned decimals);

// The other direction: writes at `to`, where there is room for COLUMNS_NUMBER_BYTES_MAX, what
// columns_unit_parse reads as the value, which is a multiple of the step; returns what follows.
char *columns_unit_print(enum columns_unit unit, unsigned decimals, int64_t value, char *to);

#endif
