// SPDX-License-Identifier: GPL-2.0-or-later
// The members of a comparison, one line each: those that changed most first.
#include "reports/compare/compare_internal.h"
#include "reports/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// By how much its requests are slower or faster, all together.
static double change_of(const struct comparison_member *member)
{
    double sum = 0;
    for (size_t s = 0; s < REPORT_DIRECTION_COUNT; s++) {
        const struct comparison_stream *stream = member->streams[s];
        if (stream == NULL)
            continue;
        const struct report_change *changes = stream->changes;
        if (changes[REPORT_SLOWER].b > 0)
            sum += changes[REPORT_SLOWER].b * changes[REPORT_SLOWER_MEAN].b;
        if (changes[REPORT_FASTER].b > 0)
            sum += changes[REPORT_FASTER].b * changes[REPORT_FASTER_MEAN].b;
    }
    return sum;
}

static int compare_members(const void *left, const void *right)
{
    const struct comparison_member *a = *(const struct comparison_member *const *)left;
    const struct comparison_member *b = *(const struct comparison_member *const *)right;
    double change_a = change_of(a), change_b = change_of(b);
    if (change_a > change_b || change_a < change_b)
        return change_a < change_b ? 1 : -1;
    return a < b ? -1 : a > b; // in the order of the run
}

const struct comparison_member **comparison_order(const struct report_comparison *comparison)
{
    const struct comparison_member **order = calloc(comparison->member_count + 1, sizeof *order);
    for (size_t m = 0; order != NULL && m < comparison->member_count; m++)
        order[m] = &comparison->members[m];
    if (order != NULL)
        qsort(order, comparison->member_count, sizeof *order, compare_members);
    return order;
}

// Reads and writes, and how many of them are slower and faster in B.
struct counts {
    double requests, slower, faster;
};

static void add_counts(struct counts *counts, const struct comparison_member *member)
{
    const struct comparison_stream *both = member->streams[COMPARISON_READ_WRITE];
    if (both == NULL)
        return;
    counts->requests += (double)both->traffic.requests;
    counts->slower += both->changes[REPORT_SLOWER].b;
    counts->faster += both->changes[REPORT_FASTER].b;
}

// Reads and writes: member NULL has no percentiles.
static void add_row(struct grid *grid, const char *name, const struct counts *counts,
                    const struct comparison_member *member)
{
    static const int shown[] = {0, COMPARISON_SHOWN - 1}; // p50, p99
    const struct comparison_stream *both =
        member != NULL ? member->streams[COMPARISON_READ_WRITE] : NULL;
    grid_text(grid, name);
    grid_number(grid, counts->requests);
    grid_number(grid, counts->requests > 0 ? 100 * counts->slower / counts->requests : NAN);
    grid_number(grid, counts->requests > 0 ? 100 * counts->faster / counts->requests : NAN);
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        grid_number(grid, both != NULL ? both->shown[0][shown[i]].a : NAN);
        grid_number(grid, both != NULL ? both->shown[0][shown[i]].b : NAN);
    }
}

bool comparison_print_members(const struct report_comparison *comparison,
                              const struct comparison_member *const *order,
                              const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},      {NULL, "requests", GRID_COUNT},
        {"in B", "slower", GRID_PERCENT}, {NULL, "faster", GRID_PERCENT},
        {"p50", "A", GRID_TIME},          {NULL, "B", GRID_TIME},
        {"p99", "A", GRID_TIME},          {NULL, "B", GRID_TIME},
    };
    size_t count = comparison->member_count;
    size_t shown = style->top > 0 && count > (size_t)style->top ? (size_t)style->top : count;
    struct counts rest = {0}, all = {0};
    struct grid *grid = count > 1 ? grid_create(columns, COUNT_OF(columns)) : NULL;
    if (grid == NULL)
        return count < 2;
    for (size_t m = 0; m < count; m++) {
        struct counts own = {0};
        add_counts(m < shown ? &own : &rest, order[m]);
        add_counts(&all, order[m]);
        if (m < shown)
            add_row(grid, order[m]->name, &own, order[m]);
    }
    if (shown < count) {
        char name[32];
        snprintf(name, sizeof name, "(%zu more)", count - shown);
        add_row(grid, name, &rest, NULL);
    }
    add_row(grid, "(all members)", &all, &comparison->total);
    return grid_show(grid,
                     "Members, those that changed most first, and the total latency of their "
                     "reads and writes",
                     style);
}
