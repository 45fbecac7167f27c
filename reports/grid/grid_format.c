// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GRID_LARGE 1e12 // numbers from here on are not written out
// What is almost one of the next unit is shown as that.
#define GRID_ONE 0.9995

struct grid_unit {
    double scale; // one of the unit, in the kind's base unit
    const char *name;
};

static const struct grid_unit time_units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
static const struct grid_unit byte_units[] = {{1e18, "EB"}, {1e15, "PB"}, {1e12, "TB"}, {1e9, "GB"},
                                              {1e6, "MB"},  {1e3, "kB"},  {1, "B"}};

static int put_significant(char text[GRID_NUMBER_MAX], double value, int digits)
{
    if (value >= 999.5 && value < GRID_LARGE) // written out
        digits = 12;
    return snprintf(text, GRID_NUMBER_MAX - 8, "%.*g", digits, digits == 12 ? round(value) : value);
}

static void put_with_unit(char text[GRID_NUMBER_MAX], double value, const struct grid_unit *unit)
{
    while (unit->scale > 1 && value < GRID_ONE * unit->scale)
        unit++;
    int length = put_significant(text, value / unit->scale, 3);
    if (value > 0)
        sprintf(text + length, " %s", unit->name);
}

// "4 KiB", "512 B": sizes of requests are exact as long as they have few digits.
static void put_size(char text[GRID_NUMBER_MAX], double value)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    double size = value;
    size_t unit = 0;
    for (; unit < 3 && size >= 1024 && fmod(size, 1024) == 0; unit++)
        size /= 1024;
    if (size < 1e7)
        snprintf(text, GRID_NUMBER_MAX - 1, "%.0f %s", size, units[unit]);
    else
        put_with_unit(text, value, byte_units);
}

static void put_percent(char text[GRID_NUMBER_MAX], double value)
{
    bool is_small = value > 0 && value < 0.05, is_large = value >= 1e6;
    snprintf(text, GRID_NUMBER_MAX - 1, is_small ? "%.1g" : is_large ? "%.3g" : "%.1f", value);
}

const char *grid_format(char text[GRID_NUMBER_MAX], double value, enum grid_kind kind)
{
    bool is_signed =
        kind == GRID_CHANGE || kind == GRID_CHANGE_PERCENT || kind == GRID_GAIN_PERCENT;
    char *number = text;
    if (value < 0 || (is_signed && value > 0))
        *number++ = value < 0 ? '-' : '+';
    value = fabs(value);
    if (isinf(value))
        strcpy(number, kind == GRID_TIME ? "never" : "inf");
    else if (kind == GRID_TIME || kind == GRID_CHANGE)
        put_with_unit(number, value, time_units);
    else if (kind == GRID_MOMENT)
        snprintf(number, GRID_NUMBER_MAX - 1, "%.7g s", value / 1e9);
    else if (kind == GRID_SIZE)
        put_size(number, value);
    else if (kind == GRID_BYTES)
        put_with_unit(number, value, byte_units);
    else if (kind == GRID_NUMBER || value >= GRID_LARGE)
        put_significant(number, value, value < 0.001 ? 2 : 4);
    else if (kind == GRID_COUNT)
        snprintf(number, GRID_NUMBER_MAX - 1, "%.0f", value);
    else
        put_percent(number, value);
    return text;
}
