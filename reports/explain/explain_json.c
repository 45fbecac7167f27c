// SPDX-License-Identifier: GPL-2.0-or-later
// Why requests waited as one JSON object. SQLite makes it piece by piece, so that it never is in
// memory as a whole: there is a piece for each interval.
#include "reports/explain/explain_internal.h"

#define EXPLAIN_CAUSES                                                                             \
    "json_group_object(cause, json_object('requests', requests, 'wait_ns', wait_ns)) AS causes "

#define EXPLAIN_WAIT EXPLAIN_SUM("wait_ns") " AS wait_ns, "

// One row per direction of a member: causes, and all of them together.
#define EXPLAIN_DIRECTIONS                                                                         \
    "(SELECT json_group_object(p.direction, json_object('waited', s.waited, 'wait_ns', p.wait_ns," \
    "                                                   'causes', json(p.causes)))"                \
    "   FROM (SELECT direction, " EXPLAIN_WAIT EXPLAIN_CAUSES                                      \
    "           FROM explain_part WHERE member_id = m.member_id GROUP BY direction) AS p"          \
    "   LEFT JOIN (SELECT direction, waited - (requests - dispatched) AS waited"                   \
    "                FROM member_statistics WHERE run_id = ?1 AND member_id = m.member_id) AS s"   \
    "  USING (direction))"

#define EXPLAIN_MEMBERS                                                                            \
    "SELECT json_object('name', m.name, 'directions', json(" EXPLAIN_DIRECTIONS "))"               \
    "  FROM member AS m WHERE run_id = ?1 AND (?2 IS NULL OR member_id = ?2) ORDER BY member_id"

#define EXPLAIN_INTERVALS                                                                          \
    "SELECT json_object('interval', interval, 'start_ns', interval * r.interval_ns,"               \
    "                   'directions', json_group_object(direction, json(causes)))"                 \
    "  FROM (SELECT interval, direction, " EXPLAIN_CAUSES                                          \
    "          FROM wait_interval WHERE run_id = ?1 AND member_id = ?2"                            \
    "         GROUP BY interval, direction), run AS r WHERE r.run_id = ?1"                         \
    " GROUP BY interval ORDER BY interval"

#define EXPLAIN_ENDS                                                                               \
    EXPLAIN_ENDED                                                                                  \
    "SELECT json_object('at_ns', at_ns, 'group', group_name, 'limit', key,"                        \
    "                   'refill_ns', refill_ns) FROM ended ORDER BY at_ns, place"

// The rows, one piece of JSON each, with something before, between and after.
static bool explain_pieces(const struct explain *explain, const char *before, const char *sql,
                           const char *after)
{
    FILE *out = explain->tables.out;
    sqlite3_stmt *rows = explain_query(explain, sql);
    bool first = true;

    fputs(before, out);
    for (; rows != NULL && report_query_next(rows); first = false) {
        if (!first)
            putc(',', out);
        report_write_utf8(out, report_query_text(rows, 0)); // names may hold anything
    }
    fputs(after, out);
    return report_query_close(rows, explain->tables.error);
}

bool explain_print_json(const struct explain *explain)
{
    return explain_pieces(explain,
                          "{\"run\":", "SELECT " TABLES_JSON_RUN " FROM run WHERE run_id = ?1",
                          ",") &&
           explain_pieces(explain, "\"members\":[", EXPLAIN_MEMBERS, "],") &&
           (explain->member == NULL ||
            explain_pieces(explain, "\"intervals\":[", EXPLAIN_INTERVALS, "],")) &&
           explain_pieces(explain, "\"burst_ends\":[", EXPLAIN_ENDS, "]}\n");
}
