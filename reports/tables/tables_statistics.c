// SPDX-License-Identifier: GPL-2.0-or-later
// SQL that the tables and JSON share. ?1 is the run, ?2 how many members are shown (0: all).
#include "reports/database_internal.h"
#include "reports/histogram.h"
#include "reports/recorder.h"
#include "reports/tables/tables_internal.h"

#include <string.h>

// All members, by place: first those whose requests spent the most time waiting, the ones that
// never left among them: that is what the mean queue tells. ?2 is whether they are in order. Made
// once: as a part of each statement it would take a seventh of a small run.
#define STATISTICS_ORDERED                                                                         \
    "CREATE TEMP TABLE member_place AS WITH"                                                       \
    " waiting AS (SELECT member_id, sum(queue_mean) AS queue FROM member_statistics"               \
    "              WHERE run_id = ?1 AND direction <> 'read+write' GROUP BY member_id)"            \
    " SELECT m.*, CASE ?2 WHEN 0 THEN m.member_id ELSE row_number() OVER"                          \
    "              (ORDER BY ifnull(w.queue, -1) DESC, m.member_id) END AS place"                  \
    "   FROM member AS m LEFT JOIN waiting AS w USING (member_id) WHERE m.run_id = ?1"

#define STATISTICS_CHOSEN                                                                          \
    "chosen AS (SELECT * FROM temp.member_place WHERE ?2 = 0 OR place <= ?2),"                     \
    " hidden AS (SELECT member_id FROM temp.member_place WHERE ?2 > 0 AND place > ?2),"            \
    " chosen_groups AS (SELECT group_id FROM membership JOIN chosen USING (run_id, member_id)"     \
    "                    WHERE group_id IS NOT NULL)"

// A sum of bytes stays at the largest number.
#define STATISTICS_BYTES                                                                           \
    "CASE WHEN sum(bytes >> 32) + (sum(bytes & 4294967295) >> 32) > 2147483647"                    \
    "     THEN 9223372036854775807"                                                                \
    "     ELSE sum(bytes >> 32) * 4294967296 + sum(bytes & 4294967295) END"

// All members together (part 0), also those that are not shown, and those alone (part 1). How long
// all queues together were at most cannot be known from those of each.
#define STATISTICS_SUM(part, from)                                                                 \
    " SELECT " part " AS part, direction, sum(requests) AS requests, " STATISTICS_BYTES            \
    "        AS bytes, sum(waited) AS waited, sum(dispatched) AS dispatched,"                      \
    "        sum(completed) AS completed, sum(queue_mean) AS queue_mean, NULL AS queue_max"        \
    "   FROM " from " WHERE s.run_id = ?1 GROUP BY direction"
#define STATISTICS_TOTAL                                                                           \
    "sums AS (" STATISTICS_SUM("0", "member_statistics AS s") " UNION ALL" STATISTICS_SUM(         \
        "1",                                                                                       \
        "hidden JOIN member_statistics AS s USING (member_id)") "),"                               \
                                                                " total_statistics AS (SELECT * "  \
                                                                "FROM sums WHERE part = 0)"

// The same of those that are shown, the others together, and all together behind them.
#define STATISTICS_SHOWN                                                                           \
    "statistics AS"                                                                                \
    " (SELECT c.place, c.member_id, NULL AS part, c.name, s.direction, s.requests, s.bytes,"       \
    "         s.waited, s.queue_mean, s.queue_max"                                                 \
    "    FROM chosen AS c JOIN member_statistics AS s USING (run_id, member_id)"                   \
    "  UNION ALL SELECT (1 << 62) - part, NULL, part,"                                             \
    "         CASE part WHEN 0 THEN '(all members)'"                                               \
    "                   ELSE '(' || (SELECT count(*) FROM hidden) || ' more)' END,"                \
    "         direction, requests, bytes, waited, queue_mean, queue_max FROM sums"                 \
    "   WHERE (SELECT count(DISTINCT member_id) FROM member_statistics WHERE run_id = ?1) > 1)"

#define STATISTICS_PART " AND (?4 = 0 OR member_id IN hidden)"

static bool order_members(const struct tables_context *context)
{
    const struct report_style *style = context->style;
    if (!report_database_execute(context->database, "ordering the members",
                                 "DROP TABLE IF EXISTS temp.member_place", context->error))
        return false;
    sqlite3_stmt *create =
        report_query_open(context->database, STATISTICS_ORDERED, context->run_id, context->error);
    if (create != NULL)
        sqlite3_bind_int64(create, 2, style->format == REPORT_TEXT || style->top > 0);
    report_query_next(create);
    return report_query_close(create, context->error);
}

// ?4 is the part, or is_brief.
static sqlite3_stmt *open_with(const struct tables_context *context, const char *with,
                               const char *sql, int part)
{
    const struct report_style *style = context->style;
    char *whole = sqlite3_mprintf("WITH " STATISTICS_CHOSEN "%s%s", with, sql);
    sqlite3_stmt *rows = NULL;
    if (whole != NULL)
        rows = report_query_open(context->database, whole, context->run_id, context->error);
    else
        tables_memory(context);
    sqlite3_free(whole);
    if (rows != NULL) {
        sqlite3_bind_int64(rows, 2, style->top);
        sqlite3_bind_int64(rows, 4, part);
    }
    return rows;
}

