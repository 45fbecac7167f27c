// SPDX-License-Identifier: GPL-2.0-or-later
// Files are attached one after the other, as `source`. The first time round all their runs get a
// number, the second time their rows are copied, of every table that says of which run they are.
// So a table that is added to the schema is merged without a line here.
#include "reports/merge.h"

#include "reports/database_internal.h"

#include <stdio.h>
#include <string.h>

static const char doing[] = "merging";

// What a run has got: its new number, and whether it is new. known: those of before.
#define NUMBERS                                                                                    \
    "DROP TABLE IF EXISTS temp.merged;"                                                            \
    "DROP TABLE IF EXISTS temp.known;"                                                             \
    "CREATE TEMP TABLE merged (input INTEGER, old_id INTEGER, new_id INTEGER, is_new INTEGER,"     \
    "                          PRIMARY KEY (input, old_id)) WITHOUT ROWID;"                        \
    "CREATE TEMP TABLE known AS SELECT run_id, started_at, digest FROM main.run;"                  \
    "CREATE INDEX temp.known_by ON known (started_at, digest)"

#define RUN_COLUMNS(of)                                                                            \
    "(" of ".status, " of ".error, " of ".name, " of ".scenario, " of ".version, " of              \
    ".engine, " of ".interval_ns, " of ".finished_at, " of ".end_ns, " of ".arrived, " of          \
    ".dispatched, " of ".completed)"

#define NUMBER_KNOWN                                                                               \
    "INSERT INTO merged SELECT ?1, s.run_id,"                                                      \
    " (SELECT k.run_id FROM known AS k CROSS JOIN main.run AS m USING (run_id)"                    \
    "   WHERE k.started_at = s.started_at AND k.digest IS s.digest"                                \
    "     AND " RUN_COLUMNS("m") " IS " RUN_COLUMNS(                                               \
        "s") " AND"                                                                                \
             "         EXISTS (SELECT 1 FROM main.request AS r WHERE r.run_id = m.run_id) ="       \
             "         EXISTS (SELECT 1 FROM source.request AS r WHERE r.run_id = s.run_id)), 0"   \
             " FROM source.run AS s"

#define NUMBER_NEW                                                                                 \
    "UPDATE merged SET is_new = 1, new_id = (SELECT ifnull(max(run_id), 0) FROM main.run) + place" \
    "  FROM (SELECT input, old_id, row_number() OVER (ORDER BY input, old_id) AS place"            \
    "          FROM merged WHERE new_id IS NULL) AS placed"                                        \
    " WHERE merged.input = placed.input AND merged.old_id = placed.old_id"

// Tables of runs that both have, `run` itself first, and which columns.
#define TABLES                                                                                     \
    "SELECT t.name, (SELECT group_concat(', \"' || c.name || '\"', '')"                            \
    "                  FROM pragma_table_info(t.name, 'main') AS c"                                \
    "                  JOIN pragma_table_info(t.name, 'source') AS d ON c.name = d.name"           \
    "                 WHERE c.name <> 'run_id')"                                                   \
    "  FROM main.sqlite_schema AS t JOIN source.sqlite_schema AS s"                                \
    "       ON s.name = t.name AND s.type = t.type"                                                \
    " WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(t.name, 'main') AS c"     \
    "                                     WHERE c.name = 'run_id')"                                \
    " ORDER BY t.name <> 'run', t.rowid"

// Runs a statement that may have a number as ?1.
static bool execute(struct report_database *database, const char *sql, int64_t number,
                    struct report_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool done = sqlite3_prepare_v2(report_database_handle(database), sql, -1, &statement, NULL) ==
                SQLITE_OK;
    if (done && sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, number);
    done = done && sqlite3_step(statement) == SQLITE_DONE;
    return (sqlite3_finalize(statement) == SQLITE_OK && done) ||
           report_database_fail(database, doing, error);
}

