// SPDX-License-Identifier: GPL-2.0-or-later
// Reading the result database: one prepared statement over the rows of one run.
#ifndef REPORTS_QUERY_H
#define REPORTS_QUERY_H

#include "reports/database.h"

#include <sqlite3.h>
#include <stdbool.h>

// Prepares sql and binds run_id to ?1. NULL with the error filled.
sqlite3_stmt *report_query_open(struct report_database *database, const char *sql, int64_t run_id,
                                struct report_error *error);
// True while there is a row. NULL has none; a failure ends the rows too: report_query_close tells.
bool report_query_next(sqlite3_stmt *rows);
// Ends the statement. False with the error filled if reading failed. NULL is allowed (false).
bool report_query_close(sqlite3_stmt *rows, struct report_error *error);

// How evenly groups were served while at least two members were backlogged, as a table in SQL:
// group_id, intervals, requests_mean, requests_min, bytes_mean, bytes_min (Jain's indices). Earlier
// versions had only the rows over time.
#define REPORT_CONTENDED                                                                           \
    "(SELECT group_id, contended AS intervals, jain_requests_mean AS requests_mean,"               \
    "        jain_requests_min AS requests_min, jain_bytes_mean AS bytes_mean,"                    \
    "        jain_bytes_min AS bytes_min"                                                          \
    "   FROM group_contention WHERE run_id = ?1 AND contended > 0 UNION ALL"                       \
    "  SELECT group_id, count(*), avg(jain_requests), min(jain_requests), avg(jain_bytes),"        \
    "         min(jain_bytes)"                                                                     \
    "    FROM group_interval WHERE run_id = ?1 AND backlogged >= 2 AND NOT EXISTS"                 \
    "         (SELECT 1 FROM group_contention WHERE run_id = ?1) GROUP BY group_id)"

// SQL: the groups that ever had two members, of the run ?1. Of others nothing can be fair or
// unfair.
#define REPORT_SHARED                                                                              \
    "(SELECT group_id FROM group_member WHERE run_id = ?1 AND group_id IS NOT NULL"                \
    "  GROUP BY group_id HAVING count(DISTINCT member_id) > 1)"

// The column as text; NULL becomes "".
const char *report_query_text(sqlite3_stmt *rows, int column);

// Fails, naming the runs there are, unless the run exists.
bool report_query_run_exists(struct report_database *database, int64_t run_id,
                             struct report_error *error);
#endif
