// SPDX-License-Identifier: GPL-2.0-or-later
// Files are attached one after the other, as `source`. The first time round all their runs get a
// number, the second time their rows are copied, of every table that says of which run, or of which
// sweep, they are. So a table that is added to the schema is merged without a line here.
#include "reports/merge.h"

#include "reports/database_internal.h"
#include "reports/query.h"

#include <stdio.h>
#include <string.h>

static const char doing[] = "merging";

// What number each run and sweep gets, and whether a run is new. known: the runs of before.
#define NUMBERS                                                                                    \
    "DROP TABLE IF EXISTS temp.merged;"                                                            \
    "DROP TABLE IF EXISTS temp.merged_sweep;"                                                      \
    "DROP TABLE IF EXISTS temp.known;"                                                             \
    "CREATE TEMP TABLE merged (input INTEGER, old_id INTEGER, new_id INTEGER, is_new INTEGER,"     \
    "                          kept_sweep INTEGER, kept_point INTEGER,"                            \
    "                          PRIMARY KEY (input, old_id)) WITHOUT ROWID;"                        \
    "CREATE TEMP TABLE merged_sweep (input INTEGER, old_id INTEGER, new_id INTEGER,"               \
    "                                PRIMARY KEY (input, old_id)) WITHOUT ROWID;"                  \
    "CREATE TEMP TABLE known AS SELECT run_id, started_at, digest FROM main.run;"                  \
    "CREATE INDEX temp.known_by ON known (started_at, digest)"

#define RUN_COLUMNS(of)                                                                            \
    "(" of ".status, " of ".error, " of ".name, " of ".scenario, " of ".version, " of              \
    ".engine, " of ".interval_ns, " of ".finished_at, " of ".end_ns, " of ".arrived, " of          \
    ".dispatched, " of ".completed)"

#define NUMBER_RUNS                                                                                \
    "INSERT INTO merged SELECT ?1, s.run_id,"                                                      \
    " (SELECT k.run_id FROM known AS k CROSS JOIN main.run AS m USING (run_id)"                    \
    "   WHERE k.started_at = s.started_at AND k.digest IS s.digest"                                \
    "     AND " RUN_COLUMNS("m") " IS " RUN_COLUMNS(                                               \
        "s") " AND"                                                                                \
             "         EXISTS (SELECT 1 FROM main.request AS r WHERE r.run_id = m.run_id) ="       \
             "         EXISTS (SELECT 1 FROM source.request AS r WHERE r.run_id = s.run_id)), 0, " \
             "NULL, 0"                                                                             \
             " FROM source.run AS s"

// Sweeps that are not there yet come in at once, without points.
#define ADD_SWEEPS                                                                                 \
    "INSERT INTO main.sweep (identity, name, scenario, version, requests, points, seeds)"          \
    " SELECT identity, name, scenario, version, requests, points, seeds FROM source.sweep"         \
    "  WHERE identity NOT IN (SELECT identity FROM main.sweep) ORDER BY sweep_id"
#define NUMBER_SWEEPS                                                                              \
    "INSERT INTO merged_sweep SELECT ?1, s.sweep_id, m.sweep_id"                                   \
    "  FROM source.sweep AS s JOIN main.sweep AS m USING (identity)"
// A run of a point of which one is kept already is known, whenever it was made.
#define NUMBER_KEPT                                                                                \
    "UPDATE merged SET kept_sweep = w.new_id, kept_point = p.point,"                               \
    "       new_id = ifnull(merged.new_id, (SELECT m.run_id FROM main.sweep_point AS m"            \
    "           WHERE m.sweep_id = w.new_id AND m.point = p.point AND m.seed = p.seed))"           \
    "  FROM source.sweep_point AS p"                                                               \
    "       JOIN merged_sweep AS w ON w.input = ?1 AND w.old_id = p.sweep_id"                      \
    " WHERE merged.input = ?1 AND merged.old_id = p.run_id"

// What no point has kept.
#define FORGET_OTHERS "DELETE FROM merged WHERE input = ?1 AND kept_sweep IS NULL"

