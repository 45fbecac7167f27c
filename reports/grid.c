// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRID_GAP 2          // blanks between columns
#define GRID_NUMBER_MAX 400 // bytes; "%.1f" of DBL_MAX takes 312

struct grid_unit {
    double scale;    // one of the unit, in the kind's base unit
    double at_least; // numbers of which the largest reaches this are shown in the unit
    const char *name;
};

struct grid_cell {
    char *text; // of a number: made when the grid is printed
    double value;
    bool filled;
};

struct grid {
    const struct grid_column *columns;
    size_t column_count;
    struct grid_cell *cells;
    size_t count, capacity;
    bool lost;
};

struct grid *grid_create(const struct grid_column *columns, size_t column_count)
{
    struct grid *grid = calloc(1, sizeof *grid);
    if (grid != NULL) {
        grid->columns = columns;
        grid->column_count = column_count;
    }
    return grid;
}

void grid_free(struct grid *grid)
{
    if (grid == NULL)
        return;
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i].text);
    free(grid->cells);
    free(grid);
}

static void add_cell(struct grid *grid, struct grid_cell cell)
{
    if (grid->count == grid->capacity) {
        size_t capacity = grid->capacity ? 2 * grid->capacity : 64;
        struct grid_cell *cells = realloc(grid->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            grid->lost = true;
            free(cell.text);
            return;
        }
        grid->cells = cells;
        grid->capacity = capacity;
    }
    grid->cells[grid->count++] = cell;
}

void grid_text(struct grid *grid, const char *text)
{
    add_cell(grid, (struct grid_cell){.text = strdup(text), .filled = true});
}

void grid_number(struct grid *grid, double value)
{
    add_cell(grid, (struct grid_cell){.value = value, .filled = true});
}

void grid_nothing(struct grid *grid)
{
    add_cell(grid, (struct grid_cell){.filled = false});
}

size_t grid_rows(const struct grid *grid)
{
    return grid->count / grid->column_count;
}

static const struct grid_unit time_units[] = {{1e9, 1e12, "s"}, {1e6, 100e3, "ms"}, {1e3, 0, "us"}};
static const struct grid_unit byte_units[] = {
    {1e12, 1e13, "TB"}, {1e9, 1e10, "GB"}, {1e6, 1e5, "MB"}, {1e3, 1e3, "kB"}, {1, 0, "B"}};
static const struct grid_unit percent_unit = {1, 0, "%"};
static const struct grid_unit no_unit = {1, 0, ""};

static const struct grid_unit *pick_unit(const struct grid_unit *units, double largest)
{
    while (largest < units->at_least)
        units++;
    return units;
}

// The unit for numbers of this kind, of which `largest` is the largest.
static const struct grid_unit *choose_unit(enum grid_kind kind, double largest)
{
    switch (kind) {
    case GRID_TIME:
    case GRID_CHANGE:
        return pick_unit(time_units, largest);
    case GRID_BYTES:
        return pick_unit(byte_units, largest);
    case GRID_PERCENT:
    case GRID_CHANGE_PERCENT:
        return &percent_unit;
    default:
        return &no_unit;
    }
}

// The digits that matter: 1154.0, 99.12, 8.533; 0 stays 0.
static void put_significant(char text[GRID_NUMBER_MAX], double value)
{
    int decimals = value >= 99.995 ? 1 : value >= 9.9995 ? 2 : 3;
    if (value == 0)
        strcpy(text, "0");
    else if (value > 0 && value < 0.0005)
        strcpy(text, "<0.001");
    else
        snprintf(text, GRID_NUMBER_MAX - 1, "%.*f", decimals, value);
}

// As people read it: with the digits that matter.
static void put_number(char text[GRID_NUMBER_MAX], double value, enum grid_kind kind,
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
        put_significant(text, value / unit->scale);
}

static double largest_of(const struct grid *grid, size_t column)
{
    double largest = 0;
    for (size_t i = column; i < grid->count; i += grid->column_count) {
        double size = fabs(grid->cells[i].value);
        if (size > largest && !isinf(size))
            largest = size;
    }
    return largest;
}

static bool is_time(enum grid_kind kind)
{
    return kind == GRID_TIME || kind == GRID_CHANGE;
}

// Times are compared across columns, so all of a table have one unit.
static double largest_time(const struct grid *grid)
{
    double largest = 0;
    for (size_t c = 0; c < grid->column_count; c++) {
        double here = is_time(grid->columns[c].kind) ? largest_of(grid, c) : 0;
        if (here > largest)
            largest = here;
    }
    return largest;
}

