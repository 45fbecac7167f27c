// SPDX-License-Identifier: GPL-2.0-or-later
// How many requests of all members had which latency, over time: two humps, a slow tail and what
// changed when, which quantiles of each member do not show.
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>

#define MAP_LEVELS 128 // two of each power of two; the first are latencies of 0

struct latency_map {
    const struct plot_run *run;
    double *counts;    // [level * bin_count + bin]
    size_t first, end; // levels above 0 that occur
    bool zeros;        // so does 0: the lowest row, below them
};

// Latencies from 2^n ns on, and from 1.5 * 2^n ns on.
static size_t level_of(double low_ns)
{
    int power;
    if (low_ns < 1)
        return 0;
    double part = frexp(low_ns, &power);
    size_t level = 2 * (size_t)power - 1 + (part >= 0.75);
    return level < MAP_LEVELS ? level : MAP_LEVELS - 1;
}

// Where a latency stands on the axis, on which each level has the same height.
static double place_of(const struct latency_map *map, double ns)
{
    int power;
    double part = frexp(ns, &power);
    return 2 * power + 4 * part - 3 - (double)map->first - 0.5 + map->zeros;
}

static double count_of(const void *context, size_t row, size_t bin)
{
    const struct latency_map *map = context;
    size_t level = map->zeros && row == 0 ? 0 : map->first + row - map->zeros;
    return map->counts[level * map->run->bin_count + bin];
}

static bool load_counts(struct latency_map *map, struct report_error *error)
{
    const struct plot_run *run = map->run;
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT min(interval / ?2, ?3) AS bin, low_ns, sum(requests) FROM latency_interval"
        " WHERE run_id = ?1 AND interval >= 0 GROUP BY bin, low_ns",
        run->run_id, error);
    if (rows != NULL) {
        sqlite3_bind_int64(rows, 2, run->bin_intervals);
        sqlite3_bind_int64(rows, 3, (sqlite3_int64)run->bin_count - 1);
    }
    while (report_query_next(rows)) {
        size_t bin = (size_t)sqlite3_column_int64(rows, 0);
        size_t level = level_of(sqlite3_column_double(rows, 1));
        map->counts[level * run->bin_count + bin] += sqlite3_column_double(rows, 2);
        map->zeros |= level == 0;
        map->first = level > 0 && level < map->first ? level : map->first;
        map->end = level >= map->end ? level + 1 : map->end;
    }
    return report_query_close(rows, error);
}

static size_t rows_of(const struct latency_map *map)
{
    return map->end - map->first + map->zeros;
}

static void put_axis(const struct plot_script *script, const struct latency_map *map)
{
    fprintf(script->out, "set yrange [-0.5:%.1f]\nset ytics (", (double)rows_of(map) - 0.5);
    if (map->zeros)
        fputs("'0' 0, ", script->out);
    for (int power = 0; power <= 18; power++) {
        double ns = pow(10, power);
        if (level_of(ns) < map->first || level_of(ns) > map->end)
            continue;
        plot_script_latency(script, ns);
        fprintf(script->out, " %.6g, ", place_of(map, ns));
    }
    fputs("'' -1)\n", script->out);
}

static void draw(struct plot_script *script, const struct latency_map *map, const char *nothing)
{
    const struct plot_map drawn = {.name = "latencies",
                                   .title = "total latency (throttle and device)",
                                   .nothing = nothing,
                                   .value = count_of,
                                   .context = map};
    plot_script_begin(script, "Latencies of reads and writes over time");
    plot_map_begin(script);
    plot_script_remark(script, "Colour: how many requests");
    plot_script_remark(script, "of all members took so long,");
    plot_script_remark(script, "of those that ended in a step");
    plot_events_legend(script);
    plot_script_end_legend(script);
    put_axis(script, map);
    plot_map_panel(script, &drawn, rows_of(map), 0, 1);
}

static bool any_completed(const struct plot_run *run)
{
    bool any = false;
    for (size_t i = 0; i < run->line_count * run->bin_count; i++)
        any |= run->cells[i].completed > 0;
    return any;
}

bool plot_latency_map(struct plot_script *script, struct report_error *error)
{
    const struct plot_run *run = script->run;
    struct latency_map map = {.run = run,
                              .counts = calloc(MAP_LEVELS * run->bin_count, sizeof *map.counts),
                              .first = MAP_LEVELS};
    bool good = map.counts != NULL;
    if (!good)
        snprintf(error->message, sizeof error->message, "drawing latencies: out of memory");
    good = good && load_counts(&map, error);
    if (map.first >= map.end) // nothing above 0
        map.end = map.first = 1;
    map.end += rows_of(&map) == 0;
    if (good)
        draw(script, &map,
             any_completed(run) ? "Not known: an earlier version stored this run."
                                : "No read or write was completed.");
    free(map.counts);
    return good;
}
