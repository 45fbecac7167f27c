// SPDX-License-Identifier: GPL-2.0-or-later
// What members and groups did over time, for their plots.
#include "reports/plot/plot_run.h"

#include "reports/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SERIES_NO_LINE SIZE_MAX

// Where a member's rows go: sorted by member_id.
struct series_place {
    int64_t member_id;
    size_t line;
    bool drive;               // attached as a drive: its discards are not throttled
    struct plot_group *group; // at the moment that the pass has reached, or NULL
};

struct series {
    struct plot_run *run;
    struct series_place *places;
    size_t place_count;
    sqlite3_stmt *moves; // rows of membership, in order of time
    bool move_pending;   // one is read and not yet applied
};

static int compare_places(const void *a, const void *b)
{
    const struct series_place *first = a, *second = b;
    return (first->member_id > second->member_id) - (first->member_id < second->member_id);
}

static struct series_place *find_place(const struct series *series, int64_t member_id)
{
    const struct series_place key = {.member_id = member_id};
    return bsearch(&key, series->places, series->place_count, sizeof key, compare_places);
}

static bool load_places(struct series *series, struct report_error *error)
{
    struct plot_run *run = series->run;
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT member_id, attach = 'drive' FROM member WHERE run_id = ?1 ORDER BY member_id",
        run->run_id, error);
    while (series->place_count < (size_t)run->member_count && report_query_next(rows))
        series->places[series->place_count++] =
            (struct series_place){.member_id = sqlite3_column_int64(rows, 0),
                                  .line = SERIES_NO_LINE,
                                  .drive = sqlite3_column_int(rows, 1)};
    if (!report_query_close(rows, error))
        return false;
    for (size_t i = 0; i < run->line_count; i++) {
        struct series_place *place = find_place(series, run->members[i].member_id);
        if (place != NULL)
            place->line = i;
    }
    return true;
}

static void apply_move(struct series *series)
{
    struct plot_run *run = series->run;
    struct series_place *place = find_place(series, sqlite3_column_int64(series->moves, 1));
    if (place == NULL)
        return;
    size_t group = sqlite3_column_type(series->moves, 2) != SQLITE_NULL
                       ? plot_run_group(run, sqlite3_column_int64(series->moves, 2))
                       : run->drawn_groups;
    place->group = group < run->drawn_groups ? &run->groups[group] : NULL;
}

// What a member did in an interval counts for the group it was in when the interval began.
static void apply_moves(struct series *series, int64_t interval)
{
    double start_ns = (double)interval * (double)series->run->interval_ns;
    while (series->move_pending && sqlite3_column_double(series->moves, 0) <= start_ns) {
        apply_move(series);
        series->move_pending = report_query_next(series->moves);
    }
}

enum series_column {
    SERIES_INTERVAL,
    SERIES_MEMBER,
    SERIES_DISPATCHED,
    SERIES_BYTES,
    SERIES_WAITING,
    SERIES_WAITING_MAX,
    SERIES_COMPLETED,
    SERIES_P50,
    SERIES_P99,
    SERIES_DISCARDS, // the row is of discards, not of reads and writes
};

// The throughput is what counts against the limits, so that the two can be compared.
static void add_throughput(struct plot_cell *cell, const struct series_place *place,
                           sqlite3_stmt *rows)
{
    if (sqlite3_column_int(rows, SERIES_DISCARDS) && place->drive)
        return;
    cell->dispatched += sqlite3_column_double(rows, SERIES_DISPATCHED);
    cell->dispatched_bytes += sqlite3_column_double(rows, SERIES_BYTES);
}

// Of reads and writes.
static void add_waiting_and_latency(struct plot_cell *cell, sqlite3_stmt *rows)
{
    double waiting_max = sqlite3_column_double(rows, SERIES_WAITING_MAX);
    cell->present = true;
    cell->waiting_end = sqlite3_column_double(rows, SERIES_WAITING);
    if (waiting_max > cell->waiting_max)
        cell->waiting_max = waiting_max;
    if (sqlite3_column_type(rows, SERIES_P50) != SQLITE_NULL) {
        double completed = sqlite3_column_double(rows, SERIES_COMPLETED);
        double p99_ns = sqlite3_column_double(rows, SERIES_P99);
        cell->completed += completed;
        cell->p50_sum_ns += completed * sqlite3_column_double(rows, SERIES_P50);
        if (p99_ns > cell->p99_max_ns)
            cell->p99_max_ns = p99_ns;
    }
}

// The bin of an interval; the last one reaches to the run's end, which may be a little more than
// bin_intervals.
static size_t bin_of(const struct plot_run *run, int64_t interval)
{
    int64_t bin = interval / run->bin_intervals;
    return bin < (int64_t)run->bin_count ? (size_t)bin : run->bin_count - 1;
}

static void take_row(struct series *series, sqlite3_stmt *rows)
{
    struct plot_run *run = series->run;
    int64_t interval = sqlite3_column_int64(rows, SERIES_INTERVAL);
    size_t bin = bin_of(run, interval);
    struct series_place *place = find_place(series, sqlite3_column_int64(rows, SERIES_MEMBER));
    if (interval < 0 || place == NULL)
        return;
    apply_moves(series, interval);
    if (place->line != SERIES_NO_LINE) {
        struct plot_cell *cell = &run->cells[place->line * run->bin_count + bin];
        add_throughput(cell, place, rows);
        if (!sqlite3_column_int(rows, SERIES_DISCARDS))
            add_waiting_and_latency(cell, rows);
    }
    if (place->group != NULL)
        add_throughput(&place->group->totals[bin], place, rows);
}

// What waits at the end of one bin waits at the beginning of the next, also where nothing happens.
static void carry_waiting(struct plot_run *run)
{
    for (size_t line = 0; line < run->line_count; line++) {
        double waiting = 0;
        for (size_t bin = 0; bin < run->bin_count; bin++) {
            struct plot_cell *cell = &run->cells[line * run->bin_count + bin];
            if (cell->waiting_max < waiting)
                cell->waiting_max = waiting;
            if (cell->present)
                waiting = cell->waiting_end;
        }
    }
}

static bool load_cells(struct series *series, struct report_error *error)
{
    struct plot_run *run = series->run;
    series->moves = report_query_open(run->database,
                                      "SELECT at_ns, member_id, group_id FROM membership"
                                      " WHERE run_id = ?1 ORDER BY at_ns, rowid",
                                      run->run_id, error);
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT interval, member_id, dispatched, dispatched_bytes, waiting, waiting_max,"
        "       completed, latency_p50_ns, latency_p99_ns, direction = 'discard'"
        "  FROM member_interval WHERE run_id = ?1 AND direction IN ('read+write', 'discard')"
        " ORDER BY interval",
        run->run_id, error);
    series->move_pending = report_query_next(series->moves);
    while (report_query_next(rows))
        take_row(series, rows);
    bool good = report_query_close(rows, error);
    return report_query_close(series->moves, error) && good;
}

bool plot_series_load(struct plot_run *run, struct report_error *error)
{
    struct series series = {.run = run};
    bool good = false;
    series.places = calloc((size_t)run->member_count + 1, sizeof *series.places);
    if (series.places != NULL)
        good = load_places(&series, error) && load_cells(&series, error);
    else
        snprintf(error->message, sizeof error->message, "plotting run %" PRId64 ": out of memory",
                 run->run_id);
    free(series.places);
    carry_waiting(run);
    return good;
}
