// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/explain.h"

#include "reports/database_internal.h"
#include "reports/explain/explain_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define EXPLAIN_NAMES_ROOM 600 // bytes for the names in an error
#define EXPLAIN_NAME_CHARACTERS 40

#define EXPLAIN_SUMS                                                                               \
    EXPLAIN_SUM("requests")                                                                        \
    " AS requests, " EXPLAIN_SUM("wait_ns") " AS wait_ns, total(wait_ns) AS real_ns"

sqlite3_stmt *explain_query(const struct explain *explain, const char *sql)
{
    const struct tables_context *tables = &explain->tables;
    sqlite3_stmt *rows = report_query_open(tables->database, sql, tables->run_id, tables->error);

    if (rows != NULL && explain->member != NULL && sqlite3_bind_parameter_count(rows) > 1)
        sqlite3_bind_int64(rows, 2, explain->member_id);
    return rows;
}

static bool explain_is_stored(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;
    enum explain_stored stored = explain_stored(tables->database, tables->run_id, tables->error);

    if (stored == EXPLAIN_UNKNOWN) {
        snprintf(tables->error->message, sizeof tables->error->message,
                 "run %" PRId64
                 " was stored by an earlier throttlesim, which did not take down why "
                 "requests waited; run it again: its scenario is in the column 'scenario' of the "
                 "table 'run'",
                 tables->run_id);
        tables->error->is_input = true;
    }
    return stored == EXPLAIN_STORED;
}

// Names the members that there are, as far as there is room for them.
static bool explain_no_such_member(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;
    struct report_error *error = tables->error;
    char names[EXPLAIN_NAMES_ROOM + REPORT_LABEL_MAX] = "", label[REPORT_LABEL_MAX];
    sqlite3_stmt *rows =
        explain_query(explain, "SELECT name FROM member WHERE run_id = ?1 ORDER BY member_id");
    size_t used = 0, left_out = 0;

    while (rows != NULL && report_query_next(rows)) {
        report_label(label, report_query_text(rows, 0), EXPLAIN_NAME_CHARACTERS);
        if (left_out > 0 || used + strlen(label) + 2 > EXPLAIN_NAMES_ROOM) {
            left_out++;
            continue;
        }
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                 label);
    }
    if (!report_query_close(rows, error))
        return false;
    report_label(label, explain->member, EXPLAIN_NAME_CHARACTERS);
    int length = snprintf(error->message, sizeof error->message,
                          "run %" PRId64 " has no member '%s'; it has: %s", tables->run_id, label,
                          used > 0 ? names : "none");
    if (left_out > 0)
        snprintf(error->message + length, sizeof error->message - (size_t)length, ", and %zu more",
                 left_out);
    error->is_input = true;
    return false;
}

bool report_explain_member(struct report_database *database, int64_t run_id, const char *member,
                           int64_t *member_id, struct report_error *error)
{
    const struct explain explain = {.tables = {database, run_id, NULL, error, 0, NULL},
                                    .member = member};
    sqlite3_stmt *rows = report_query_open(
        database, "SELECT member_id FROM member WHERE run_id = ?1 AND name = ?2", run_id, error);
    bool found = false;

    if (rows != NULL) {
        sqlite3_bind_text(rows, 2, member, -1, SQLITE_STATIC);
        found = report_query_next(rows);
        *member_id = found ? sqlite3_column_int64(rows, 0) : 0;
    }
    return report_query_close(rows, error) && (found || explain_no_such_member(&explain));
}

static bool explain_add_up(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;

    if (!report_database_execute(tables->database, "adding up the waits",
                                 "DROP TABLE IF EXISTS temp.explain_part", tables->error))
        return false;

    sqlite3_stmt *create = explain_query(
        explain, "CREATE TEMP TABLE explain_part AS"
                 " SELECT member_id, direction, cause, " EXPLAIN_SUMS " FROM wait_interval"
                 " WHERE run_id = ?1 AND (?2 IS NULL OR member_id = ?2)"
                 " GROUP BY member_id, direction, cause");

    if (create != NULL)
        report_query_next(create);
    return report_query_close(create, tables->error) &&
           report_database_execute(
               tables->database, "adding up the waits",
               "CREATE INDEX temp.explain_by_member ON explain_part (member_id)", tables->error);
}

static bool explain_find_causes(struct explain *explain)
{
    sqlite3_stmt *rows =
        explain_query(explain, "SELECT DISTINCT cause FROM explain_part WHERE ?1 > 0");

    while (rows != NULL && report_query_next(rows))
        explain->occurs[explain_cause_find(report_query_text(rows, 0))] = true;
    return report_query_close(rows, explain->tables.error);
}

bool report_explain(struct report_database *database, int64_t run_id, const char *member,
                    enum report_format format, FILE *out, struct report_error *error)
{
    struct explain explain = {.tables = {database, run_id, out, error, 0, NULL}, .member = member};

    if (!report_query_run_exists(database, run_id, error) ||
        (member != NULL &&
         !report_explain_member(database, run_id, member, &explain.member_id, error)) ||
        !explain_is_stored(&explain) || !explain_add_up(&explain) || !explain_find_causes(&explain))
        return false;

    bool good = format == REPORT_JSON
                    ? explain_print_json(&explain)
                    : tables_print_head(&explain.tables) && explain_print_words(&explain) &&
                          explain_print_tables(&explain);
    if (good && (fflush(out) != 0 || ferror(out))) {
        snprintf(error->message, sizeof error->message,
                 "writing why requests of run %" PRId64 " waited: %s", run_id, strerror(errno));
        return false;
    }
    return good;
}
