// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of reports/ share about the database: its handle and its errors.
// Reading rows: query.h. Writing those of a run: recorder/rows.c.
#ifndef REPORTS_DATABASE_INTERNAL_H
#define REPORTS_DATABASE_INTERNAL_H

#include "reports/database.h"

#include <sqlite3.h>
#include <stdbool.h>

// "tsim": tells our files from other people's databases.
#define REPORT_APPLICATION_ID 0x7473696d
// Raised when the schema changes so that an older program must leave the file alone.
#define REPORT_SCHEMA_VERSION 6

// schema.sql, NUL-terminated; made from it when the project is configured.
extern const char report_schema[];

sqlite3 *report_database_handle(struct report_database *database);

// Fills error with "<path>: <doing>: <what SQLite and the system say>"; always returns false.
bool report_database_fail(const struct report_database *database, const char *doing,
                          struct report_error *error);

// Runs statements that give no rows.
bool report_database_execute(struct report_database *database, const char *doing, const char *sql,
                             struct report_error *error);

// Stores the run with status running, at once. Returns its id, or 0 with the error filled.
int64_t report_run_insert(struct report_database *database, const struct report_run *run,
                          struct report_error *error);

// Marks a run as failed after its rows could not be stored; if that is not possible either, it
// stays running, as after a crash.
void report_run_mark_failed(struct report_database *database, int64_t run_id, const char *why);
#endif
