// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of the table `run`, as far as they are not the recorder's.
#include "reports/database_internal.h"

#include <stdio.h>
#include <string.h>

// Binds and steps an insert or update; the statement is finalized.
static bool finish_statement(struct report_database *database, sqlite3_stmt *statement,
                             struct report_error *error)
{
    bool done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;
    if (sqlite3_finalize(statement) == SQLITE_OK && done)
        return true;
    return report_database_fail(database, "storing a run", error);
}

int64_t report_run_insert(struct report_database *database, const struct report_run *run,
                          struct report_error *error)
{
    sqlite3 *handle = report_database_handle(database);
    const char *texts[] = {run->name,   run->scenario, run->version, sqlite3_libversion(),
                           run->engine, run->device};
    sqlite3_stmt *statement = NULL;
    bool bound = sqlite3_prepare_v2(
                     handle,
                     "INSERT INTO run (status, name, scenario, version, sqlite, engine, device, "
                     "interval_ns, started_at) VALUES ('running', ?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                     "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
                     -1, &statement, NULL) == SQLITE_OK;
    for (int i = 0; bound && i < 6; i++)
        bound = sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC) == SQLITE_OK;
    if (!bound || sqlite3_bind_int64(statement, 7, run->interval_ns) != SQLITE_OK) {
        report_database_fail(database, "storing a run", error);
        sqlite3_finalize(statement);
        return 0;
    }
    return finish_statement(database, statement, error) ? sqlite3_last_insert_rowid(handle) : 0;
}

void report_run_mark_failed(struct report_database *database, int64_t run_id, const char *why)
{
    sqlite3_stmt *statement = NULL;
    struct report_error ignored;
    if (sqlite3_prepare_v2(report_database_handle(database),
                           "UPDATE run SET status = 'failed', error = ?2, finished_at = "
                           "strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE run_id = ?1",
                           -1, &statement, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_int64(statement, 1, run_id);
    sqlite3_bind_text(statement, 2, why, -1, SQLITE_STATIC);
    finish_statement(database, statement, &ignored);
}

// Appends ", N" or ", N to M"; when the text is full, ", ..." and false.
static bool append_range(char *text, size_t size, size_t *used, int64_t first, int64_t last)
{
    static const char more[] = ", ...";
    char range[64] = "";
    snprintf(range, sizeof range, "%s%lld%s", *used > 0 ? ", " : "", (long long)first,
             first == last ? "" : " to ");
    if (first != last)
        snprintf(range + strlen(range), sizeof range - strlen(range), "%lld", (long long)last);
    bool fits = strlen(range) + sizeof more < size - *used;
    *used += (size_t)snprintf(text + *used, size - *used, "%s", fits ? range : more);
    return fits;
}

// The runs that exist, as ranges: "1 to 3, 7".
static void describe_runs(sqlite3_stmt *runs, char *text, size_t size)
{
    int64_t first = 0, last = 0;
    size_t used = 0;
    bool fits = true;
    text[0] = '\0';
    while (fits && sqlite3_step(runs) == SQLITE_ROW) {
        int64_t run_id = sqlite3_column_int64(runs, 0);
        if (first != 0 && run_id != last + 1)
            fits = append_range(text, size, &used, first, last);
        if (first == 0 || run_id != last + 1)
            first = run_id;
        last = run_id;
    }
    if (fits && first != 0)
        append_range(text, size, &used, first, last);
}

static void explain_missing_run(struct report_database *database, int64_t wanted,
                                struct report_error *error)
{
    sqlite3_stmt *runs = NULL;
    char text[256];
    if (sqlite3_prepare_v2(report_database_handle(database),
                           "SELECT run_id FROM run ORDER BY run_id", -1, &runs,
                           NULL) != SQLITE_OK) {
        report_database_fail(database, "looking for a run", error);
        return;
    }
    describe_runs(runs, text, sizeof text);
    sqlite3_finalize(runs);
    error->is_input = true;
    if (text[0] == '\0')
        snprintf(error->message, sizeof error->message, "the database holds no runs");
    else
        snprintf(error->message, sizeof error->message,
                 "there is no run %lld in the database; it holds %s", (long long)wanted, text);
}

int64_t report_run_find(struct report_database *database, int64_t wanted,
                        struct report_error *error)
{
    sqlite3_stmt *statement = NULL;
    int64_t found = 0;
    if (sqlite3_prepare_v2(report_database_handle(database),
                           "SELECT max(run_id) FROM run WHERE ?1 = 0 OR run_id = ?1", -1,
                           &statement, NULL) != SQLITE_OK) {
        report_database_fail(database, "looking for a run", error);
        return 0;
    }
    sqlite3_bind_int64(statement, 1, wanted);
    if (sqlite3_step(statement) == SQLITE_ROW)
        found = sqlite3_column_int64(statement, 0);
    if (sqlite3_finalize(statement) != SQLITE_OK) {
        report_database_fail(database, "looking for a run", error);
        return 0;
    }
    if (found == 0)
        explain_missing_run(database, wanted, error);
    return found;
}
