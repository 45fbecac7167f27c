// SPDX-License-Identifier: GPL-2.0-or-later
// A table on a terminal: cells are collected, then printed with each column as wide as it needs;
// text to the left, numbers to the right. Where a line would be too long, text is shortened
// (reports/label.h), and if that is not enough the table goes on below with its other columns,
// beside those of text that it begins with.
#ifndef REPORTS_GRID_H
#define REPORTS_GRID_H

#include "reports/style.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid_kind {
    GRID_TEXT,           // may hold anything
    GRID_COUNT,          // an integer
    GRID_TIME,           // nanoseconds, each in a unit that fits it; infinite: "never"
    GRID_MOMENT,         // nanoseconds since the start, in seconds
    GRID_CHANGE,         // a difference of times, with its sign: more is worse
    GRID_BYTES,          // each in a unit that fits it
    GRID_SIZE,           // bytes, in KiB and the like as long as that is exact
    GRID_PERCENT,        // a number from 0 to 100
    GRID_CHANGE_PERCENT, // with its sign: more is worse
    GRID_GAIN_PERCENT,   // with its sign: more is better
    GRID_NUMBER,         // a real number
};

struct grid_column {
    const char *above; // stands above the name and those after it that have NULL; "": nothing does
    const char *name;
    enum grid_kind kind;
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define GRID_COLUMNS_MAX 64
#define GRID_NUMBER_MAX 64
#define GRID_TEXT_MAX 32 // cells of a text, and of a name in a sentence beside tables

struct grid;

// The columns, at most GRID_COLUMNS_MAX, must outlive the grid. NULL: no memory.
struct grid *grid_create(const struct grid_column *columns, size_t column_count);
void grid_free(struct grid *grid); // NULL is allowed

// Adds the next cell, row by row. Without memory the cell is lost, and grid_print tells.
void grid_text(struct grid *grid, const char *text);
void grid_number(struct grid *grid, double value); // NAN: nothing, shown as "-"

size_t grid_rows(const struct grid *grid);
// To be called once. False if a cell was lost for lack of memory.
bool grid_print(struct grid *grid, const struct report_style *style);
// The same under a title, if it has rows, and frees it. NULL: no memory.
bool grid_show(struct grid *grid, const char *title, const struct report_style *style);

// A number as a cell has it, with the digits that matter: "38.1 ms", "+1.5 us", "0.02".
const char *grid_format(char text[GRID_NUMBER_MAX], double value, enum grid_kind kind);
#endif
