// SPDX-License-Identifier: GPL-2.0-or-later
// What was assumed, and what was achieved under it.
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

bool tables_print_assumptions(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database, "SELECT key, text FROM assumption WHERE run_id = ?1 ORDER BY seq",
        context->run_id, context->error);
    char key[REPORT_LABEL_MAX], text[REPORT_LABEL_MAX];
    bool any = false;
    while (report_query_next(rows)) {
        if (!any)
            report_title(context->style, "Assumed");
        any = true;
        report_label(key, report_query_text(rows, 0), GRID_TEXT_MAX);
        report_label(text, report_query_text(rows, 1), 127);
        report_say(context->style, REPORT_PLAIN, "  %s: %s", key, text);
    }
    return report_query_close(rows, context->error);
}

// Members, then groups, then all. What would say the same again is left out: the group of a single
// member, and all together if they are one group.
#define ACHIEVED_RATES                                                                             \
    "demanded_requests_per_s, requests_per_s, busy_requests_per_s, demanded_bytes_per_s,"          \
    " bytes_per_s, busy_bytes_per_s, busy_share"
#define ACHIEVED_ROWS                                                                              \
    ", rates AS (SELECT *, count(*) FILTER (WHERE scope = 'member') OVER () AS members"            \
    "              FROM achieved_rate JOIN achieved USING (run_id, scope, id, direction)"          \
    "             WHERE run_id = ?1 AND direction = 'read+write'),"                                \
    " named AS (SELECT c.place, c.name, " ACHIEVED_RATES " FROM chosen AS c"                       \
    "             JOIN rates AS r ON r.scope = 'member' AND r.id = c.member_id"                    \
    "  UNION ALL SELECT 1 << 60, '(' || count(*) || ' more)', sum(demanded_requests_per_s),"       \
    "                   sum(requests_per_s), NULL, sum(demanded_bytes_per_s), sum(bytes_per_s),"   \
    "                   NULL, NULL FROM rates WHERE scope = 'member' AND id IN hidden"             \
    "            HAVING count(*) > 0"                                                              \
    "  UNION ALL SELECT (1 << 61) + g.group_id, 'group ' || g.name, " ACHIEVED_RATES               \
    "              FROM throttle_group AS g"                                                       \
    "              JOIN rates AS r ON r.scope = 'throttle_group' AND r.id = g.group_id"            \
    "            WHERE g.run_id = ?1 AND members > 1"                                              \
    "                  AND (?2 = 0 OR g.group_id IN chosen_groups)"                                \
    "  UNION ALL SELECT 1 << 62, '(all members)', " ACHIEVED_RATES " FROM rates AS r"              \
    "            WHERE r.scope = 'all' AND members > 1 AND NOT EXISTS"                             \
    "                  (SELECT 1 FROM rates AS g WHERE g.scope = 'throttle_group'"                 \
    "                    AND g.arrived = r.arrived AND g.completed = r.completed))"

// Does who waits ask for less?
static bool has_feedback(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database,
        "SELECT 1 FROM assumption WHERE run_id = ?1 AND key = 'feedback' AND value <> 'none'",
        context->run_id, context->error);
    bool has = report_query_next(rows);
    return report_query_close(rows, context->error) && has;
}

bool tables_print_achieved(const struct tables_context *context)
{
    static const struct grid_column columns[] = {
        {NULL, "", GRID_TEXT},
        {"requests/s", "demanded", GRID_NUMBER},
        {NULL, "achieved", GRID_NUMBER},
        {NULL, "busy", GRID_NUMBER},
        {"bytes/s", "demanded", GRID_BYTES},
        {NULL, "achieved", GRID_BYTES},
        {NULL, "busy", GRID_BYTES},
        {"", "busy", GRID_PERCENT},
    };
    return tables_grid(
        context,
        has_feedback(context)
            ? "Reads and writes per second: demanded by threads that wait, achieved over the run, "
              "and while busy (any in the throttle or at the device)"
            : "Reads and writes per second: demanded, achieved over the run, and while "
              "busy (any in the throttle or at the device)",
        tables_statistics_open(context, ACHIEVED_ROWS
                               " SELECT name, demanded_requests_per_s, requests_per_s,"
                               "        busy_requests_per_s, demanded_bytes_per_s, bytes_per_s,"
                               "        busy_bytes_per_s, 100 * busy_share"
                               "   FROM named ORDER BY place"),
        columns, COUNT_OF(columns));
}
