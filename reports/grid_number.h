// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers as people read them: in a unit that fits, with the digits that matter.
#ifndef REPORTS_GRID_NUMBER_H
#define REPORTS_GRID_NUMBER_H

#include "reports/grid.h"

#define GRID_NUMBER_MAX 400 // bytes; "%.1f" of DBL_MAX takes 312

struct grid_unit {
    double scale;    // one of the unit, in the kind's base unit
    double at_least; // numbers of which the largest reaches this are shown in the unit
    const char *name;
};

// The unit for numbers of this kind, of which `largest` is the largest.
const struct grid_unit *grid_unit_choose(enum grid_kind kind, double largest);

void grid_number_text(char text[GRID_NUMBER_MAX], double value, enum grid_kind kind,
                      const struct grid_unit *unit);
#endif
