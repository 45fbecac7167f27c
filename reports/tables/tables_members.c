// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

// One row per direction that has requests, and reads and writes together if there are both. The
// member's name stands in its first row only. Brief: reads and writes together, else the first.
#define TABLES_NAMED                                                                               \
    ", used AS (SELECT place, count(*) AS directions FROM statistics"                              \
    "            WHERE direction IN ('read', 'write') GROUP BY place),"                            \
    " shown AS (SELECT s.*,"                                                                       \
    "                  CASE s.direction WHEN 'read' THEN 0 WHEN 'write' THEN 1"                    \
    "                       WHEN 'read+write' THEN 2 WHEN 'discard' THEN 3 ELSE 4 END AS line"     \
    "             FROM statistics AS s LEFT JOIN used AS u USING (place)"                          \
    "            WHERE s.direction <> 'read+write' OR u.directions = 2),"                          \
    " ranked AS (SELECT *, row_number() OVER (PARTITION BY place"                                  \
    "                       ORDER BY direction <> 'read+write', line) AS rank FROM shown),"        \
    " named AS (SELECT s.*, CASE row_number() OVER (PARTITION BY s.place ORDER BY s.line)"         \
    "                            WHEN 1 THEN s.name ELSE '' END AS shown_name"                     \
    "             FROM ranked AS s WHERE ?4 = 0 OR part IS NOT NULL OR rank = 1)"

// SQLite cannot look up rows of a union, so the two kinds are joined one by one.
#define TABLES_LATENCY(alias, name)                                                                \
    " LEFT JOIN latency_statistics AS " alias " ON " alias ".run_id = ?1 AND " alias               \
    ".member_id = s.member_id AND " alias ".direction = s.direction AND " alias ".metric = '" name \
    "' AND " alias ".count > 0"                                                                    \
    " LEFT JOIN total_latency AS " alias "_total ON " alias "_total.part = s.part AND " alias      \
    "_total.direction = s.direction AND " alias "_total.metric = '" name "'"
#define TABLES_OF(alias, column) ", ifnull(" #alias "." #column ", " #alias "_total." #column ")"

static bool print_statistics(const struct tables_context *context, const char *title,
                             const char *sql, const struct grid_column *columns,
                             size_t column_count)
{
    return tables_grid(context, title, tables_statistics_open(context, sql), columns, column_count);
}

static bool print_traffic(const struct tables_context *context)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT}, {NULL, "direction", GRID_TEXT}, {NULL, "requests", GRID_COUNT},
        {NULL, "data", GRID_BYTES},  {NULL, "waited", GRID_PERCENT}, {"queue", "mean", GRID_NUMBER},
        {NULL, "max", GRID_COUNT},
    };
    return print_statistics(context, "Traffic",
                            TABLES_NAMED " SELECT s.shown_name, s.direction, s.requests, s.bytes,"
                                         "        100.0 * s.waited / nullif(s.requests, 0),"
                                         "        s.queue_mean, s.queue_max FROM named AS s"
                                         " ORDER BY s.place, s.line",
                            columns, COUNT_OF(columns));
}

static bool print_waits(const struct tables_context *context)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},
        {NULL, "direction", GRID_TEXT},
        {"throttle wait", "p50", GRID_TIME},
        {NULL, "p99", GRID_TIME},
        {NULL, "max", GRID_TIME},
        {"service", "p50", GRID_TIME},
        {NULL, "p99", GRID_TIME},
    };
    return print_statistics(
        context, "Time in the throttle, and at the device",
        TABLES_NAMED " SELECT s.shown_name, s.direction" TABLES_OF(w, p50_ns) TABLES_OF(w, p99_ns)
            TABLES_OF(w, max_ns) TABLES_OF(v, p50_ns)
                TABLES_OF(v, p99_ns) " FROM named AS s" TABLES_LATENCY("w", "throttle_wait")
                    TABLES_LATENCY("v", "service") " ORDER BY s.place, s.line",
        columns, COUNT_OF(columns));
}