sqlite3_stmt *tables_statistics_open(const struct tables_context *context, const char *sql)
{
    char *with =
        sqlite3_mprintf(", " STATISTICS_TOTAL ", %s, " STATISTICS_SHOWN, context->total_latency);
    sqlite3_stmt *rows = NULL;
    if (with != NULL)
        rows = open_with(context, with, sql, context->is_brief);
    else
        tables_memory(context);
    sqlite3_free(with);
    return rows;
}

// The latencies of all members together, from their histograms: these have the same buckets
// everywhere, so they are added up. That is done here, since SQLite would sort all rows for it.
//
// A quantile is read off as one member's is. It is also put between the least and the largest of
// the members' own, where the true one lies: what is the same for all of them stays the same.

#define TOTAL_BOTH REPORT_DIRECTION_COUNT
#define TOTAL_DIRECTIONS (TOTAL_BOTH + 1) // and read+write

static const char *const metrics[] = {"throttle_wait", "service", "total", "recorded"};
static const unsigned per_mille[] = {500, 900, 990, 999};

struct total {
    struct report_histogram histograms[TOTAL_DIRECTIONS][COUNT_OF(metrics)];
};

// TOTAL_DIRECTIONS, COUNT_OF(metrics): one that no program has written.
static size_t find_direction(const char *name)
{
    size_t direction = 0;
    while (direction < TOTAL_DIRECTIONS && strcmp(report_direction_name(direction), name) != 0)
        direction++;
    return direction;
}

static size_t find_metric(const char *name)
{
    size_t metric = 0;
    while (metric < COUNT_OF(metrics) && strcmp(metrics[metric], name) != 0)
        metric++;
    return metric;
}

// Those of read+write are added up here: the view histogram would sort them first. Of many members
// there are histograms of all together (member -1), which are those of the others, too, if those of
// the members that are shown are taken off. These are not in parts, ?4 of which says whose.
enum { STATISTICS_ALL, STATISTICS_HIDDEN, STATISTICS_TOGETHER, STATISTICS_SHOWN_ONES };

#define STATISTICS_BUCKETS                                                                         \
    " SELECT direction, metric, low_ns + (high_ns - low_ns) / 2, count, 0 FROM histogram_row"      \
    " WHERE run_id = ?1 AND low_ns >= 0 AND high_ns >= low_ns AND count > 0 AND ?4 < "             \
    "2" STATISTICS_PART " UNION ALL"                                                               \
    " SELECT direction, metric, low_ns + ~(-1 << width) / 2, count,"                               \
    "        direction IN ('read', 'write') FROM latency_bucket"                                   \
    " WHERE run_id = ?1 AND low_ns >= 0 AND width BETWEEN 0 AND 63 AND count > 0"                  \
    "   AND CASE ?4 WHEN 0 THEN member_id >= 0 WHEN 1 THEN member_id IN hidden"                    \
    "               WHEN 2 THEN member_id = -1"                                                    \
    "               ELSE member_id IN (SELECT member_id FROM chosen) END"

// Whether there are histograms of all together, and whole ones of the members that are shown.
#define STATISTICS_TOGETHER_ROWS                                                                   \
    " SELECT EXISTS (SELECT 1 FROM latency_histogram WHERE run_id = ?1 AND member_id = -1),"       \
    "        NOT EXISTS (SELECT 1 FROM latency_histogram JOIN chosen USING (run_id, member_id)"    \
    "                     WHERE run_id = ?1 AND fold > 0)"

static bool merge_histograms(const struct tables_context *context, struct total *total, int part)
{
    sqlite3_stmt *rows = open_with(context, "", STATISTICS_BUCKETS, part);
    bool good = true;
    while (good && report_query_next(rows)) {
        size_t metric = find_metric(report_query_text(rows, 1));
        size_t direction = find_direction(report_query_text(rows, 0));
        int64_t middle_ns = sqlite3_column_int64(rows, 2);
        uint64_t count = (uint64_t)sqlite3_column_int64(rows, 3);
        if (metric == COUNT_OF(metrics) || direction == TOTAL_DIRECTIONS)
            continue;
        good = report_histogram_add_many(&total->histograms[direction][metric], middle_ns, count);
        if (good && sqlite3_column_int(rows, 4))
            good =
                report_histogram_add_many(&total->histograms[TOTAL_BOTH][metric], middle_ns, count);
    }
    return report_query_close(rows, context->error) && (good || tables_memory(context));
}

