// SPDX-License-Identifier: GPL-2.0-or-later
// A table on a terminal: cells are collected, then printed with each column as wide as it needs;
// text to the left, numbers to the right with their decimal points in line.
#ifndef REPORTS_GRID_H
#define REPORTS_GRID_H

#include "reports/style.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid_kind {
    GRID_TEXT,           // as it is; the caller has made it safe
    GRID_COUNT,          // an integer
    GRID_TIME,           // nanoseconds, shown in one unit for the table; infinite: "never"
    GRID_CHANGE,         // a difference of times, with its sign, in the same unit
    GRID_BYTES,          // bytes, shown in a unit that fits the column's largest
    GRID_PERCENT,        // a number from 0 to 100
    GRID_CHANGE_PERCENT, // with its sign
    GRID_NUMBER,         // a real number
};

struct grid_column {
    const char *above; // stands above the name and those after it that have NULL; "": nothing does
    const char *name;
    enum grid_kind kind;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct grid;

// The columns must outlive the grid. NULL: no memory.
struct grid *grid_create(const struct grid_column *columns, size_t column_count);
void grid_free(struct grid *grid); // NULL is allowed

// Adds the next cell, row by row. Without memory the cell is lost, and grid_print tells.
void grid_text(struct grid *grid, const char *text);
void grid_number(struct grid *grid, double value);
void grid_nothing(struct grid *grid); // shown as "-"

size_t grid_rows(const struct grid *grid);
// To be called once. False if a cell was lost for lack of memory.
bool grid_print(struct grid *grid, const struct report_style *style);
#endif