// What opening it for reading says of a file that is none of ours, is damaged, or was left by a
// killed writer, is said here as well.
static bool attach(struct report_database *database, const char *path, struct report_error *error)
{
    struct report_database *source = report_database_open(path, REPORT_READ, error);
    if (source == NULL)
        return false;
    report_database_close(source);
    char *sql = sqlite3_mprintf("ATTACH '%s%q' AS source", path[0] == '/' ? "" : "./", path);
    bool done = sql != NULL && report_database_execute(database, doing, sql, error);
    if (sql == NULL)
        snprintf(error->message, sizeof error->message, "out of memory %s", doing);
    sqlite3_free(sql);
    return done;
}

// Puts the path before what went wrong with the statements of one input.
static bool detach(struct report_database *database, const char *path, bool ok,
                   struct report_error *error)
{
    if (!ok) {
        struct report_error inner = *error;
        if (!sqlite3_get_autocommit(report_database_handle(database)))
            sqlite3_exec(report_database_handle(database), "ROLLBACK", NULL, NULL, NULL);
        snprintf(error->message, sizeof error->message, "%s: into %.900s", path, inner.message);
        sqlite3_exec(report_database_handle(database), "DETACH source", NULL, NULL, NULL);
        return false;
    }
    return report_database_execute(database, doing, "DETACH source", error);
}

static bool copy_table(struct report_database *database, const char *table, const char *columns,
                       int64_t input, struct report_error *error)
{
    char *sql =
        sqlite3_mprintf("INSERT INTO main.\"%w\" (run_id%s) SELECT new_id%s FROM source.\"%w\" AS s"
                        " CROSS JOIN merged ON input = ?1 AND old_id = s.run_id WHERE is_new",
                        table, columns, columns, table);
    if (sql == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory %s", doing);
        return false;
    }
    bool done = execute(database, sql, input, error);
    sqlite3_free(sql);
    return done;
}

static bool copy_runs(struct report_database *database, int64_t input, struct report_error *error)
{
    sqlite3_stmt *tables = NULL;
    bool ok = sqlite3_prepare_v2(report_database_handle(database), TABLES, -1, &tables, NULL) ==
                  SQLITE_OK ||
              report_database_fail(database, doing, error);
    while (ok && sqlite3_step(tables) == SQLITE_ROW) {
        const char *columns = (const char *)sqlite3_column_text(tables, 1);
        ok = copy_table(database, (const char *)sqlite3_column_text(tables, 0),
                        columns != NULL ? columns : "", input, error);
    }
    return (sqlite3_finalize(tables) == SQLITE_OK || !ok ||
            report_database_fail(database, doing, error)) &&
           ok;
}

static bool count_runs(struct report_database *database, struct report_merge_counts *counts,
                       struct report_error *error)
{
    sqlite3_stmt *rows = NULL;
    bool done = sqlite3_prepare_v2(report_database_handle(database),
                                   "SELECT count(*) FILTER (WHERE is_new),"
                                   " count(*) FILTER (WHERE NOT is_new) FROM merged",
                                   -1, &rows, NULL) == SQLITE_OK &&
                sqlite3_step(rows) == SQLITE_ROW;
    if (done)
        *counts = (struct report_merge_counts){
            .runs = sqlite3_column_int64(rows, 0),
            .runs_known = sqlite3_column_int64(rows, 1),
        };
    return (sqlite3_finalize(rows) == SQLITE_OK && done) ||
           report_database_fail(database, doing, error);
}

bool report_merge(struct report_database *database, const char *const *paths, size_t count,
                  struct report_merge_counts *counts, struct report_error *error)
{
    bool ok = report_database_execute(database, doing, NUMBERS, error);
    for (size_t i = 0; ok && i < count; i++) {
        ok = attach(database, paths[i], error) &&
             detach(database, paths[i], execute(database, NUMBER_KNOWN, (int64_t)i, error), error);
    }
    ok = ok && execute(database, NUMBER_NEW, 0, error) && count_runs(database, counts, error);
    for (size_t i = 0; ok && i < count; i++) {
        ok = attach(database, paths[i], error) &&
             detach(database, paths[i],
                    report_database_execute(database, doing, "BEGIN IMMEDIATE", error) &&
                        copy_runs(database, (int64_t)i, error) &&
                        report_database_execute(database, doing, "COMMIT", error),
                    error);
    }
    return ok;
}
