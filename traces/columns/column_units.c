// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/column_units.h"

#include "traces/input/input_text.h"
#include "traces/write/write_text.h"

// 1970-01-01 in units of 100 ns since 1601-01-01.
#define UNITS_FILETIME_1970 UINT64_C(116444736000000000)

const char *const columns_unit_names[COLUMNS_UNIT_COUNT] = {
    [COLUMNS_NS] = "ns",       [COLUMNS_US] = "us",           [COLUMNS_MS] = "ms",
    [COLUMNS_S] = "s",         [COLUMNS_TICKS] = "100ns",     [COLUMNS_FILETIME] = "filetime",
    [COLUMNS_BYTES] = "bytes", [COLUMNS_SECTORS] = "sectors", [COLUMNS_KIB] = "KiB",
    [COLUMNS_MIB] = "MiB",     [COLUMNS_PAGES] = "pages",
};

const char *const columns_unit_help[COLUMNS_UNIT_COUNT] = {
    [COLUMNS_NS] = "a number of at most 9223372036854775807, without a sign",
    [COLUMNS_US] = "a time in microseconds, below 2^63 ns and without a sign",
    [COLUMNS_MS] = "a time in milliseconds, below 2^63 ns and without a sign",
    [COLUMNS_S] = "a time in seconds, below 2^63 ns and without a sign",
    [COLUMNS_TICKS] = "a time in units of 100 ns, below 2^63 ns and without a sign",
    [COLUMNS_FILETIME] = "a Windows file time, in units of 100 ns",
    [COLUMNS_WHOLE_SECONDS] = "a time in whole seconds, below 2^63 ns and without a sign",
    [COLUMNS_BYTES] = "a number of at most 9223372036854775807, without a sign",
    [COLUMNS_SECTORS] = "a number of sectors of 512 bytes, below 2^63 bytes and without a sign",
    [COLUMNS_KIB] = "a number of KiB, below 2^63 bytes and without a sign",
    [COLUMNS_MIB] = "a number of MiB, below 2^63 bytes and without a sign",
    [COLUMNS_PAGES] = "a number of pages of 4096 bytes, below 2^63 bytes and without a sign",
    [COLUMNS_READ_FLAG] = "flags in hexadecimal",
};

// The power of ten that makes ns of a time, and what makes bytes of a size.
static const struct {
    int power;
    int64_t factor;
} unit_scales[COLUMNS_UNIT_COUNT] = {
    [COLUMNS_NS] = {.factor = 1},
    [COLUMNS_US] = {.power = 3},
    [COLUMNS_MS] = {.power = 6},
    [COLUMNS_S] = {.power = 9},
    [COLUMNS_TICKS] = {.power = 2},
    [COLUMNS_FILETIME] = {.power = 2, .factor = 100},
    [COLUMNS_WHOLE_SECONDS] = {.power = 9, .factor = 1000000000},
    [COLUMNS_BYTES] = {.factor = 1},
    [COLUMNS_SECTORS] = {.factor = 512},
    [COLUMNS_KIB] = {.factor = 1024},
    [COLUMNS_MIB] = {.factor = 1024 * 1024},
    [COLUMNS_PAGES] = {.factor = 4096},
};

bool columns_unit_is_time(enum columns_unit unit)
{
    return unit >= COLUMNS_NS && unit <= COLUMNS_WHOLE_SECONDS;
}

bool columns_unit_is_size(enum columns_unit unit)
{
    return unit >= COLUMNS_BYTES && unit <= COLUMNS_PAGES;
}

int64_t columns_unit_ns(enum columns_unit unit)
{
    int64_t ns = 1;
    for (int power = unit_scales[unit].power; power > 0; power--)
        ns *= 10;
    return ns;
}

bool columns_unit_has_point(enum columns_unit unit)
{
    return unit >= COLUMNS_US && unit <= COLUMNS_TICKS;
}

bool columns_unit_scale(enum columns_unit unit, uint64_t number, int decimals, int64_t *value)
{
    if (columns_unit_has_point(unit))
        return trace_text_shift(number, unit_scales[unit].power - decimals, value);
    if (unit == COLUMNS_FILETIME && number >= UNITS_FILETIME_1970)
        number -= UNITS_FILETIME_1970;
    return number <= INT64_MAX &&
           !__builtin_mul_overflow((int64_t)number, unit_scales[unit].factor, value);
}

bool columns_unit_parse(enum columns_unit unit, const struct columns_field *field, int64_t *value)
{
    if (columns_unit_has_point(unit))
        return trace_text_decimal(field->text, field->length, unit_scales[unit].power, value);
    if (unit == COLUMNS_READ_FLAG)
        return trace_text_hex(field->text, field->length, value);
    return trace_text_number(field->text, field->length, value) &&
           columns_unit_scale(unit, (uint64_t)*value, 0, value);
}

int64_t columns_unit_step(enum columns_unit unit, unsigned decimals)
{
    if (columns_unit_is_size(unit))
        return unit_scales[unit].factor;
    int64_t step_ns = columns_unit_ns(unit);
    for (; decimals > 0; decimals--)
        step_ns /= 10;
    return step_ns;
}

char *columns_unit_print(enum columns_unit unit, unsigned decimals, int64_t value, char *to)
{
    uint64_t number = (uint64_t)value;
    if (columns_unit_is_size(unit))
        return write_number(to, number / (uint64_t)unit_scales[unit].factor);
    if (unit == COLUMNS_FILETIME)
        return write_number(to, number / (uint64_t)unit_scales[unit].factor + UNITS_FILETIME_1970);
    return write_decimal(to, number, (unsigned)unit_scales[unit].power, decimals);
}