// The columns of a row: direction, metric, count, mean, maximum, and for each quantile the least
// and the largest of the members', the part.
static void add_row(struct report_histogram *histogram, sqlite3_stmt *rows, sqlite3_str *sql)
{
    int64_t largest = sqlite3_column_int64(rows, 4);
    int part = sqlite3_column_int(rows, 13);
    if (histogram->count > 0)
        histogram->max_ns = largest;
    sqlite3_str_appendf(sql, " UNION ALL VALUES (%d, %Q, %Q, %lld, %!.17g", part,
                        report_query_text(rows, 0), report_query_text(rows, 1),
                        (long long)sqlite3_column_int64(rows, 2), sqlite3_column_double(rows, 3));
    for (int q = 0; q < (int)COUNT_OF(per_mille); q++) {
        int64_t value = report_histogram_quantile(histogram, per_mille[q]);
        int64_t low = sqlite3_column_int64(rows, 5 + 2 * q);
        int64_t high = sqlite3_column_int64(rows, 6 + 2 * q);
        value = value < low ? low : value;
        sqlite3_str_appendf(sql, ", %lld", (long long)(value > high ? high : value));
    }
    sqlite3_str_appendf(sql, ", %lld)", (long long)largest);
}

static bool write_rows(const struct tables_context *context, struct total *total, sqlite3_str *sql,
                       int part)
{
    sqlite3_stmt *rows = open_with(
        context, "",
        " SELECT direction, metric, sum(count), sum(count * mean_ns) / sum(count), max(max_ns),"
        "       min(p50_ns), max(p50_ns), min(p90_ns), max(p90_ns), min(p99_ns), max(p99_ns),"
        "       min(p999_ns), max(p999_ns), ?4 FROM latency_statistics"
        " WHERE run_id = ?1 AND count > 0" STATISTICS_PART " GROUP BY direction, metric",
        part);
    while (report_query_next(rows)) {
        size_t metric = find_metric(report_query_text(rows, 1));
        size_t direction = find_direction(report_query_text(rows, 0));
        if (metric < COUNT_OF(metrics) && direction < TOTAL_DIRECTIONS)
            add_row(&total->histograms[direction][metric], rows, sql);
    }
    return report_query_close(rows, context->error);
}

static void release(struct total *total)
{
    for (size_t i = 0; i < TOTAL_DIRECTIONS * COUNT_OF(metrics); i++)
        report_histogram_release(&total->histograms[i / COUNT_OF(metrics)][i % COUNT_OF(metrics)]);
}

// What is in `all` but not in `shown`. False: out of memory.
static bool take_off(struct report_histogram *left, const struct report_histogram *all,
                     const struct report_histogram *shown)
{
    struct report_histogram_range range, taken = {0};
    size_t position = 0, at = 0;
    bool more = report_histogram_next(shown, &at, &taken), good = true;
    while (good && report_histogram_next(all, &position, &range)) {
        while (more && taken.bucket < range.bucket)
            more = report_histogram_next(shown, &at, &taken);
        uint64_t off = more && taken.bucket == range.bucket ? taken.count : 0;
        if (range.count > off)
            good = report_histogram_add_many(left, report_histogram_middle(range.low_ns),
                                             range.count - off);
    }
    return good;
}

static bool merge_hidden(const struct tables_context *context, struct total *total)
{
    struct total all = {.histograms = {{{0}}}}, shown = {.histograms = {{{0}}}};
    bool read = merge_histograms(context, &all, STATISTICS_TOGETHER) &&
                merge_histograms(context, &shown, STATISTICS_SHOWN_ONES);
    bool good = read;
    for (size_t i = 0; good && i < TOTAL_DIRECTIONS * COUNT_OF(metrics); i++) {
        size_t d = i / COUNT_OF(metrics), m = i % COUNT_OF(metrics);
        good = take_off(&total->histograms[d][m], &all.histograms[d][m], &shown.histograms[d][m]);
    }
    release(&all);
    release(&shown);
    return good || (read && tables_memory(context));
}

static bool write_part(const struct tables_context *context, sqlite3_str *sql, int part)
{
    struct total total = {.histograms = {{{0}}}};
    sqlite3_stmt *rows = open_with(context, "", STATISTICS_TOGETHER_ROWS, part);
    bool found = report_query_next(rows), together = found && sqlite3_column_int(rows, 0);
    bool hidden = together && sqlite3_column_int(rows, 1);
    bool good = report_query_close(rows, context->error);
    if (good && part == STATISTICS_HIDDEN && hidden)
        good = merge_hidden(context, &total);
    else if (good)
        good = merge_histograms(context, &total,
                                part == STATISTICS_ALL && together ? STATISTICS_TOGETHER : part);
    good = good && write_rows(context, &total, sql, part);
    release(&total);
    return good;
}

char *tables_total_latency(const struct tables_context *context)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "total_latency (part, direction, metric, count, mean_ns, p50_ns,"
                               " p90_ns, p99_ns, p999_ns, max_ns) AS"
                               " (SELECT 0, '', '', 0, 0, 0, 0, 0, 0, 0 WHERE 0");
    bool good = order_members(context) && write_part(context, sql, 0) &&
                (context->style->top == 0 || write_part(context, sql, 1));
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    if (good && text != NULL)
        return text;
    sqlite3_free(text);
    if (good)
        tables_memory(context);
    return NULL;
}
