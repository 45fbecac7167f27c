// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/tables.h"

#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TABLES_INTERVAL_MAX 48

bool tables_memory(const struct tables_context *context)
{
    snprintf(context->error->message, sizeof context->error->message,
             "printing run %" PRId64 ": out of memory", context->run_id);
    return false;
}

static void add_cell(struct grid *grid, sqlite3_stmt *rows, int column, enum grid_kind kind)
{
    if (kind == GRID_TEXT) {
        grid_text(grid, report_query_text(rows, column));
    } else if (sqlite3_column_type(rows, column) == SQLITE_NULL) {
        grid_number(grid, NAN);
    } else {
        grid_number(grid, sqlite3_column_double(rows, column));
    }
}

bool tables_grid(const struct tables_context *context, const char *title, sqlite3_stmt *rows,
                 const struct grid_column *columns, size_t column_count)
{
    struct grid *grid = grid_create(columns, column_count);
    while (grid != NULL && report_query_next(rows)) {
        for (size_t c = 0; c < column_count; c++)
            add_cell(grid, rows, (int)c, columns[c].kind);
    }
    if (!report_query_close(rows, context->error)) {
        grid_free(grid);
        return false;
    }
    return grid_show(grid, title, context->style) || tables_memory(context);
}

void tables_print_more(const struct tables_context *context, int64_t count)
{
    if (context->style->top > 0 && count > context->style->top)
        report_say(context->style, REPORT_PLAIN, "  and %" PRId64 " more",
                   count - context->style->top);
}

static void print_status(const struct tables_context *context, const char *status,
                         const char *error)
{
    static const struct {
        const char *status, *words;
    } bad[] = {
        {"running", "NOT COMPLETE: this run is still going on, or was killed; what follows is what "
                    "it stored so far"},
        {"interrupted", "NOT COMPLETE: this run was interrupted; what follows is its first part"},
        {"failed", "FAILED: what follows cannot be relied on"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (!strcmp(status, bad[i].status))
            report_say(context->style, REPORT_BAD, "*** %s ***", bad[i].words);
    }
    if (*error)
        report_say(context->style, REPORT_BAD, "*** reason: %s ***", error);
}

// A count, or "?" for one that was never stored.
static const char *count_of(sqlite3_stmt *rows, int column)
{
    const char *text = report_query_text(rows, column);
    return *text ? text : "?";
}

// The run's interval, of which all that are found by themselves are whole in one unit.
static void write_interval(char text[TABLES_INTERVAL_MAX], int64_t interval_ns)
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{INT64_C(3600000000000), "h"},
                 {60000000000, "min"},
                 {1000000000, "s"},
                 {1000000, "ms"},
                 {1000, "us"},
                 {1, "ns"}};
    size_t i = 0;
    while (interval_ns % units[i].ns != 0)
        i++;
    snprintf(text, TABLES_INTERVAL_MAX, "interval %" PRId64 " %s", interval_ns / units[i].ns,
             units[i].name);
}

static void print_head_row(const struct tables_context *context, sqlite3_stmt *rows)
{
    static const size_t cells[] = {40, 16, 0, 24, 24, 24};
    const struct report_style *style = context->style;
    char labels[COUNT_OF(cells)][REPORT_LABEL_MAX], end[GRID_NUMBER_MAX] = "?";
    char interval[TABLES_INTERVAL_MAX] = "";
    for (int i = 0; i < (int)COUNT_OF(cells); i++) {
        if (cells[i] > 0)
            report_label(labels[i], report_query_text(rows, i), cells[i]);
    }
    const char *space = strcmp(labels[1], "running") != 0 ? "  " : "";
    if (*space)
        write_interval(interval, sqlite3_column_int64(rows, 12));
    report_say(style, REPORT_BOLD, "run %" PRId64 "  %s  %s%s%s", context->run_id, labels[0],
               labels[1], space, interval);
    print_status(context, report_query_text(rows, 1), report_query_text(rows, 2));
    if (sqlite3_column_type(rows, 6) != SQLITE_NULL)
        snprintf(end, sizeof end, "%.3f", sqlite3_column_double(rows, 6) / 1e9);
    report_say(style, REPORT_PLAIN, "engine %s, device %s, simulated %s s, digest %s", labels[3],
               labels[4], end, *labels[5] ? labels[5] : "?");
    report_say(style, REPORT_PLAIN,
               "requests: %s arrived, %s dispatched, %s completed, %s still waiting, %s still at "
               "the device",
               count_of(rows, 7), count_of(rows, 8), count_of(rows, 9), count_of(rows, 10),
               count_of(rows, 11));
}