#define NUMBER_NEW                                                                                 \
    "UPDATE merged SET is_new = 1, new_id = (SELECT ifnull(max(run_id), 0) FROM main.run) + place" \
    "  FROM (SELECT input, old_id, row_number() OVER (ORDER BY kept_sweep, kept_point, input,"     \
    "               old_id) AS place FROM merged WHERE new_id IS NULL) AS placed"                  \
    " WHERE merged.input = placed.input AND merged.old_id = placed.old_id"

// The same point with another outcome: of another version, or the traces have changed.
#define DIFFERENT                                                                                  \
    "SELECT s.point, s.digest, m.digest FROM source.sweep_point AS s"                              \
    "  JOIN merged_sweep AS w ON w.input = ?1 AND w.old_id = s.sweep_id"                           \
    "  JOIN main.sweep_point AS m ON m.sweep_id = w.new_id AND m.point = s.point"                  \
    "       AND m.seed = s.seed AND m.exit_code = 0 AND s.exit_code = 0 AND m.digest <> s.digest"

// Tables that both have, `run` itself first, which columns, which of the numbers are there, and the
// source's name: before schema 5 those called _row were without.
#define TABLES                                                                                     \
    "SELECT t.name, (SELECT group_concat(', \"' || c.name || '\"', '')"                            \
    "                  FROM pragma_table_info(t.name, 'main') AS c"                                \
    "                  JOIN pragma_table_info(s.name, 'source') AS d ON c.name = d.name"           \
    "                 WHERE c.name NOT IN ('run_id', 'sweep_id')),"                                \
    "       EXISTS (SELECT 1 FROM pragma_table_info(t.name, 'main') AS c"                          \
    "                WHERE c.name = 'run_id'),"                                                    \
    "       EXISTS (SELECT 1 FROM pragma_table_info(t.name, 'main') AS c"                          \
    "                WHERE c.name = 'sweep_id'), s.name"                                           \
    "  FROM main.sqlite_schema AS t JOIN source.sqlite_schema AS s"                                \
    "       ON (s.name = t.name OR s.name || '_row' = t.name) AND s.type = t.type"                 \
    " WHERE ?1 = 0 AND t.type = 'table' AND t.name <> 'sweep' ORDER BY t.name <> 'run', t.rowid"

// Rows of runs; of sweeps; of sweeps that may have a run. Of what a sweep has, the first stays.
#define COPY_OF_RUN                                                                                \
    "INSERT INTO main.\"%w\" (run_id%s) SELECT new_id%s FROM source.\"%w\" AS s"                   \
    " CROSS JOIN merged ON input = ?1 AND old_id = s.run_id WHERE is_new"
#define COPY_OF_SWEEP                                                                              \
    "INSERT OR IGNORE INTO main.\"%w\" (sweep_id%s) SELECT w.new_id%s FROM source.\"%w\" AS s"     \
    " CROSS JOIN merged_sweep AS w ON w.input = ?1 AND w.old_id = s.sweep_id"
#define COPY_OF_POINT                                                                              \
    "INSERT INTO main.\"%w\" (sweep_id, run_id%s) SELECT w.new_id, r.new_id%s"                     \
    "  FROM source.\"%w\" AS s"                                                                    \
    " CROSS JOIN merged_sweep AS w ON w.input = ?1 AND w.old_id = s.sweep_id"                      \
    "  LEFT JOIN merged AS r ON r.input = ?1 AND r.old_id = s.run_id WHERE true"                   \
    "    ON CONFLICT DO UPDATE SET run_id = ifnull(run_id, excluded.run_id)"

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
        snprintf(error->message, sizeof error->message, "%s: %.900s", path, inner.message);
        sqlite3_exec(report_database_handle(database), "DETACH source", NULL, NULL, NULL);
        return false;
    }
    return report_database_execute(database, doing, "DETACH source", error);
}

static bool copy_table(struct report_database *database, sqlite3_stmt *table, int64_t input,
                       struct report_error *error)
{
    static const char *const copies[2][2] = {{NULL, COPY_OF_SWEEP}, {COPY_OF_RUN, COPY_OF_POINT}};
    const char *name = (const char *)sqlite3_column_text(table, 0);
    const char *columns = (const char *)sqlite3_column_text(table, 1);
    const char *copy = copies[sqlite3_column_int(table, 2)][sqlite3_column_int(table, 3)];
    columns = columns != NULL ? columns : "";
    if (copy == NULL)
        return true;
    char *sql =
        sqlite3_mprintf(copy, name, columns, columns, (const char *)sqlite3_column_text(table, 4));
    if (sql == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory %s", doing);
        return false;
    }
    bool done = execute(database, sql, input, error);
    sqlite3_free(sql);
    return done;
}

