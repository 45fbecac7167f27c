// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison as tables.
#include "reports/compare/compare_internal.h"
#include "reports/grid.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DETAILED_MAX 4 // members that are told in full unless more are asked for

// Reads and writes together stand behind both, and only if there are both.
static const size_t shown_streams[] = {REPORT_DIRECTION_READ, REPORT_DIRECTION_WRITE,
                                       COMPARISON_READ_WRITE, REPORT_DIRECTION_DISCARD,
                                       REPORT_DIRECTION_FLUSH};

// Adds the rows of one stream; their first two cells are there already (add_head).
typedef void add_rows(struct grid *grid, const struct comparison_stream *stream, const char *member,
                      const char *direction);

static void add_head(struct grid *grid, const char *member, const char *direction)
{
    grid_text(grid, member);
    grid_text(grid, direction);
}

// Five rows of latencies, from `metric` on.
static void latency_rows(struct grid *grid, const struct comparison_stream *stream, int metric,
                         const char *member, const char *direction)
{
    static const char *const names[] = {"p50", "p90", "p99", "max", "mean"};
    const struct report_change *shown = stream->shown[metric == REPORT_P50 ? 0 : 1];
    for (int i = 0; i < 5; i++) {
        const struct report_change *change = &stream->changes[metric + i];
        add_head(grid, i == 0 ? member : "", i == 0 ? direction : "");
        grid_text(grid, names[i]);
        grid_number(grid, i < COMPARISON_SHOWN ? shown[i].a : change->a);
        grid_number(grid, i < COMPARISON_SHOWN ? shown[i].b : change->b);
        grid_number(grid, report_change_absolute(change));
        grid_number(grid, 100 * report_change_relative(change));
    }
}

static bool is_changed(const struct comparison_stream *stream)
{
    return stream->changes[REPORT_SLOWER].b > 0 || stream->changes[REPORT_FASTER].b > 0;
}

static void total_rows(struct grid *grid, const struct comparison_stream *stream,
                       const char *member, const char *direction)
{
    if (is_changed(stream))
        latency_rows(grid, stream, REPORT_P50, member, direction);
}

// Waits can differ where latencies do not: with another device.
static void wait_rows(struct grid *grid, const struct comparison_stream *stream, const char *member,
                      const char *direction)
{
    const struct report_change *waits = &stream->changes[REPORT_WAIT_P50];
    bool changed = is_changed(stream);
    for (int i = 0; i < 5; i++)
        changed = changed || report_change_absolute(&waits[i]) != 0;
    if (changed && (waits[3].a > 0 || waits[3].b > 0)) // the maxima
        latency_rows(grid, stream, REPORT_WAIT_P50, member, direction);
}

static void share_rows(struct grid *grid, const struct comparison_stream *stream,
                       const char *member, const char *direction)
{
    const struct report_change *share = &stream->changes[REPORT_WAIT_SHARE];
    const struct report_change *waiting = &stream->changes[REPORT_WAITING];
    add_head(grid, member, direction);
    grid_number(grid, 100 * share->a);
    grid_number(grid, 100 * share->b);
    grid_number(grid, 100 * report_change_absolute(share));
    grid_number(grid, waiting->a);
    grid_number(grid, waiting->b);
}

static void request_rows(struct grid *grid, const struct comparison_stream *stream,
                         const char *member, const char *direction)
{
    static const int kinds[] = {REPORT_SLOWER, REPORT_FASTER, REPORT_UNCHANGED};
    double requests = (double)stream->traffic.requests;
    size_t first = is_changed(stream) ? 0 : 2;
    for (size_t i = first; i < COUNT_OF(kinds); i++) {
        const struct report_change *changes = &stream->changes[kinds[i]];
        add_head(grid, i == first ? member : "", i == first ? direction : "");
        grid_text(grid, report_metrics[kinds[i]].name);
        grid_number(grid, changes[0].b);
        grid_number(grid, 100 * changes[0].b / requests);
        for (int c = 1; c <= 3; c++) // median, mean, maximum
            grid_number(grid, kinds[i] == REPORT_UNCHANGED ? NAN : changes[c].b);
        grid_number(grid, changes[kinds[i] == REPORT_UNCHANGED ? 1 : 4].b);
    }
}

static void add_member(const struct comparison_member *member, const char *shown, add_rows *rows,
                       struct grid *grid)
{
    bool both = member->streams[REPORT_DIRECTION_READ] != NULL &&
                member->streams[REPORT_DIRECTION_WRITE] != NULL;
    size_t before = grid_rows(grid);
    for (size_t i = 0; i < COUNT_OF(shown_streams); i++) {
        size_t s = shown_streams[i];
        if (member->streams[s] != NULL && (s != COMPARISON_READ_WRITE || both))
            rows(grid, member->streams[s], grid_rows(grid) == before ? shown : "",
                 report_direction_name(s));
    }
}