bool tables_print_head(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database,
        "SELECT name, status, error, engine, device, digest, end_ns, arrived, dispatched,"
        "       completed, arrived - dispatched, dispatched - completed, interval_ns"
        "  FROM run WHERE run_id = ?1",
        context->run_id, context->error);
    if (report_query_next(rows))
        print_head_row(context, rows);
    return report_query_close(rows, context->error);
}

// What is missing from the input changes what the numbers mean, so it comes before them.
static bool print_notices(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database,
        "SELECT source, text, kind, count FROM notice WHERE run_id = ?1 ORDER BY seq",
        context->run_id, context->error);
    int64_t count = 0, most = context->style->top;
    for (; report_query_next(rows); count++) {
        char source[REPORT_LABEL_MAX], kind[REPORT_LABEL_MAX];
        if (count == 0)
            report_title(context->style, "Notices of the input");
        report_label(source, report_query_text(rows, 0), TABLES_SOURCE_CELLS);
        report_label(kind, report_query_text(rows, 2), GRID_TEXT_MAX);
        if (most == 0 || count < most)
            report_say(context->style, REPORT_WARNING, "  %s: %s [%s, %lld]", source,
                       report_query_text(rows, 1), kind, (long long)sqlite3_column_int64(rows, 3));
    }
    tables_print_more(context, count);
    return report_query_close(rows, context->error);
}

// Several directions are lines of their own, and reads and writes together are one more.
#define TABLES_LINES                                                                               \
    "SELECT count(*), total(directions + (both = 2)) FROM"                                         \
    " (SELECT count(*) FILTER (WHERE direction <> 'read+write') AS directions,"                    \
    "         count(*) FILTER (WHERE direction IN ('read', 'write')) AS both"                      \
    "    FROM member LEFT JOIN member_statistics USING (run_id, member_id)"                        \
    "   WHERE run_id = ?1 GROUP BY member_id)"

// Which members the tables are of, if not of all, and in how many lines.
static bool choose_lines(struct tables_context *context)
{
    const struct report_style *style = context->style;
    sqlite3_stmt *rows =
        report_query_open(context->database, TABLES_LINES, context->run_id, context->error);
    int64_t members = 0;
    if (report_query_next(rows)) {
        members = sqlite3_column_int64(rows, 0);
        context->is_brief = style->is_brief && sqlite3_column_double(rows, 1) > (double)style->top;
    }
    const char *how =
        context->is_brief ? ", their reads and writes together; --all shows every line" : "";
    bool hides = style->top > 0 && members > style->top;
    if (hides || context->is_brief)
        putc('\n', style->out);
    if (hides)
        report_say(style, REPORT_PLAIN,
                   "The %" PRId64 " of %" PRId64 " members whose requests waited longest%s",
                   style->top, members, how);
    else if (context->is_brief)
        report_say(style, REPORT_PLAIN, "%" PRId64 " members%s", members, how);
    return report_query_close(rows, context->error);
}

// The run as one JSON object, made by SQLite. Times are integer nanoseconds, sizes bytes.

#define JSON_NOTICES                                                                               \
    "(SELECT json_group_array(json_object('kind', kind, 'source', source, 'count', count,"         \
    "                                     'text', text))"                                          \
    "   FROM (SELECT * FROM notice WHERE run_id = ?1 ORDER BY seq))"

#define JSON_OPERATIONS                                                                            \
    "(SELECT json_group_array(json_object('at_ns', at_ns, 'what', what, 'result', result,"         \
    "        'effect', text, 'waiting', waiting, 'released', released,"                            \
    "        'released_wait_ns', released_wait_ns))"                                               \
    "   FROM (SELECT * FROM operation LEFT JOIN operation_effect USING (run_id, seq)"              \
    "          WHERE run_id = ?1 ORDER BY seq))"

