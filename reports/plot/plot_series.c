// SPDX-License-Identifier: GPL-2.0-or-later
// What members and groups did over time, for their plots.
#include "reports/plot/plot_run.h"

#include "reports/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_NO_LINE SIZE_MAX

enum series_direction {
    SERIES_READ,
    SERIES_WRITE,
    SERIES_DISCARD,
    SERIES_DIRECTIONS,
    SERIES_READ_WRITE = SERIES_DIRECTIONS,
};

// Where a member's rows go: sorted by member_id.
struct series_place {
    int64_t member_id;
    size_t line;
    bool drive;   // attached as a drive: its discards are not throttled
    size_t group; // at the moment that the pass has reached: a number of plot_run_flows
    // As how many operations a request counts beyond one, in the mean.
    double extra[SERIES_DIRECTIONS];
};

struct series {
    struct plot_run *run;
    struct series_place *places;
    size_t place_count;
    sqlite3_stmt *moves; // rows of membership, in order of time
    bool move_pending;   // one is read and not yet applied
    double share;        // of the present row that is added: it may be of many intervals
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
                                  .group = run->drawn_groups,
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
    place->group = sqlite3_column_type(series->moves, 2) != SQLITE_NULL
                       ? plot_run_group(run, sqlite3_column_int64(series->moves, 2))
                       : run->drawn_groups;
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
    SERIES_DIRECTION,
    SERIES_EXTRA, // operations that the dispatched requests count as beyond one each
    SERIES_ARRIVED,
    SERIES_ARRIVED_BYTES,
    SERIES_DISPATCHED,
    SERIES_DISPATCHED_BYTES,
    SERIES_WAITING, // from here on: not needed of a single direction
    SERIES_WAITING_MAX,
    SERIES_COMPLETED,
    SERIES_P50,
    SERIES_P99,
    SERIES_INTERVALS, // that the row is of
};

static enum series_direction direction_of(sqlite3_stmt *rows, int column)
{
    const char *name = report_query_text(rows, column);
    return !strcmp(name, "read")      ? SERIES_READ
           : !strcmp(name, "write")   ? SERIES_WRITE
           : !strcmp(name, "discard") ? SERIES_DISCARD
                                      : SERIES_READ_WRITE;
}

static double share_of(const struct series *series, sqlite3_stmt *rows, int column)
{
    return series->share * sqlite3_column_double(rows, column);
}

static void add_flow(struct plot_flow *flow, const struct plot_flow *added)
{
    flow->arrived += added->arrived;
    flow->arrived_bytes += added->arrived_bytes;
    flow->dispatched += added->dispatched;
    flow->dispatched_bytes += added->dispatched_bytes;
}

// Operations beyond the requests themselves: in the rows of reads and writes together there are
// none of the former.
static struct plot_flow extra_of(const struct series *series, const struct series_place *place,
                                 sqlite3_stmt *rows, enum series_direction direction)
{
    if (direction == SERIES_READ_WRITE)
        return (struct plot_flow){0};
    return (struct plot_flow){.arrived =
                                  place->extra[direction] * share_of(series, rows, SERIES_ARRIVED),
                              .dispatched = share_of(series, rows, SERIES_EXTRA)};
}

// What counts against the limits, so that the two can be compared.
static void add_throughput(const struct series *series, const struct series_place *place,
                           size_t bin, sqlite3_stmt *rows)
{
    struct plot_run *run = series->run;
    enum series_direction direction = direction_of(rows, SERIES_DIRECTION);
    const struct plot_flow requests = {
        share_of(series, rows, SERIES_ARRIVED), share_of(series, rows, SERIES_ARRIVED_BYTES),
        share_of(series, rows, SERIES_DISPATCHED), share_of(series, rows, SERIES_DISPATCHED_BYTES)};
    struct plot_flow sum = extra_of(series, place, rows, direction);
    enum plot_view view = direction == SERIES_READ ? PLOT_READS : PLOT_WRITES;
    if (direction == SERIES_DISCARD && place->drive)
        return;
    if (direction != SERIES_READ_WRITE) {
        add_flow(&plot_run_flows(run, place->group, view)[bin], &requests);
        add_flow(&plot_run_flows(run, place->group, view)[bin], &sum);
    }
    if (direction >= SERIES_DISCARD)
        add_flow(&sum, &requests);
    add_flow(&plot_run_flows(run, place->group, PLOT_BOTH)[bin], &sum);
    run->has_others |= place->group == run->drawn_groups && requests.arrived > 0;
    if (place->line != SERIES_NO_LINE) {
        struct plot_cell *cell = &run->cells[place->line * run->bin_count + bin];
        cell->dispatched += sum.dispatched;
        cell->dispatched_bytes += sum.dispatched_bytes;
    }
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
    int64_t most = (int64_t)run->bin_count * run->bin_intervals;
    int64_t count = sqlite3_column_int64(rows, SERIES_INTERVALS);
    count = count < 1 ? 1 : count > most ? most : count;
    series->share = 1 / (double)count;
    for (int64_t i = 0; i < count; i++)
        add_throughput(series, place, bin_of(run, interval + i), rows);
    if (place->line != SERIES_NO_LINE &&
        direction_of(rows, SERIES_DIRECTION) == SERIES_READ_WRITE) {
        struct plot_cell *cell = &run->cells[place->line * run->bin_count + bin];
        add_waiting_and_latency(cell, rows);
        cell->group = (uint8_t)place->group;
    }
}

