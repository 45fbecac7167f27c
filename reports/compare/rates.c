// SPDX-License-Identifier: GPL-2.0-or-later
// What reads and writes achieved in both runs, as the tables of each have it.
#include "reports/compare/compare_internal.h"
#include "reports/grid.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BRIEF_MEMBERS 12 // of more, unless they are asked for, only groups and all are shown

const char *const comparison_rate_keys[COMPARISON_RATES] = {
    "demanded_requests_per_s", "requests_per_s", "busy_requests_per_s",
    "demanded_bytes_per_s",    "bytes_per_s",    "busy_bytes_per_s",
};

void comparison_take_rates(struct report_change *rates, int side, sqlite3_stmt *rows, int column)
{
    for (int i = 0; i < COMPARISON_RATES; i++) {
        double value = sqlite3_column_type(rows, column + i) == SQLITE_NULL
                           ? NAN
                           : sqlite3_column_double(rows, column + i);
        *(side == 0 ? &rates[i].a : &rates[i].b) = value;
    }
}

static void forget(struct report_change *rates)
{
    for (int i = 0; i < COMPARISON_RATES; i++)
        rates[i] = (struct report_change){NAN, NAN};
}

bool comparison_load_rates(struct report_comparison *comparison, struct report_error *error)
{
    forget(comparison->total.rates);
    for (size_t m = 0; m < comparison->member_count; m++)
        forget(comparison->members[m].rates);
    for (int i = 0; i < 2; i++) {
        const struct comparison_side *side = &comparison->sides[i];
        sqlite3_stmt *rows = report_query_open(
            side->run.database,
            "SELECT scope = 'all', id, " COMPARISON_RATE_COLUMNS " FROM achieved_rate"
            " WHERE run_id = ?1 AND direction = 'read+write' AND scope <> 'throttle_group'",
            side->run.run_id, error);
        while (report_query_next(rows)) {
            const struct comparison_identity *identity =
                comparison_find_identity(side, sqlite3_column_int64(rows, 1));
            if (sqlite3_column_int(rows, 0) != 0)
                comparison_take_rates(comparison->total.rates, i, rows, 2);
            else if (identity != NULL && identity->member != COMPARISON_NO_MEMBER)
                comparison_take_rates(comparison->members[identity->member].rates, i, rows, 2);
        }
        if (!report_query_close(rows, error))
            return false;
    }
    return true;
}

static void add_row(struct grid *grid, const char *name, const struct report_change *rates,
                    int first)
{
    if (isnan(rates[first].a) && isnan(rates[first].b))
        return;
    grid_text(grid, name);
    for (int i = first; i < first + 2; i++) {
        const double values[] = {rates[i].a, rates[i].b, 100 * report_change_relative(&rates[i])};
        for (int v = 0; v < 3; v++)
            grid_number(grid, values[v]);
    }
}

static bool is_same(const struct report_change *a, const struct report_change *b)
{
    return memcmp(a, b, COMPARISON_RATES * sizeof *a) == 0;
}

// first: the rate over the run, behind which stands that while busy.
static bool print_table(const struct report_comparison *comparison,
                        const struct report_style *style, const char *title, enum grid_kind kind,
                        int first)
{
    const struct grid_column columns[] = {
        {NULL, "", GRID_TEXT},
        {"over the run", "A", kind},
        {NULL, "B", kind},
        {NULL, "change", GRID_GAIN_PERCENT},
        {"while busy", "A", kind},
        {NULL, "B", kind},
        {NULL, "change", GRID_GAIN_PERCENT},
    };
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    char name[REPORT_LABEL_MAX + 8];
    bool good = grid != NULL, is_group = false; // all members together are one group
    const struct comparison_member **order = comparison_order(comparison);
    size_t shown = 0, most = style->top > 0 ? (size_t)style->top : comparison->member_count;
    if (style->is_brief && comparison->member_count > BRIEF_MEMBERS)
        most = 0;
    good = good && order != NULL;
    for (size_t m = 0; good && m < comparison->member_count && m < most; m++)
        add_row(grid, order[m]->name, order[m]->rates, first);
    free(order);
    for (size_t m = 0; m < comparison->member_count; m++)
        shown += isnan(comparison->members[m].rates[first].a) ? 0 : 1;
    for (size_t g = 0; good && shown > 1 && g < comparison->group_count && g < BRIEF_MEMBERS; g++) {
        is_group = is_group || is_same(comparison->groups[g].rates, comparison->total.rates);
        snprintf(name, sizeof name, "group %.500s", comparison->groups[g].name);
        add_row(grid, name, comparison->groups[g].rates, first);
    }
    if (good && shown > 1 && !is_group)
        add_row(grid, "(all members)", comparison->total.rates, first);
    return grid_show(grid, title, style) && good;
}

bool comparison_print_rates(const struct report_comparison *comparison,
                            const struct report_style *style)
{
    return print_table(comparison, style, "Reads and writes completed per second", GRID_NUMBER,
                       1) &&
           print_table(comparison, style, "Bytes read and written per second", GRID_BYTES, 4);
}