#define JSON_ASSUMPTIONS                                                                           \
    "(SELECT json_group_array(json_object('key', key, 'value', value, 'text', text))"              \
    "   FROM (SELECT * FROM assumption WHERE run_id = ?1 ORDER BY seq))"

// By direction; scope_is: of whom.
#define JSON_RATES(scope_is)                                                                       \
    "(SELECT json_group_object(direction, json_object("                                            \
    "        'demanded_requests_per_s', demanded_requests_per_s,"                                  \
    "        'demanded_bytes_per_s', demanded_bytes_per_s,"                                        \
    "        'requests_per_s', requests_per_s, 'bytes_per_s', bytes_per_s,"                        \
    "        'busy_requests_per_s', busy_requests_per_s,"                                          \
    "        'busy_bytes_per_s', busy_bytes_per_s, 'busy_share', busy_share))"                     \
    "   FROM achieved_rate WHERE run_id = ?1 AND scope = " scope_is ")"

// The limits in words, too: what each lets through.
#define JSON_LIMIT_EFFECTS                                                                         \
    "(SELECT group_id, json_group_array(json_object('limit', key, 'unit', unit, 'rate', rate,"     \
    "        'allowance', allowance, 'burst_rate', burst_rate, 'at_once', at_once,"                \
    "        'burst_ns', burst_ns, 'refill_ns', refill_ns)) AS effects"                            \
    "   FROM (SELECT * FROM limit_effect"                                                          \
    "           JOIN (SELECT group_id, min(at_ns) AS at_ns FROM limit_effect WHERE run_id = ?1"    \
    "                  GROUP BY group_id) USING (group_id, at_ns)"                                 \
    "          WHERE run_id = ?1 AND rate > 0 ORDER BY limit_effect.rowid) GROUP BY group_id)"

// All are grouped once for all groups, not looked up for each: no table has an index by
// group.
#define JSON_LIMITS                                                                                \
    "(SELECT group_id, json_group_object(key, value) AS limits FROM limit_setting"                 \
    "   JOIN (SELECT group_id, min(at_ns) AS at_ns FROM limit_setting WHERE run_id = ?1"           \
    "          GROUP BY group_id) USING (group_id, at_ns)"                                         \
    "  WHERE run_id = ?1 GROUP BY group_id)"

#define JSON_FAIRNESS                                                                              \
    "json_object('contended_intervals', ifnull(c.intervals, 0),"                                   \
    "            'jain_requests_mean', c.requests_mean, 'jain_requests_min', c.requests_min,"      \
    "            'jain_bytes_mean', c.bytes_mean, 'jain_bytes_min', c.bytes_min,"                  \
    "            'max_service_difference_requests', g.max_service_difference_requests,"            \
    "            'max_service_difference_bytes', g.max_service_difference_bytes)"

#define JSON_GROUPS                                                                                \
    "(SELECT json_group_array(json_object('name', g.name,"                                         \
    "        'limits', json(ifnull(l.limits, '{}')),"                                              \
    "        'let_through', json(ifnull(e.effects, '[]')),"                                        \
    "        'fairness', json(CASE WHEN g.group_id IN " REPORT_SHARED                              \
    "                              THEN " JSON_FAIRNESS " END),"                                   \
    "        'rates', json(" JSON_RATES(                                                           \
        "'throttle_group' AND id = g.group_id") ")))"                                              \
                                                "   FROM (SELECT * FROM throttle_group WHERE "     \
                                                "run_id = ?1"                                      \
                                                "            AND (?2 = 0 OR group_id IN "          \
                                                "chosen_groups) ORDER BY group_id) AS g"           \
                                                "   LEFT JOIN " JSON_LIMITS                        \
                                                " AS l USING (group_id)"                           \
                                                "   LEFT JOIN " JSON_LIMIT_EFFECTS                 \
                                                " AS e USING (group_id)"                           \
                                                "   LEFT JOIN " REPORT_CONTENDED                   \
                                                " AS c USING (group_id))"

