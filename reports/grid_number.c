// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/grid_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct grid_unit time_units[] = {{1e9, 1e12, "s"}, {1e6, 100e3, "ms"}, {1e3, 0, "us"}};
static const struct grid_unit byte_units[] = {
    {1e12, 1e13, "TB"}, {1e9, 1e10, "GB"}, {1e6, 1e5, "MB"}, {1e3, 1e3, "kB"}, {1, 0, "B"}};
static const struct grid_unit percent_unit = {1, 0, "%"};
static const struct grid_unit no_unit = {1, 0, ""};

static const struct grid_unit *grid_pick(const struct grid_unit *units, double largest)
{
    while (largest < units->at_least)
        units++;
    return units;
}

const struct grid_unit *grid_unit_choose(enum grid_kind kind, double largest)
{
    switch (kind) {
    case GRID_TIME:
    case GRID_CHANGE:
        return grid_pick(time_units, largest);
    case GRID_BYTES:
        return grid_pick(byte_units, largest);
    case GRID_PERCENT:
    case GRID_CHANGE_PERCENT:
        return &percent_unit;
    default:
        return &no_unit;
    }
}

// The digits that matter: 1154.0, 99.12, 8.533; 0 stays 0.
static void grid_significant(char text[GRID_NUMBER_MAX], double value)
{
    int decimals = value >= 99.995 ? 1 : value >= 9.9995 ? 2 : 3;

    if (value == 0)
        strcpy(text, "0");
    else if (value > 0 && value < 0.0005)
        strcpy(text, "<0.001");
    else
        snprintf(text, GRID_NUMBER_MAX - 1, "%.*f", decimals, value);
}

void grid_number_text(char text[GRID_NUMBER_MAX], double value, enum grid_kind kind,
                      const struct grid_unit *unit)
{
    if ((kind == GRID_CHANGE || kind == GRID_CHANGE_PERCENT) && value != 0) {
        *text++ = value < 0 ? '-' : '+';
        value = fabs(value);
    }
    if (isinf(value))
        strcpy(text, kind == GRID_TIME ? "never" : "inf");
    else if (kind == GRID_COUNT || (kind == GRID_BYTES && unit->scale <= 1))
        snprintf(text, GRID_NUMBER_MAX - 1, "%.0f", value);
    else if (kind == GRID_PERCENT || kind == GRID_CHANGE_PERCENT)
        snprintf(text, GRID_NUMBER_MAX - 1, "%.1f", value);
    else
        grid_significant(text, value / unit->scale);
}
