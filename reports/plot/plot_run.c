// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/plot_run.h"

#include "reports/query.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLOT_TITLE_CHARACTERS 60
#define PLOT_NAME_CHARACTERS 20
#define PLOT_MEMBER_CHARACTERS 16 // with what stands behind it in the legend of a distribution
#define PLOT_EVENT_CHARACTERS 60
#define ROUND_REACH 3 // a round bin is at most this many times as long as it must be

double plot_run_bin_ns(const struct plot_run *run, size_t bin)
{
    double start_ns = (double)bin * (double)run->bin_intervals * (double)run->interval_ns;
    return bin < run->bin_count ? start_ns : run->end_ns;
}

void plot_run_count_bins(struct plot_run *run)
{
    double bins = run->end_ns / (double)run->interval_ns / (double)run->bin_intervals;
    run->bin_count = (size_t)bins + (bins - floor(bins) >= 0.5);
    run->bin_count += run->bin_count == 0;
}

struct plot_flow *plot_run_flows(const struct plot_run *run, size_t group, enum plot_view view)
{
    return &run->flows[(group * PLOT_VIEWS + view) * run->bin_count];
}

size_t plot_run_group(const struct plot_run *run, int64_t group_id)
{
    size_t group = 0;
    while (group < run->drawn_groups && run->groups[group].group_id != group_id)
        group++;
    return group;
}

double plot_run_bin_seconds(const struct plot_run *run, size_t bin)
{
    double full_ns = (double)run->bin_intervals * (double)run->interval_ns;
    double covered_ns = plot_run_bin_ns(run, bin + 1) - plot_run_bin_ns(run, bin);
    // Only a run of a single bin can be as short as this: no rates without bounds.
    return fmax(covered_ns, full_ns / 100) / 1e9;
}

static bool load_head(struct plot_run *run, struct report_error *error)
{
    sqlite3_stmt *rows =
        report_query_open(run->database,
                          "SELECT name, status, interval_ns, ifnull(end_ns, 0),"
                          "       (SELECT max(interval) FROM member_interval WHERE run_id = ?1),"
                          "       (SELECT count(*) FROM member WHERE run_id = ?1),"
                          "       (SELECT count(*) FROM throttle_group WHERE run_id = ?1)"
                          "  FROM run WHERE run_id = ?1",
                          run->run_id, error);
    double intervals = 0;
    if (report_query_next(rows)) {
        report_label(run->name, report_query_text(rows, 0), PLOT_TITLE_CHARACTERS);
        report_label(run->status, report_query_text(rows, 1), PLOT_NAME_CHARACTERS);
        run->interval_ns = sqlite3_column_int64(rows, 2);
        run->end_ns = sqlite3_column_double(rows, 3);
        if (sqlite3_column_type(rows, 4) != SQLITE_NULL)
            intervals = sqlite3_column_double(rows, 4) + 1;
        run->member_count = sqlite3_column_int64(rows, 5);
        run->group_count = sqlite3_column_int64(rows, 6);
    }
    if (!report_query_close(rows, error))
        return false;
    if (run->interval_ns <= 0) {
        snprintf(error->message, sizeof error->message,
                 "run %" PRId64 " has intervals of %" PRId64 " ns: the database is damaged",
                 run->run_id, run->interval_ns);
        return false;
    }
    // An unfinished run has no end; what it stored has one.
    double interval_ns = (double)run->interval_ns;
    if (run->end_ns <= (intervals - 1) * interval_ns)
        run->end_ns = intervals * interval_ns;
    if (run->end_ns <= 0)
        run->end_ns = interval_ns;
    return true;
}

// Lengths that people count in, from one second on; below there are 1, 2 and 5 of each power of
// ten, above of days.
static const double round_s[] = {1,   2,   5,    10,   15,   30,       60,       120,      300,
                                 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600};

#define ROUND_COUNT (sizeof round_s / sizeof round_s[0])

// The smallest of 1, 2, 5, 10, 20, 50, ... that is at least so much.
static double round_decimal(double least)
{
    double power = 1;
    while (power * 10 <= least)
        power *= 10;
    return least <= power       ? power
           : least <= 2 * power ? 2 * power
           : least <= 5 * power ? 5 * power
                                : 10 * power;
}

