// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/tables.h"

#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TABLES_TEXT_CHARACTERS 120 // of a sentence

bool tables_memory(const struct tables_context *context)
{
    snprintf(context->error->message, sizeof context->error->message,
             "printing run %" PRId64 ": out of memory", context->run_id);
    return false;
}

static void add_cell(struct grid *grid, sqlite3_stmt *rows, int column, enum grid_kind kind)
{
    char label[REPORT_LABEL_MAX];
    if (kind == GRID_TEXT) {
        report_label(label, report_query_text(rows, column), TABLES_NAME_CHARACTERS);
        grid_text(grid, label);
    } else if (sqlite3_column_type(rows, column) == SQLITE_NULL) {
        grid_nothing(grid);
    } else {
        grid_number(grid, sqlite3_column_double(rows, column));
    }
}

bool tables_grid(const struct tables_context *context, const char *title, sqlite3_stmt *rows,
                 const struct grid_column *columns, size_t column_count)
{
    struct grid *grid = grid_create(columns, column_count);
    bool good = true;
    while (grid != NULL && report_query_next(rows)) {
        for (size_t c = 0; c < column_count; c++)
            add_cell(grid, rows, (int)c, columns[c].kind);
    }
    if (!report_query_close(rows, context->error)) {
        grid_free(grid);
        return false;
    }
    if (grid != NULL && grid_rows(grid) > 0) {
        fprintf(context->style->out, "\n%s\n", title);
        good = grid_print(grid, context->style);
    }
    good = good && grid != NULL;
    grid_free(grid);
    return good || tables_memory(context);
}

static void print_status(const struct tables_context *context, const char *status,
                         const char *error)
{
    char label[REPORT_LABEL_MAX];
    report_label(label, error, TABLES_TEXT_CHARACTERS);
    if (!strcmp(status, "running"))
        fputs("*** NOT COMPLETE: this run is still going on, or was killed; "
              "what follows is what it stored so far ***\n",
              context->style->out);
    else if (!strcmp(status, "interrupted"))
        fputs("*** NOT COMPLETE: this run was interrupted; what follows is its first part ***\n",
              context->style->out);
    else if (!strcmp(status, "failed"))
        fputs("*** FAILED: what follows cannot be relied on ***\n", context->style->out);
    if (*label)
        fprintf(context->style->out, "*** reason: %s ***\n", label);
}

// A count, or "?" for one that was never stored.
static void print_count(FILE *out, sqlite3_stmt *rows, int column, const char *what)
{
    if (sqlite3_column_type(rows, column) == SQLITE_NULL)
        fprintf(out, "? %s", what);
    else
        fprintf(out, "%lld %s", (long long)sqlite3_column_int64(rows, column), what);
}

static void print_head_row(const struct tables_context *context, sqlite3_stmt *rows)
{
    static const char *const names[] = {"name", "status", "error", "engine", "device", "digest"};
    char labels[sizeof names / sizeof names[0]][REPORT_LABEL_MAX];
    FILE *out = context->style->out;
    for (int i = 0; i < 6; i++)
        report_label(labels[i], report_query_text(rows, i), i == 0 ? 80 : 40);
    fprintf(out, "run %" PRId64 "  %s  %s\n", context->run_id, labels[0], labels[1]);
    print_status(context, report_query_text(rows, 1), report_query_text(rows, 2));
    fprintf(out, "engine %s, device %s, ", labels[3], labels[4]);
    if (sqlite3_column_type(rows, 6) == SQLITE_NULL)
        fputs("simulated ? s", out);
    else
        fprintf(out, "simulated %.3f s", sqlite3_column_double(rows, 6) / 1e9);
    fprintf(out, ", digest %s\nrequests: ", *labels[5] ? labels[5] : "?");
    print_count(out, rows, 7, "arrived, ");
    print_count(out, rows, 8, "dispatched, ");
    print_count(out, rows, 9, "completed, ");
    print_count(out, rows, 10, "still waiting, ");
    print_count(out, rows, 11, "still at the device\n");
}

bool tables_print_head(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database,
        "SELECT name, status, error, engine, device, digest, end_ns, arrived, dispatched,"
        "       completed, arrived - dispatched, dispatched - completed"
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
    bool first = true;
    while (report_query_next(rows)) {
        char labels[3][REPORT_LABEL_MAX];
        for (int i = 0; i < 3; i++)
            report_label(labels[i], report_query_text(rows, i), i == 1 ? 127 : 60);
        fprintf(context->style->out, "%s  %s: %s [%s, %lld]\n",
                first ? "\nNotices of the input\n" : "", labels[0], labels[1], labels[2],
                (long long)sqlite3_column_int64(rows, 3));
        first = false;
    }
    return report_query_close(rows, context->error);
}

// Which members the tables are of, if not of all.
static bool print_top(const struct tables_context *context)
{
    sqlite3_stmt *rows =
        report_query_open(context->database, "SELECT count(*) FROM member WHERE run_id = ?1",
                          context->run_id, context->error);
    int64_t members = report_query_next(rows) ? sqlite3_column_int64(rows, 0) : 0;
    if (context->style->top > 0 && members > context->style->top)
        fprintf(context->style->out,
                "\nThe %" PRId64 " of %" PRId64 " members whose requests waited longest\n",
                context->style->top, members);
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
    "        'limits', json(ifnull(l.limits, '{}')), 'let_through', json(ifnull(e.effects, "       \
    "'[]')),"                                                                                      \
    "        'fairness', json(" JSON_FAIRNESS ")))"                                                \
    "   FROM (SELECT * FROM throttle_group WHERE run_id = ?1"                                      \
    "            AND (?2 = 0 OR group_id IN chosen_groups) ORDER BY group_id) AS g"                \
    "   LEFT JOIN " JSON_LIMITS " AS l USING (group_id)"                                           \
    "   LEFT JOIN " JSON_LIMIT_EFFECTS " AS e USING (group_id)"                                    \
    "   LEFT JOIN " REPORT_CONTENDED " AS c USING (group_id))"

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
    "        'directions', json(" JSON_ITS_DIRECTIONS ")))"                                        \
    "   FROM (SELECT * FROM chosen ORDER BY place) AS m)"

#define JSON_TOTAL JSON_DIRECTIONS("total_statistics AS s", "total_latency AS l WHERE true")

static bool print_json(const struct tables_context *context)
{
    // In pieces, since a literal of C is not as long as that.
    char *sql = sqlite3_mprintf(
        " SELECT json_object('run', json(%s), 'notices', json(%s), 'groups', json(%s),"
        " 'members', json(%s), 'total', json(%s), 'operations', json(%s))"
        "   FROM run WHERE run_id = ?1",
        TABLES_JSON_RUN, JSON_NOTICES, JSON_GROUPS, JSON_MEMBERS, JSON_TOTAL, JSON_OPERATIONS);
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

static bool print_text(const struct tables_context *context)
{
    return tables_print_head(context) && print_notices(context) && print_top(context) &&
           tables_print_members(context) && tables_print_groups(context) &&
           tables_print_operations(context);
}

bool report_print(struct report_database *database, int64_t run_id,
                  const struct report_style *style, struct report_error *error)
{
    struct tables_context context = {database, run_id, style, error, NULL};
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