// Characters of UTF-8 text: all bytes but those that continue one.
static size_t length_of(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

// How much stands from the decimal point on.
static size_t tail_of(const char *text)
{
    const char *point = strchr(text, '.');
    return point != NULL ? strlen(point) : 0;
}

struct grid_layout {
    const struct grid_unit *unit;
    size_t tail; // the longest tail of the column's numbers
    size_t width;
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

// Makes the texts of a column's numbers and measures the column.
static struct grid_layout resolve(struct grid *grid, size_t column)
{
    const struct grid_column *kind = &grid->columns[column];
    double largest = is_time(kind->kind) ? largest_time(grid) : largest_of(grid, column);
    struct grid_layout layout = {.unit = choose_unit(kind->kind, largest)};
    size_t head = 0;
    for (size_t i = column; i < grid->count; i += grid->column_count) {
        struct grid_cell *cell = &grid->cells[i];
        char number[GRID_NUMBER_MAX] = "-";
        if (kind->kind != GRID_TEXT) {
            if (cell->filled)
                put_number(number, cell->value, kind->kind, layout.unit);
            cell->text = strdup(number);
        }
        if (cell->text == NULL) {
            grid->lost = true;
            continue;
        }
        size_t tail = kind->kind == GRID_TEXT ? 0 : tail_of(cell->text);
        head = larger(head, length_of(cell->text) - tail);
        layout.tail = larger(layout.tail, tail);
    }
    layout.width = larger(head + layout.tail, length_of(kind->name));
    layout.width = larger(layout.width, strlen(layout.unit->name));
    return layout;
}

static void put_cell(FILE *out, const char *text, size_t width, bool left, size_t *owed)
{
    size_t blanks = width - length_of(text);
    int before = (int)(*owed + (left ? 0 : blanks));
    // Blanks are owed until something follows them: no line ends in blanks.
    if (*text) {
        fprintf(out, "%*s%s", before, "", text);
        *owed = left ? blanks : 0;
    } else {
        *owed += width;
    }
    *owed += GRID_GAP;
}

// A heading wider than the columns below it widens the last of them.
static void fit_above(const struct grid *grid, struct grid_layout *layouts)
{
    size_t needed = 0;
    for (size_t c = 0; c < grid->column_count; c++) {
        bool last = c + 1 == grid->column_count || grid->columns[c + 1].above != NULL;
        if (grid->columns[c].above != NULL)
            needed = length_of(grid->columns[c].above);
        if (last && needed > layouts[c].width)
            layouts[c].width = needed;
        needed -= needed > layouts[c].width + GRID_GAP ? layouts[c].width + GRID_GAP : needed;
    }
}

static void put_above(const struct grid *grid, const struct grid_layout *layouts, FILE *out)
{
    size_t at = 0, written = 0;
    for (size_t c = 0; c < grid->column_count; c++) {
        const char *above = grid->columns[c].above;
        if (above != NULL && *above) {
            fprintf(out, "%*s%s", (int)(at - written), "", above);
            written = at + length_of(above);
        }
        at += layouts[c].width + GRID_GAP;
    }
    if (written)
        fputc('\n', out);
}

static void put_rows(const struct grid *grid, const struct grid_layout *layouts, FILE *out)
{
    size_t owed = 0;
    for (size_t i = 0; i < grid->count; i++) {
        size_t column = i % grid->column_count;
        bool text = grid->columns[column].kind == GRID_TEXT;
        const char *cell = grid->cells[i].text != NULL ? grid->cells[i].text : "";
        size_t tail = text ? 0 : layouts[column].tail - tail_of(cell);
        put_cell(out, cell, layouts[column].width - tail, text, &owed);
        owed += tail;
        if (column + 1 == grid->column_count) {
            fputc('\n', out);
            owed = 0;
        }
    }
}

bool grid_print(struct grid *grid, const struct report_style *style)
{
    FILE *out = style->out;
    struct grid_layout *layouts = calloc(grid->column_count, sizeof *layouts);
    size_t owed = 0;
    if (layouts == NULL)
        return false;
    for (size_t c = 0; c < grid->column_count; c++)
        layouts[c] = resolve(grid, c);
    fit_above(grid, layouts);
    put_above(grid, layouts, out);
    for (size_t c = 0; c < grid->column_count; c++)
        put_cell(out, grid->columns[c].name, layouts[c].width, grid->columns[c].kind == GRID_TEXT,
                 &owed);
    fputc('\n', out);
    owed = 0;
    for (size_t c = 0; c < grid->column_count; c++)
        put_cell(out, layouts[c].unit->name, layouts[c].width, false, &owed);
    fputc('\n', out);
    put_rows(grid, layouts, out);
    free(layouts);
    return !grid->lost;
}