static double round_ns(double least_ns)
{
    size_t i = 0;
    if (least_ns <= 1e9)
        return round_decimal(least_ns);
    while (i < ROUND_COUNT && round_s[i] * 1e9 < least_ns)
        i++;
    return i < ROUND_COUNT ? round_s[i] * 1e9 : 86400e9 * round_decimal(least_ns / 86400e9);
}

// How many intervals make a bin: at least so many. Its length is round, or if the interval divides
// no round length nearby, a round number of intervals.
static int64_t round_intervals(int64_t interval_ns, double least)
{
    double interval = (double)interval_ns, least_ns = least * interval;
    if (least <= 1)
        return 1;
    for (double ns = round_ns(least_ns); ns <= ROUND_REACH * least_ns; ns = round_ns(1.01 * ns)) {
        if (fmod(ns, interval) == 0)
            return (int64_t)(ns / interval);
    }
    return (int64_t)round_decimal(least);
}

static void choose_bins(struct plot_run *run)
{
    double intervals = run->end_ns / (double)run->interval_ns;
    run->bin_intervals = round_intervals(run->interval_ns, intervals / PLOT_BINS_MAX);
    plot_run_count_bins(run);
}

#define WAITED                                                                                     \
    " LEFT JOIN latency_statistics AS l ON l.run_id = ?1 AND l.member_id = m.member_id"            \
    "  AND l.direction = 'read+write' AND l.metric = 'throttle_wait'"

// Where not all are drawn those whose requests waited longest.
static bool load_groups(struct plot_run *run, struct report_error *error)
{
    bool many = run->group_count > PLOT_GROUPS_MAX;
    size_t most = many ? PLOT_GROUPS_MAX - 1 : PLOT_GROUPS_MAX; // and the others
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT g.group_id, g.name, max_service_difference_requests, max_service_difference_bytes,"
        "       count(m.member_id)"
        "  FROM throttle_group AS g"
        "  LEFT JOIN (SELECT DISTINCT member_id, group_id FROM group_member WHERE run_id = ?1) AS m"
        "   USING (group_id)" WAITED " WHERE g.run_id = ?1 GROUP BY g.group_id"
        " ORDER BY CASE WHEN ?2 THEN total(l.mean_ns * l.count) END DESC, g.group_id",
        run->run_id, error);
    if (rows != NULL)
        sqlite3_bind_int(rows, 2, many);
    while (run->drawn_groups < most && report_query_next(rows)) {
        struct plot_group *group = &run->groups[run->drawn_groups++];
        group->group_id = sqlite3_column_int64(rows, 0);
        report_label(group->name, report_query_text(rows, 1), PLOT_NAME_CHARACTERS);
        group->difference_known = sqlite3_column_type(rows, 2) != SQLITE_NULL;
        group->difference_requests = sqlite3_column_int64(rows, 2);
        group->difference_bytes = sqlite3_column_int64(rows, 3);
        group->member_count = (size_t)sqlite3_column_int64(rows, 4);
    }
    return report_query_close(rows, error);
}

// Names that are distinct also where they are shortened.
static bool label_members(struct plot_run *run, char *const names[])
{
    char(*labels)[REPORT_LABEL_MAX] = calloc(PLOT_LINES_MAX, sizeof *labels);
    bool good = labels != NULL;
    for (size_t i = 0; i < run->line_count; i++)
        good &= names[i] != NULL;
    good = good && report_labels((const char *const *)names, run->line_count,
                                 PLOT_MEMBER_CHARACTERS, labels);
    for (size_t i = 0; good && i < run->line_count; i++)
        memcpy(run->members[i].name, labels[i], sizeof labels[i]);
    free(labels);
    return good;
}