// of: where the rows of one direction's latencies are.
#define JSON_LATENCY(of)                                                                           \
    "(SELECT json_group_object(l.metric, json_object('count', l.count, 'mean_ns', l.mean_ns,"      \
    "        'p50_ns', l.p50_ns, 'p90_ns', l.p90_ns, 'p99_ns', l.p99_ns, 'p999_ns', l.p999_ns,"    \
    "        'max_ns', l.max_ns)) FROM " of " AND l.direction = s.direction)"

// of: where the rows of one member's directions are.
#define JSON_DIRECTIONS(of, latency)                                                               \
    "(SELECT json_group_object(s.direction, json_object('requests', s.requests,"                   \
    "        'bytes', s.bytes, 'waited', s.waited, 'dispatched', s.dispatched,"                    \
    "        'completed', s.completed, 'queue_mean', s.queue_mean, 'queue_max', s.queue_max,"      \
    "        'latency', json(" JSON_LATENCY(latency) "))) FROM " of ")"

#define JSON_OF_MEMBER(alias) alias ".run_id = ?1 AND " alias ".member_id = m.member_id"
#define JSON_ITS_DIRECTIONS                                                                        \
    JSON_DIRECTIONS("member_statistics AS s WHERE " JSON_OF_MEMBER("s"),                           \
                    "latency_statistics AS l WHERE " JSON_OF_MEMBER("l"))
#define JSON_MEMBERS                                                                               \
    "(SELECT json_group_array(json_object('name', m.name, 'attach', m.attach, 'trace', m.trace,"   \
    "        'directions', json(" JSON_ITS_DIRECTIONS "),"                                         \
    "        'rates', json(" JSON_RATES(                                                           \
        "'member' AND id = m.member_id") ")))"                                                     \
                                         "   FROM (SELECT * FROM chosen ORDER BY place) AS m)"

#define JSON_TOTAL JSON_DIRECTIONS("total_statistics AS s", "total_latency AS l WHERE l.part = 0")

static bool print_json(const struct tables_context *context)
{
    // In parts, since a string may not be longer than C wants it.
    char *sql = sqlite3_mprintf(" SELECT json_object('run', json(%s), 'assumptions', json(%s),"
                                " 'notices', json(%s), 'groups', json(%s), 'members', json(%s),"
                                " 'total', json(%s), 'rates', json(%s), 'operations', json(%s))"
                                "   FROM run WHERE run_id = ?1",
                                TABLES_JSON_RUN, JSON_ASSUMPTIONS, JSON_NOTICES, JSON_GROUPS,
                                JSON_MEMBERS, JSON_TOTAL, JSON_RATES("'all'"), JSON_OPERATIONS);
    if (sql == NULL)
        return tables_memory(context);
    sqlite3_stmt *rows = tables_statistics_open(context, sql);
    sqlite3_free(sql);
    if (report_query_next(rows)) {
        report_write_utf8(context->style->out,
                          report_query_text(rows, 0)); // names may hold anything
        putc('\n', context->style->out);
    }
    return report_query_close(rows, context->error);
}

static bool print_text(struct tables_context *context)
{
    return tables_print_head(context) && tables_print_assumptions(context) &&
           print_notices(context) && choose_lines(context) && tables_print_achieved(context) &&
           tables_print_members(context) && tables_print_groups(context) &&
           tables_print_operations(context);
}

bool report_print(struct report_database *database, int64_t run_id,
                  const struct report_style *style, struct report_error *error)
{
    struct tables_context context = {database, run_id, style, error, NULL, false};
    if (!report_query_run_exists(database, run_id, error))
        return false;
    char *total_latency = tables_total_latency(&context);
    context.total_latency = total_latency;
    bool good = total_latency != NULL &&
                (style->format == REPORT_JSON ? print_json(&context) : print_text(&context));
    sqlite3_free(total_latency);
    if (good && (fflush(style->out) != 0 || ferror(style->out))) {
        snprintf(error->message, sizeof error->message, "writing the tables of run %" PRId64 ": %s",
                 run_id, strerror(errno));
        return false;
    }
    return good;
}