static bool copy_tables(struct report_database *database, int64_t input, struct report_error *error)
{
    sqlite3_stmt *tables = report_query_open(database, TABLES, 0, error);
    bool ok = true;
    while (ok && report_query_next(tables))
        ok = copy_table(database, tables, input, error);
    if (!ok) {
        sqlite3_finalize(tables);
        return false;
    }
    return report_query_close(tables, error);
}

// The rows of a point that is in both must say the same.
static bool check_points(struct report_database *database, int64_t input,
                         struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(database, DIFFERENT, input, error);
    bool differs = report_query_next(rows);
    if (differs) {
        error->is_input = true;
        snprintf(
            error->message, sizeof error->message,
            "point %lld of a sweep has the digest %s, but %s in the database that it is merged "
            "into; were they made by different versions, or have the traces changed?",
            (long long)sqlite3_column_int64(rows, 0), report_query_text(rows, 1),
            report_query_text(rows, 2));
        sqlite3_finalize(rows);
        return false;
    }
    return report_query_close(rows, error);
}

// Is there a table `sweep` in the file?
static bool has_sweeps(struct report_database *database)
{
    return sqlite3_table_column_metadata(report_database_handle(database), "source", "sweep", NULL,
                                         NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static bool number(struct report_database *database, int64_t input, bool only_points,
                   struct report_error *error)
{
    return execute(database, NUMBER_RUNS, input, error) &&
           (!has_sweeps(database) || (execute(database, ADD_SWEEPS, input, error) &&
                                      execute(database, NUMBER_SWEEPS, input, error) &&
                                      execute(database, NUMBER_KEPT, input, error))) &&
           (!only_points || execute(database, FORGET_OTHERS, input, error));
}

static bool copy(struct report_database *database, int64_t input, struct report_error *error)
{
    return report_database_execute(database, doing, "BEGIN IMMEDIATE", error) &&
           (!has_sweeps(database) || check_points(database, input, error)) &&
           copy_tables(database, input, error) &&
           report_database_execute(database, doing, "COMMIT", error);
}

// The first number of a row.
static bool ask(struct report_database *database, const char *sql, int64_t *answer,
                struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(database, sql, 0, error);
    if (report_query_next(rows))
        *answer = sqlite3_column_int64(rows, 0);
    return report_query_close(rows, error);
}

bool report_merge(struct report_database *database, const char *const *paths, size_t count,
                  bool only_points, struct report_merge_counts *counts, struct report_error *error)
{
    static const char points[] = "SELECT count(*) FROM main.sweep_point WHERE ?1 = 0";
    int64_t before = 0, after = 0;
    *counts = (struct report_merge_counts){0};
    bool ok = report_database_execute(database, doing, NUMBERS, error) &&
              ask(database, points, &before, error);
    for (size_t i = 0; ok && i < count; i++)
        ok = attach(database, paths[i], error) &&
             detach(database, paths[i], number(database, (int64_t)i, only_points, error), error);
    ok = ok && execute(database, NUMBER_NEW, 0, error) &&
         ask(database, "SELECT count(*) FROM merged WHERE is_new AND ?1 = 0", &counts->runs,
             error) &&
         ask(database, "SELECT count(*) FROM merged WHERE NOT is_new AND ?1 = 0",
             &counts->runs_known, error);
    for (size_t i = 0; ok && i < count; i++) {
        int64_t more = 0;
        ok = attach(database, paths[i], error) &&
             detach(database, paths[i],
                    copy(database, (int64_t)i, error) &&
                        (!has_sweeps(database) ||
                         ask(database, "SELECT count(*) FROM source.sweep_point WHERE ?1 = 0",
                             &more, error)),
                    error);
        counts->points_known += more;
    }
    ok = ok && ask(database, points, &after, error);
    counts->points = after - before;
    counts->points_known -= counts->points;
    return ok;
}
