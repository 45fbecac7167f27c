// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/query.h"

#include "reports/database_internal.h"

#include <stdio.h>

static bool fail(sqlite3 *handle, struct report_error *error)
{
    const char *path = sqlite3_db_filename(handle, "main");
    int code = sqlite3_errcode(handle);
    error->is_input = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    snprintf(error->message, sizeof error->message, "%s: reading the result database: %s",
             path != NULL && *path ? path : "temporary database", sqlite3_errmsg(handle));
    return false;
}

sqlite3_stmt *report_query_open(struct report_database *database, const char *sql, int64_t run_id,
                                struct report_error *error)
{
    sqlite3 *handle = report_database_handle(database);
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(handle, sql, -1, &rows, NULL) != SQLITE_OK ||
        sqlite3_bind_int64(rows, 1, run_id) != SQLITE_OK) {
        fail(handle, error);
        sqlite3_finalize(rows);
        return NULL;
    }
    return rows;
}

bool report_query_next(sqlite3_stmt *rows)
{
    return rows != NULL && sqlite3_step(rows) == SQLITE_ROW;
}

bool report_query_close(sqlite3_stmt *rows, struct report_error *error)
{
    if (rows == NULL)
        return false;
    sqlite3 *handle = sqlite3_db_handle(rows);
    // sqlite3_finalize repeats the failure of the last step, if it was one.
    return sqlite3_finalize(rows) == SQLITE_OK || fail(handle, error);
}

const char *report_query_text(sqlite3_stmt *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows, column);
    return text != NULL ? (const char *)text : "";
}

bool report_query_run_exists(struct report_database *database, int64_t run_id,
                             struct report_error *error)
{
    if (run_id > 0)
        return report_run_find(database, run_id, error) == run_id;
    snprintf(error->message, sizeof error->message,
             "there is no run %lld: runs are numbered from 1", (long long)run_id);
    return false;
}