static bool print_table(const struct report_comparison *comparison,
                        const struct report_style *style, const char *title,
                        const struct grid_column *columns, size_t column_count, add_rows *rows)
{
    struct grid *grid = grid_create(columns, column_count);
    const struct comparison_member **order = comparison_order(comparison);
    size_t active = 0, detailed = comparison->member_count;
    if (style->is_brief && detailed > DETAILED_MAX)
        detailed = 0;
    else if (style->top > 0 && detailed > (size_t)style->top)
        detailed = (size_t)style->top;
    for (size_t m = 0; grid != NULL && order != NULL && m < comparison->member_count; m++) {
        if (m < detailed)
            add_member(order[m], order[m]->name, rows, grid);
        active += order[m]->count > 0;
    }
    if (order == NULL) {
        grid_free(grid);
        return false;
    }
    free(order);
    if (active > 1) // else the total is that member
        add_member(&comparison->total, "(all members)", rows, grid);
    return grid_show(grid, title, style);
}

// In neither run: a total latency is the throttle wait, and all of it is.
static bool takes_no_time(const struct report_comparison *comparison)
{
    return strcmp(comparison->sides[0].device, "null") == 0 &&
           strcmp(comparison->sides[1].device, "null") == 0;
}

static bool print_latencies(const struct report_comparison *comparison,
                            const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},     {NULL, "direction", GRID_TEXT},
        {NULL, "", GRID_TEXT},           {NULL, "A", GRID_TIME},
        {NULL, "B", GRID_TIME},          {"change", "", GRID_CHANGE},
        {NULL, "", GRID_CHANGE_PERCENT},
    };
    return (takes_no_time(comparison) ||
            print_table(comparison, style, "Total latency, where it changed", columns,
                        COUNT_OF(columns), total_rows)) &&
           print_table(comparison, style, "Throttle wait, where it changed", columns,
                       COUNT_OF(columns), wait_rows);
}

static bool print_requests(const struct report_comparison *comparison,
                           const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},   {NULL, "direction", GRID_TEXT},
        {NULL, "in B", GRID_TEXT},     {NULL, "requests", GRID_COUNT},
        {NULL, "share", GRID_PERCENT}, {"by", "median", GRID_TIME},
        {NULL, "mean", GRID_TIME},     {NULL, "max", GRID_TIME},
        {NULL, "blocks", GRID_COUNT},
    };
    return print_table(comparison, style, "Requests, by their total latency", columns,
                       COUNT_OF(columns), request_rows);
}

static bool print_shares(const struct report_comparison *comparison,
                         const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},
        {NULL, "direction", GRID_TEXT},
        {"wait share", "A", GRID_PERCENT},
        {NULL, "B", GRID_PERCENT},
        {NULL, "change", GRID_CHANGE_PERCENT},
        {"left waiting", "A", GRID_COUNT},
        {NULL, "B", GRID_COUNT},
    };
    return takes_no_time(comparison) ||
           print_table(comparison, style, "Share of the throttle wait in the total latency",
                       columns, COUNT_OF(columns), share_rows);
}

static bool print_groups(const struct report_comparison *comparison,
                         const struct report_style *style)
{
    static const struct grid_column columns[] = {
        {NULL, "group", GRID_TEXT}, {"Jain of requests", "A", GRID_NUMBER},
        {NULL, "B", GRID_NUMBER},   {"Jain of bytes", "A", GRID_NUMBER},
        {NULL, "B", GRID_NUMBER},   {"difference, requests", "A", GRID_COUNT},
        {NULL, "B", GRID_COUNT},    {"difference, data", "A", GRID_BYTES},
        {NULL, "B", GRID_BYTES},
    };
    static const int metrics[] = {REPORT_JAIN, REPORT_JAIN_BYTES, REPORT_DIFFERENCE,
                                  REPORT_DIFFERENCE_BYTES};
    struct grid *grid = grid_create(columns, COUNT_OF(columns));
    size_t count = 0, top = style->top > 0 ? (size_t)style->top : comparison->group_count;
    for (size_t g = 0; grid != NULL && g < comparison->group_count; g++) {
        const struct report_change *changes = comparison->groups[g].changes;
        // It never had two members.
        if (isnan(changes[REPORT_DIFFERENCE].a) && isnan(changes[REPORT_DIFFERENCE].b) &&
            isnan(changes[REPORT_JAIN].a) && isnan(changes[REPORT_JAIN].b))
            continue;
        if (++count > top)
            continue;
        grid_text(grid, comparison->groups[g].name);
        for (size_t i = 0; i < COUNT_OF(metrics); i++) {
            grid_number(grid, changes[metrics[i]].a);
            grid_number(grid, changes[metrics[i]].b);
        }
    }
    bool good = grid_show(grid, "Service of members while at least two were backlogged", style);
    if (good && count > top)
        report_say(style, REPORT_PLAIN, "and %zu more groups", count - top);
    return good;
}

bool comparison_print_text(const struct report_comparison *comparison,
                           const struct report_style *style)
{
    comparison_print_head(comparison, style);
    const struct comparison_member **order = comparison_order(comparison);
    bool good = order != NULL && comparison_print_members(comparison, order, style);
    free(order);
    return good && print_latencies(comparison, style) && print_shares(comparison, style) &&
           comparison_print_rates(comparison, style) && print_requests(comparison, style) &&
           print_groups(comparison, style);
}
