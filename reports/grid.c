// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/grid.h"

#include "reports/label.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRID_GAP 2       // blanks between columns
#define GRID_TEXT_MIN 14 // cells of a text: of "(all members)"

struct grid_cell {
    char *text; // of a number, and of a text as it is shown: made when the grid is printed
    double value;
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
    add_cell(grid, (struct grid_cell){.text = strdup(text)});
}

void grid_number(struct grid *grid, double value)
{
    add_cell(grid, (struct grid_cell){.value = value});
}

size_t grid_rows(const struct grid *grid)
{
    return grid->count / grid->column_count;
}

// ---- Layout ----

struct grid_layout {
    size_t tail; // the longest tail of the column's numbers
    size_t width;
    const char *above; // what stands above, also of those after the first
    bool begins;       // with it the heading begins
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static const char *unit_of(enum grid_kind kind)
{
    bool is_percent =
        kind == GRID_PERCENT || kind == GRID_CHANGE_PERCENT || kind == GRID_GAIN_PERCENT;
    return is_percent ? "%" : "";
}

// How much stands from the decimal point on, where points are in line.
static size_t tail_of(const char *text, enum grid_kind kind)
{
    bool in_line = kind == GRID_NUMBER || *unit_of(kind);
    const char *point = in_line ? strchr(text, '.') : NULL;
    return point != NULL ? strlen(point) : 0;
}

// Makes the texts of a column's numbers and measures the column.
static struct grid_layout measure(struct grid *grid, size_t column)
{
    const struct grid_column *kind = &grid->columns[column];
    struct grid_layout layout = {.begins = column == 0 || kind->above != NULL};
    size_t head = 0;
    for (size_t i = column; i < grid->count; i += grid->column_count) {
        struct grid_cell *cell = &grid->cells[i];
        char number[GRID_NUMBER_MAX] = "-";
        if (kind->kind != GRID_TEXT) {
            if (!isnan(cell->value) && !(isinf(cell->value) && *unit_of(kind->kind))) // of nothing
                grid_format(number, cell->value, kind->kind);
            cell->text = strdup(number);
        }
        if (cell->text == NULL) {
            grid->lost = true;
            continue;
        }
        size_t tail = tail_of(cell->text, kind->kind);
        head = larger(head, report_cells(cell->text) - tail);
        layout.tail = larger(layout.tail, tail);
    }
    if (kind->kind == GRID_TEXT && head > GRID_TEXT_MAX)
        head = GRID_TEXT_MAX;
    layout.width = larger(head + layout.tail, report_cells(kind->name));
    return layout;
}

// Columns of text that the table begins with stand beside all others; if there are none, its first.
static size_t key_count(const struct grid *grid)
{
    size_t count = 0;
    while (count < grid->column_count && grid->columns[count].kind == GRID_TEXT)
        count++;
    return count > 0 ? count : 1;
}

// Makes texts narrower, by as much as is needed and they can be.
static void shrink(const struct grid *grid, struct grid_layout *layouts, size_t room)
{
    size_t total = 0;
    for (size_t c = 0; c < grid->column_count; c++)
        total += layouts[c].width + (c > 0 ? GRID_GAP : 0);
    for (size_t c = 0; c < grid->column_count && total > room; c++) {
        size_t least = larger(GRID_TEXT_MIN, report_cells(grid->columns[c].name));
        if (grid->columns[c].kind != GRID_TEXT || layouts[c].width <= least)
            continue;
        size_t cut =
            total - room < layouts[c].width - least ? total - room : layouts[c].width - least;
        layouts[c].width -= cut;
        total -= cut;
    }
}

// Text as it is shown, in the column's width.
static void shorten(struct grid *grid, size_t column, size_t *width)
{
    size_t rows = grid_rows(grid), cells = larger(*width, REPORT_LABELS_MIN);
    const char **names = calloc(rows + 1, sizeof *names);
    char(*labels)[REPORT_LABEL_MAX] = calloc(rows + 1, sizeof *labels);
    bool good = names != NULL && labels != NULL;
    for (size_t i = 0; good && i < rows; i++) {
        const char *text = grid->cells[i * grid->column_count + column].text;
        names[i] = text != NULL ? text : "";
    }
    good = good && report_labels(names, rows, cells, labels);
    for (size_t i = 0; good && i < rows; i++) {
        struct grid_cell *cell = &grid->cells[i * grid->column_count + column];
        free(cell->text);
        cell->text = strdup(labels[i]);
        good = cell->text != NULL;
        *width = larger(*width, report_cells(labels[i])); // some are numbered
    }
    grid->lost = grid->lost || !good;
    free(names);
    free(labels);
}

// ---- Printing ----

// Some of the columns, which stand beside each other: the keys, and those of [first, end).
struct panel {
    const struct grid *grid;
    const struct grid_layout *layouts;
    const struct report_style *style;
    size_t columns[GRID_COLUMNS_MAX];
    size_t widths[GRID_COLUMNS_MAX];
    size_t count;
};

// What the panel does not have may follow in another; a heading is kept together if it can be.
static size_t choose_end(const struct panel *panel, size_t keys, size_t first)
{
    size_t used = 0, above = 0, end = first, whole = first;
    size_t room = (size_t)report_width(panel->style);
    for (size_t k = 0; k < keys; k++)
        used += panel->layouts[k].width + GRID_GAP;
    for (; end < panel->grid->column_count; end++) {
        if (panel->layouts[end].begins) {
            whole = end;
            used = larger(used, above > 0 ? above + GRID_GAP : 0); // fit_above will widen it
        }
        if (panel->layouts[end].above != NULL && (panel->layouts[end].begins || end == first))
            above = used + report_cells(panel->layouts[end].above);
        used += panel->layouts[end].width;
        if (larger(used, above) > room && end > first)
            return whole > first ? whole : end;
        used += GRID_GAP;
    }
    return end;
}

static const char *above_of(const struct panel *panel, size_t at)
{
    const struct grid_layout *layout = &panel->layouts[panel->columns[at]];
    bool begins = layout->begins || at == 0 || panel->columns[at] != panel->columns[at - 1] + 1;
    return begins ? layout->above : NULL;
}

// A heading wider than the columns below it widens the last of them.
static void fit_above(struct panel *panel)
{
    size_t needed = 0;
    for (size_t c = 0; c < panel->count; c++) {
        const char *above = above_of(panel, c);
        bool last = c + 1 == panel->count || above_of(panel, c + 1) != NULL;
        if (above != NULL)
            needed = report_cells(above);
        if (last && needed > panel->widths[c])
            panel->widths[c] = needed;
        needed -= needed > panel->widths[c] + GRID_GAP ? panel->widths[c] + GRID_GAP : needed;
    }
}

static void put_above(const struct panel *panel)
{
    FILE *out = panel->style->out;
    size_t at = 0, written = 0;
    for (size_t c = 0; c < panel->count; c++) {
        const char *above = above_of(panel, c);
        if (above != NULL && *above) {
            fprintf(out, "%*s%s", (int)(at - written), "", above);
            written = at + report_cells(above);
        }
        at += panel->widths[c] + GRID_GAP;
    }
    if (written > 0)
        putc('\n', out);
}

// Blanks are owed until something follows them: no line ends in blanks.
static void put_cell(const struct panel *panel, const char *text, enum report_paint paint,
                     size_t width, bool left, size_t *owed)
{
    FILE *out = panel->style->out;
    size_t blanks = width - report_cells(text);
    if (*text) {
        fprintf(out, "%*s", (int)(*owed + (left ? 0 : blanks)), "");
        fprintf(out, "%s%s%s", paint == REPORT_PLAIN ? "" : report_paint(panel->style, paint), text,
                paint == REPORT_PLAIN ? "" : report_paint(panel->style, REPORT_PLAIN));
        *owed = left ? blanks : 0;
    } else {
        *owed += width;
    }
    *owed += GRID_GAP;
}

static void put_heads(const struct panel *panel)
{
    bool has_units = false;
    fputs(report_paint(panel->style, REPORT_BOLD), panel->style->out);
    put_above(panel);
    for (int line = 0; line < 1 + has_units; line++) {
        size_t owed = 0;
        for (size_t c = 0; c < panel->count; c++) {
            const struct grid_column *column = &panel->grid->columns[panel->columns[c]];
            const char *unit = unit_of(column->kind);
            has_units = has_units || *unit;
            put_cell(panel, line == 0 ? column->name : unit, REPORT_PLAIN, panel->widths[c],
                     line == 0 && column->kind == GRID_TEXT, &owed);
        }
        fputs(line == has_units ? report_paint(panel->style, REPORT_PLAIN) : "", panel->style->out);
        putc('\n', panel->style->out);
    }
}

static enum report_paint paint_of(const struct grid_column *column, const struct grid_cell *cell)
{
    bool is_gain = column->kind == GRID_GAIN_PERCENT;
    if ((!is_gain && column->kind != GRID_CHANGE && column->kind != GRID_CHANGE_PERCENT) ||
        cell->value == 0)
        return REPORT_PLAIN;
    return (cell->value > 0) == is_gain ? REPORT_GOOD : REPORT_BAD;
}

static void put_row(const struct panel *panel, size_t row)
{
    size_t owed = 0;
    for (size_t c = 0; c < panel->count; c++) {
        const struct grid_column *column = &panel->grid->columns[panel->columns[c]];
        const struct grid_cell *cell =
            &panel->grid->cells[row * panel->grid->column_count + panel->columns[c]];
        const char *text = cell->text != NULL ? cell->text : "";
        size_t tail = panel->layouts[panel->columns[c]].tail - tail_of(text, column->kind);
        put_cell(panel, text, paint_of(column, cell), panel->widths[c] - tail,
                 column->kind == GRID_TEXT, &owed);
        owed += tail;
    }
    putc('\n', panel->style->out);
}

static void put_panel(struct panel *panel, size_t keys, size_t first, size_t end)
{
    panel->count = 0;
    for (size_t c = 0; c < end; c = c + 1 == keys ? first : c + 1)
        panel->columns[panel->count++] = c;
    for (size_t c = 0; c < panel->count; c++)
        panel->widths[c] = panel->layouts[panel->columns[c]].width;
    fit_above(panel);
    put_heads(panel);
    for (size_t row = 0; row < grid_rows(panel->grid); row++)
        put_row(panel, row);
}

bool grid_print(struct grid *grid, const struct report_style *style)
{
    struct grid_layout layouts[GRID_COLUMNS_MAX];
    struct panel panel = {.grid = grid, .layouts = layouts, .style = style};
    size_t keys = key_count(grid), end = keys;
    for (size_t c = 0; c < grid->column_count; c++) {
        layouts[c] = measure(grid, c);
        layouts[c].above = layouts[c].begins ? grid->columns[c].above : layouts[c - 1].above;
    }
    shrink(grid, layouts, (size_t)report_width(style));
    for (size_t c = 0; c < grid->column_count; c++) {
        if (grid->columns[c].kind == GRID_TEXT)
            shorten(grid, c, &layouts[c].width);
    }
    for (size_t first = keys; first < grid->column_count || first == keys; first = end) {
        if (first > keys)
            putc('\n', style->out);
        end = choose_end(&panel, keys, first);
        put_panel(&panel, keys, first, end);
        if (end == grid->column_count)
            break;
    }
    return !grid->lost;
}

bool grid_show(struct grid *grid, const char *title, const struct report_style *style)
{
    bool good = grid != NULL;
    if (good && grid_rows(grid) > 0) {
        report_title(style, title);
        good = grid_print(grid, style);
    }
    grid_free(grid);
    return good;
}