static bool load_members(struct plot_run *run, struct report_error *error)
{
    char *names[PLOT_LINES_MAX];
    bool many = run->member_count > PLOT_NAMED_MAX;
    sqlite3_stmt *rows = report_query_open(
        run->database,
        many ? "SELECT m.member_id, m.name FROM member AS m"
               "  LEFT JOIN member_statistics AS s ON s.run_id = ?1"
               "   AND s.member_id = m.member_id AND s.direction = 'read+write'" WAITED
               " WHERE m.run_id = ?1"
               " ORDER BY l.mean_ns * l.count DESC, s.requests DESC, m.member_id"
             : "SELECT member_id, name FROM member WHERE run_id = ?1 ORDER BY member_id",
        run->run_id, error);
    while (run->line_count < PLOT_LINES_MAX && report_query_next(rows)) {
        struct plot_member *member = &run->members[run->line_count++];
        member->member_id = sqlite3_column_int64(rows, 0);
        names[run->line_count - 1] = strdup(report_query_text(rows, 1));
    }
    run->named_count = many ? PLOT_NAMED_MAX : run->line_count;
    bool good = report_query_close(rows, error);
    if (good && !label_members(run, names)) {
        snprintf(error->message, sizeof error->message, "plotting run %" PRId64 ": out of memory",
                 run->run_id);
        good = false;
    }
    for (size_t i = 0; i < run->line_count; i++)
        free(names[i]);
    return good;
}

static bool load_events(struct plot_run *run, struct report_error *error)
{
    sqlite3_stmt *rows =
        report_query_open(run->database,
                          "SELECT at_ns, what, result, count(*) OVER () FROM operation"
                          " WHERE run_id = ?1 ORDER BY at_ns, seq",
                          run->run_id, error);
    while (run->event_count < PLOT_EVENTS_MAX && report_query_next(rows)) {
        struct plot_event *event = &run->events[run->event_count++];
        char what[2 * REPORT_LABEL_MAX];
        bool done = !strcmp(report_query_text(rows, 2), "done");
        event->at_ns = sqlite3_column_double(rows, 0);
        run->operation_count = sqlite3_column_int64(rows, 3);
        snprintf(what, sizeof what, "%s%.400s", done ? "" : "(failed) ",
                 report_query_text(rows, 1));
        report_label(event->what, what, PLOT_EVENT_CHARACTERS);
    }
    return report_query_close(rows, error);
}

// The answer to one question.
static bool ask(const struct plot_run *run, const char *sql, bool *answer,
                struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(run->database, sql, run->run_id, error);
    *answer = report_query_next(rows);
    return report_query_close(rows, error);
}

// Whether the views of reads and writes are wanted, and whether requests count as several
// operations.
static bool load_kinds(struct plot_run *run, struct report_error *error)
{
    bool limited = false;
    bool good =
        ask(run,
            "SELECT 1 FROM limit_setting WHERE run_id = ?1 AND value > 0"
            "  AND key IN ('iops-read', 'iops-write', 'bps-read', 'bps-write')",
            &limited, error) &&
        ask(run, "SELECT 1 FROM counted_interval WHERE run_id = ?1", &run->is_counted, error);
    run->is_split |= limited;
    return good;
}

static bool allocate_cells(struct plot_run *run)
{
    size_t flows = (run->drawn_groups + 1) * PLOT_VIEWS;
    run->cells = calloc(run->line_count * run->bin_count + 1, sizeof *run->cells);
    run->flows = calloc(flows * run->bin_count, sizeof *run->flows);
    return run->cells != NULL && run->flows != NULL;
}

bool plot_run_load(struct plot_run *run, struct report_database *database, int64_t run_id,
                   bool is_split, struct report_error *error)
{
    *run = (struct plot_run){.database = database, .run_id = run_id, .is_split = is_split};
    run->members = calloc(PLOT_LINES_MAX, sizeof *run->members);
    run->events = calloc(PLOT_EVENTS_MAX, sizeof *run->events);
    bool memory = run->members != NULL && run->events != NULL;
    bool good = memory && load_head(run, error) && load_groups(run, error) &&
                load_members(run, error) && load_events(run, error) && load_kinds(run, error);
    if (good) {
        choose_bins(run);
        if (allocate_cells(run))
            return plot_series_load(run, error);
    }
    if (good || !memory)
        snprintf(error->message, sizeof error->message, "plotting run %" PRId64 ": out of memory",
                 run_id);
    return false;
}

void plot_run_free(struct plot_run *run)
{
    free(run->members);
    free(run->cells);
    free(run->flows);
    free(run->events);
}