// What waits at the end of one bin waits at the beginning of the next, also where nothing happens,
// and in the same group.
static void carry_waiting(struct plot_run *run)
{
    for (size_t line = 0; line < run->line_count; line++) {
        double waiting = 0;
        size_t group = run->drawn_groups;
        for (size_t bin = 0; bin < run->bin_count; bin++) {
            struct plot_cell *cell = &run->cells[line * run->bin_count + bin];
            if (cell->waiting_max < waiting)
                cell->waiting_max = waiting;
            if (cell->present) {
                waiting = cell->waiting_end;
                group = cell->group;
            }
            cell->waiting_end = waiting;
            cell->group = (uint8_t)group;
        }
    }
}

#define SERIES_COLUMNS                                                                             \
    "SELECT m.interval, m.member_id, m.direction, %s, arrived, arrived_bytes, dispatched,"         \
    "       dispatched_bytes, waiting, waiting_max, completed, latency_p50_ns, latency_p99_ns,"    \
    "       m.intervals"                                                                           \
    "  FROM member_interval AS m %s WHERE m.run_id = ?1 %s ORDER BY m.interval"

// Those of reads and of writes apart are as many rows again: only where they are needed.
static sqlite3_stmt *open_rows(const struct plot_run *run, struct report_error *error)
{
    char sql[1024];
    snprintf(sql, sizeof sql, SERIES_COLUMNS, run->is_counted ? "c.extra" : "0",
             run->is_counted ? "LEFT JOIN counted_interval AS c"
                               " USING (run_id, interval, member_id, direction)"
                             : "",
             run->is_counted || run->is_split ? "" : "AND direction IN ('read+write', 'discard')");
    return report_query_open(run->database, sql, run->run_id, error);
}

static bool load_cells(struct series *series, struct report_error *error)
{
    struct plot_run *run = series->run;
    series->moves = report_query_open(run->database,
                                      "SELECT at_ns, member_id, group_id FROM membership"
                                      " WHERE run_id = ?1 ORDER BY at_ns, rowid",
                                      run->run_id, error);
    sqlite3_stmt *rows = open_rows(run, error);
    series->move_pending = report_query_next(series->moves);
    while (report_query_next(rows)) {
        if (strcmp(report_query_text(rows, SERIES_DIRECTION), "flush") != 0)
            take_row(series, rows);
    }
    bool good = report_query_close(rows, error);
    return report_query_close(series->moves, error) && good;
}

static bool load_extra(struct series *series, struct report_error *error)
{
    sqlite3_stmt *rows =
        report_query_open(series->run->database,
                          "SELECT m.member_id, m.direction, max(extra) / max(1, sum(dispatched))"
                          "  FROM member_interval AS m JOIN"
                          "  (SELECT member_id, direction, total(extra) AS extra"
                          "     FROM counted_interval WHERE run_id = ?1 GROUP BY 1, 2) AS c"
                          "   USING (member_id, direction)"
                          " WHERE m.run_id = ?1 GROUP BY 1, 2",
                          series->run->run_id, error);
    while (report_query_next(rows)) {
        struct series_place *place = find_place(series, sqlite3_column_int64(rows, 0));
        enum series_direction direction = direction_of(rows, 1);
        if (place != NULL && direction < SERIES_DIRECTIONS)
            place->extra[direction] = sqlite3_column_double(rows, 2);
    }
    return report_query_close(rows, error);
}

bool plot_series_load(struct plot_run *run, struct report_error *error)
{
    struct series series = {.run = run};
    bool good = false;
    series.places = calloc((size_t)run->member_count + 1, sizeof *series.places);
    if (series.places != NULL)
        good = load_places(&series, error) && (!run->is_counted || load_extra(&series, error)) &&
               load_cells(&series, error);
    else
        snprintf(error->message, sizeof error->message, "plotting run %" PRId64 ": out of memory",
                 run->run_id);
    free(series.places);
    carry_waiting(run);
    return good;
}