// is_wait: the device takes no time, so that a latency is the wait in the throttle.
static bool print_latency(const struct tables_context *context, bool is_wait)
{
    const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},
        {NULL, "direction", GRID_TEXT},
        {is_wait ? "throttle wait" : "total latency", "mean", GRID_TIME},
        {NULL, "p50", GRID_TIME},
        {NULL, "p90", GRID_TIME},
        {NULL, "p99", GRID_TIME},
        {NULL, "p99.9", GRID_TIME},
        {NULL, "max", GRID_TIME},
    };
    return print_statistics(
        context,
        is_wait ? "Time in the throttle; the device takes none" : "Latency of completed requests",
        TABLES_NAMED " SELECT s.shown_name, s.direction" TABLES_OF(t, mean_ns) TABLES_OF(t, p50_ns)
            TABLES_OF(t, p90_ns) TABLES_OF(t, p99_ns) TABLES_OF(t, p999_ns)
                TABLES_OF(t, max_ns) " FROM named AS s" TABLES_LATENCY(
                    "t", "total") " ORDER BY s.place, s.line",
        columns, COUNT_OF(columns));
}

// What the simulation gives beside what the recording shows of the same requests: a prediction only
// with the recording's own limits. All members together only if the recording shows it of all.
// What took no time at the device is no latency of the same kind, and is not called so.
static bool print_recorded(const struct tables_context *context, bool is_wait)
{
    const char *simulated = is_wait ? "wait" : "simulated";
    const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT},   {NULL, "requests", GRID_COUNT},
        {"p50", simulated, GRID_TIME}, {NULL, "recorded", GRID_TIME},
        {"p90", simulated, GRID_TIME}, {NULL, "recorded", GRID_TIME},
        {"p99", simulated, GRID_TIME}, {NULL, "recorded", GRID_TIME},
    };
    return print_statistics(
        context,
        is_wait ? "Wait in the throttle of reads and writes, beside the latency recorded"
                : "Total latency of reads and writes, simulated against recorded",
        " SELECT s.name" TABLES_OF(r, count) TABLES_OF(t, p50_ns) TABLES_OF(r, p50_ns)
            TABLES_OF(t, p90_ns) TABLES_OF(r, p90_ns) TABLES_OF(t, p99_ns) TABLES_OF(
                r, p99_ns) " FROM statistics AS s" TABLES_LATENCY("r", "recorded")
                TABLES_LATENCY("t", "total") " WHERE s.direction = 'read+write' AND (r.count > 0 "
                                             "OR r_total.count = t_total.count) ORDER BY s.place",
        columns, COUNT_OF(columns));
}

static bool find_null_device(const struct tables_context *context, bool *is_null)
{
    sqlite3_stmt *rows =
        report_query_open(context->database, "SELECT device = 'null' FROM run WHERE run_id = ?1",
                          context->run_id, context->error);
    *is_null = report_query_next(rows) && sqlite3_column_int(rows, 0) != 0;
    return report_query_close(rows, context->error);
}

bool tables_print_members(const struct tables_context *context)
{
    bool is_null;
    if (!find_null_device(context, &is_null) || !print_traffic(context))
        return false;
    return (is_null || print_waits(context)) && print_latency(context, is_null) &&
           print_recorded(context, is_null);
}

bool tables_print_groups(const struct tables_context *context)
{
    static const struct grid_column columns[] = {
        {NULL, "group", GRID_TEXT},
        {"contended", "whole seconds", GRID_COUNT},
        {"Jain of requests", "mean", GRID_NUMBER},
        {NULL, "min", GRID_NUMBER},
        {"Jain of bytes", "mean", GRID_NUMBER},
        {NULL, "min", GRID_NUMBER},
        {"largest difference", "requests", GRID_COUNT},
        {NULL, "data", GRID_BYTES},
    };
    return tables_print_limits(context) &&
           print_statistics(
               context, "Service of members while at least two were backlogged",
               " SELECT g.name, ifnull(c.intervals, 0), c.requests_mean, c.requests_min,"
               "       c.bytes_mean, c.bytes_min, g.max_service_difference_requests,"
               "       g.max_service_difference_bytes"
               "  FROM throttle_group AS g LEFT JOIN " REPORT_CONTENDED " AS c USING (group_id)"
               " WHERE g.run_id = ?1 AND (?2 = 0 OR g.group_id IN chosen_groups)"
               "   AND g.group_id IN " REPORT_SHARED " ORDER BY g.group_id",
               columns, COUNT_OF(columns));
}
