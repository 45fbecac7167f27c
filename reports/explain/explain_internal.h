// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of report_explain.
//
// The waits of the whole run, added up once, are in the temporary table explain_part
// (member_id, direction, cause, requests, wait_ns, real_ns), of one member if one is asked for.
// real_ns is wait_ns as a real number, which has no end.
//
// What of it is shown, and in which order, is in two more:
//   explain_order   (member_id, place): those that waited longest first; EXPLAIN_REST: not shown
//   explain_row     (place, line, direction, cause, wait_ns): place as above, or EXPLAIN_ALL; line
//                   is the direction's, in order
#ifndef REPORTS_EXPLAIN_EXPLAIN_INTERNAL_H
#define REPORTS_EXPLAIN_EXPLAIN_INTERNAL_H

#include "reports/explain/explain_causes.h"
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#define EXPLAIN_REST "(1 << 61)" // the members that are not shown, added up
#define EXPLAIN_ALL "(1 << 62)"  // all members together

struct explain {
    struct tables_context tables;
    const char *member; // NULL: all
    int64_t member_id;  // if there is one
    bool occurs[EXPLAIN_CAUSE_COUNT];
};

// sum(value) of integers, exact; what is beyond SQLite's integers becomes the largest one. The
// halves are added apart, since sum() fails when it overflows.
#define EXPLAIN_SUM(value)                                                                         \
    "CASE WHEN sum(" value " >> 32) + (sum(" value " & 4294967295) >> 32) > 2147483647"            \
    "     THEN 9223372036854775807"                                                                \
    "     ELSE ((sum(" value " >> 32) + (sum(" value " & 4294967295) >> 32)) << 32)"               \
    "          + (sum(" value " & 4294967295) & 4294967295) END"

// The rows of burst_end, as `ended`: all, or those of the group in which the member was, or any of
// its several throttles.
#define EXPLAIN_ENDED                                                                              \
    "WITH mine AS MATERIALIZED (SELECT rowid AS place, at_ns, group_id FROM membership"            \
    "                            WHERE run_id = ?1 AND member_id = ?2),"                           \
    " ended AS (SELECT e.rowid AS place, e.at_ns, e.group_id, e.key, e.refill_ns,"                 \
    "                  g.name AS group_name"                                                       \
    "             FROM burst_end AS e LEFT JOIN throttle_group AS g USING (run_id, group_id)"      \
    "            WHERE e.run_id = ?1"                                                              \
    "              AND (?2 IS NULL OR e.group_id = (SELECT group_id FROM mine"                     \
    "                                                WHERE at_ns <= e.at_ns"                       \
    "                                                ORDER BY at_ns DESC, place DESC LIMIT 1)"     \
    "                   OR e.group_id IN (SELECT group_id FROM stage_membership"                   \
    "                                      WHERE run_id = ?1 AND member_id = ?2))) "

// As report_query_open, with the member, or NULL for all, as ?2 and how many are shown (0: all) as
// ?3 where the statement has them.
sqlite3_stmt *explain_query(const struct explain *explain, const char *sql);

bool explain_print_tables(const struct explain *explain);
#endif
