// SPDX-License-Identifier: GPL-2.0-or-later
// SQL that the tables and JSON share. ?1 is the run, ?2 how many members are shown (0: all).
#include "reports/tables/tables_internal.h"

// The members that are shown, by place. If not all are, those whose requests spent the most time
// waiting, the ones that never left among them: that is what the mean queue tells.
#define STATISTICS_CHOSEN                                                                          \
    "waiting AS (SELECT member_id, sum(queue_mean) AS queue FROM member_statistics"                \
    "             WHERE run_id = ?1 AND direction <> 'read+write' GROUP BY member_id),"            \
    " ordered AS"                                                                                  \
    " (SELECT m.*, CASE ?2 WHEN 0 THEN m.member_id ELSE row_number() OVER"                         \
    "               (ORDER BY ifnull(w.queue, -1) DESC, m.member_id) END AS place"                 \
    "    FROM member AS m LEFT JOIN waiting AS w USING (member_id) WHERE m.run_id = ?1),"          \
    " chosen AS (SELECT * FROM ordered WHERE ?2 = 0 OR place <= ?2),"                              \
    " chosen_groups AS (SELECT group_id FROM membership JOIN chosen USING (run_id, member_id)"     \
    "                    WHERE group_id IS NOT NULL)"

// A sum of bytes stays at the largest number.
#define STATISTICS_BYTES                                                                           \
    "CASE WHEN sum(bytes >> 32) + (sum(bytes & 4294967295) >> 32) > 2147483647"                    \
    "     THEN 9223372036854775807"                                                                \
    "     ELSE sum(bytes >> 32) * 4294967296 + sum(bytes & 4294967295) END"

// All members together, also those that are not shown. How long all queues together were at most
// cannot be known from those of each.
#define STATISTICS_TOTAL                                                                           \
    "total_statistics AS"                                                                          \
    " (SELECT direction, sum(requests) AS requests, " STATISTICS_BYTES " AS bytes,"                \
    "         sum(waited) AS waited, sum(dispatched) AS dispatched, sum(completed) AS completed,"  \
    "         sum(queue_mean) AS queue_mean, NULL AS queue_max"                                    \
    "    FROM member_statistics WHERE run_id = ?1 GROUP BY direction)"

// The same of those that are shown and, if there are others, of all together behind them.
#define STATISTICS_SHOWN                                                                           \
    "statistics AS"                                                                                \
    " (SELECT c.place, c.member_id, c.name, s.direction, s.requests, s.bytes, s.waited,"           \
    "         s.queue_mean, s.queue_max"                                                           \
    "    FROM chosen AS c JOIN member_statistics AS s USING (run_id, member_id)"                   \
    "  UNION ALL SELECT 1 << 62, NULL, '(all members)', direction, requests, bytes, waited,"       \
    "         queue_mean, queue_max FROM total_statistics"                                         \
    "   WHERE (SELECT count(DISTINCT member_id) FROM member_statistics WHERE run_id = ?1) > 1)"

sqlite3_stmt *tables_statistics_open(const struct tables_context *context, const char *sql)
{
    char *whole = sqlite3_mprintf("WITH " STATISTICS_CHOSEN ", " STATISTICS_TOTAL
                                  ", %s, " STATISTICS_SHOWN "%s",
                                  context->total_latency, sql);
    sqlite3_stmt *rows = NULL;

    if (whole != NULL)
        rows = report_query_open(context->database, whole, context->run_id, context->error);
    else
        tables_memory(context);
    sqlite3_free(whole);
    if (rows != NULL)
        sqlite3_bind_int64(rows, 2, context->top);
    return rows;
}
