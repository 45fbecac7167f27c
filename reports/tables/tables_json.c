// SPDX-License-Identifier: GPL-2.0-or-later
// The run as one JSON object, made by SQLite. Times are integer nanoseconds, sizes bytes.
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#define JSON_NOTICES                                                                               \
    "(SELECT json_group_array(json_object('kind', kind, 'source', source, 'count', count,"         \
    "                                     'text', text))"                                          \
    "   FROM (SELECT * FROM notice WHERE run_id = ?1 ORDER BY seq))"

#define JSON_OPERATIONS                                                                            \
    "(SELECT json_group_array(json_object('at_ns', at_ns, 'what', what, 'result', result))"        \
    "   FROM (SELECT * FROM operation WHERE run_id = ?1 ORDER BY seq))"

// Both are grouped once for all groups, not looked up for each: neither table has an index by
// group.
#define JSON_LIMITS                                                                                \
    "(SELECT group_id, json_group_object(key, value) AS limits FROM limit_setting"                 \
    "   JOIN (SELECT group_id, min(at_ns) AS at_ns FROM limit_setting WHERE run_id = ?1"           \
    "          GROUP BY group_id) USING (group_id, at_ns)"                                         \
    "  WHERE run_id = ?1 GROUP BY group_id)"

#define JSON_CONTENDED                                                                             \
    "(SELECT group_id, count(*) AS intervals, avg(jain_requests) AS requests_mean,"                \
    "        min(jain_requests) AS requests_min, avg(jain_bytes) AS bytes_mean,"                   \
    "        min(jain_bytes) AS bytes_min"                                                         \
    "   FROM group_interval WHERE run_id = ?1 AND backlogged >= 2 GROUP BY group_id)"

#define JSON_FAIRNESS                                                                              \
    "json_object('contended_intervals', ifnull(c.intervals, 0),"                                   \
    "            'jain_requests_mean', c.requests_mean, 'jain_requests_min', c.requests_min,"      \
    "            'jain_bytes_mean', c.bytes_mean, 'jain_bytes_min', c.bytes_min,"                  \
    "            'max_service_difference_requests', g.max_service_difference_requests,"            \
    "            'max_service_difference_bytes', g.max_service_difference_bytes)"

#define JSON_GROUPS                                                                                \
    "(SELECT json_group_array(json_object('name', g.name,"                                         \
    "        'limits', json(ifnull(l.limits, '{}')), 'fairness', json(" JSON_FAIRNESS ")))"        \
    "   FROM (SELECT * FROM throttle_group WHERE run_id = ?1"                                      \
    "            AND (?2 = 0 OR group_id IN chosen_groups) ORDER BY group_id) AS g"                \
    "   LEFT JOIN " JSON_LIMITS " AS l USING (group_id)"                                           \
    "   LEFT JOIN " JSON_CONTENDED " AS c USING (group_id))"

// of: where the rows of one direction's latencies are.
#define JSON_LATENCY(of)                                                                           \
    "(SELECT json_group_object(l.metric, json_object('count', l.count, 'mean_ns', l.mean_ns,"      \
    "        'p50_ns', l.p50_ns, 'p90_ns', l.p90_ns, 'p99_ns', l.p99_ns, 'p999_ns', l.p999_ns,"    \
    "        'max_ns', l.max_ns)) FROM " of " AND l.direction = s.direction)"

// of: where the rows of one member's directions are.
#define JSON_DIRECTIONS(of, latency)                                                               \
    "(SELECT json_group_object(s.direction, json_object('requests', s.requests,"                   \
    "        'bytes', s.bytes, 'waited', s.waited, 'dispatched', s.dispatched,"                    \
    "        'completed', s.completed, 'queue_mean', s.queue_mean, 'queue_max', s.queue_max,"      \
    "        'latency', json(" JSON_LATENCY(latency) "))) FROM " of ")"

#define JSON_MEMBERS                                                                               \
    "(SELECT json_group_array(json_object('name', m.name, 'attach', m.attach, 'trace', m.trace,"   \
    "        'directions', json(" JSON_DIRECTIONS("member_statistics AS s WHERE s.run_id = ?1 "    \
                                                  "AND s.member_id = m.member_id",                 \
                                                  "latency_statistics AS l WHERE l.run_id = ?1 "   \
                                                  "AND l.member_id = m.member_id") ")))"           \
                                                                                   "   FROM "      \
                                                                                   "(SELECT * "    \
                                                                                   "FROM chosen "  \
                                                                                   "ORDER BY "     \
                                                                                   "place) AS m)"

#define JSON_TOTAL JSON_DIRECTIONS("total_statistics AS s", "total_latency AS l WHERE true")

bool tables_print_json(const struct tables_context *context)
{
    sqlite3_stmt *rows = tables_statistics_open(
        context,
        " SELECT json_object('run', json(" TABLES_JSON_RUN "), 'notices', json(" JSON_NOTICES "),"
        " 'groups', json(" JSON_GROUPS "), 'members', json(" JSON_MEMBERS "),"
        " 'total', json(" JSON_TOTAL "), 'operations', json(" JSON_OPERATIONS "))"
        "   FROM run WHERE run_id = ?1");

    if (rows != NULL && report_query_next(rows)) {
        report_write_utf8(context->out, report_query_text(rows, 0)); // names may hold anything
        putc('\n', context->out);
    }
    return report_query_close(rows, context->error);
}
