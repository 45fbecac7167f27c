// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of report_explain. Which columns there are depends on the causes that occur.
#include "reports/database_internal.h"
#include "reports/explain/explain_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#define EXPLAIN_ENDS_MAX 20

// A table of shares, one row per member and direction or per interval.
struct print_table {
    const char *title;
    const char *select; // SQL up to the shares, which divide by `whole`
    const char *whole;
    const char *rest; // of the SQL
    const struct grid_column *columns;
    size_t column_count;
    bool without_queue;
};

static bool shows(const struct explain *explain, const struct print_table *table, size_t cause)
{
    return explain->occurs[cause] &&
           !(table->without_queue && explain_causes[cause].kind == EXPLAIN_QUEUE);
}

static void add_shares(const struct explain *explain, const struct print_table *table, FILE *sql,
                       struct grid_column *columns)
{
    size_t count = table->column_count;
    for (size_t cause = 0; cause < EXPLAIN_CAUSE_COUNT; cause++) {
        const struct explain_cause *row = &explain_causes[cause];
        bool below = row->kind == EXPLAIN_BURST && explain->occurs[cause - 1];
        if (!shows(explain, table, cause))
            continue;
        fputs(", 100.0 * total(CASE WHEN ", sql);
        explain_cause_condition(sql, cause);
        fprintf(sql, " THEN wait_ns END) / %s", table->whole);
        columns[count++] = (struct grid_column){
            .above = below ? NULL : row->limit, .name = row->name, .kind = GRID_PERCENT};
    }
}

static bool print_table(const struct explain *explain, const struct print_table *table)
{
    const struct tables_context *tables = &explain->tables;
    struct grid_column columns[COUNT_OF(explain_causes) + 8];
    size_t count = table->column_count, length = 0;
    char *text = NULL;
    FILE *sql = open_memstream(&text, &length);
    for (size_t i = 0; i < count; i++)
        columns[i] = table->columns[i];
    for (size_t cause = 0; cause < EXPLAIN_CAUSE_COUNT; cause++)
        count += shows(explain, table, cause);
    if (sql != NULL) {
        fputs(table->select, sql);
        add_shares(explain, table, sql, columns);
        fputs(table->rest, sql);
    }
    if (sql == NULL || fclose(sql) != 0) {
        free(text);
        snprintf(tables->error->message, sizeof tables->error->message,
                 "explaining run %" PRId64 ": out of memory", tables->run_id);
        return false;
    }
    bool good = tables_grid(tables, table->title, explain_query(explain, text), columns, count);
    free(text);
    return good;
}

// ---- Which members are shown ----

// Several directions are lines of their own, and reads and writes together are one more.
#define EXPLAIN_LINES                                                                              \
    "SELECT total(directions + both) FROM"                                                         \
    " (SELECT count(DISTINCT direction) AS directions,"                                            \
    "         count(DISTINCT CASE WHEN direction IN ('read', 'write') THEN direction END) = 2"     \
    "           AS both FROM explain_part WHERE ?1 > 0 GROUP BY member_id)"

#define EXPLAIN_ORDER                                                                              \
    "CREATE TEMP TABLE explain_order AS"                                                           \
    " SELECT member_id, CASE WHEN ?3 = 0 OR n <= ?3 THEN n ELSE " EXPLAIN_REST " END AS place"     \
    "   FROM (SELECT member_id, row_number() OVER (ORDER BY total(real_ns) DESC, member_id) AS n"  \
    "           FROM explain_part WHERE ?1 > 0 AND (?2 IS NULL OR ?2 = member_id)"                 \
    "          GROUP BY member_id)"

#define EXPLAIN_OF " FROM explain_part JOIN explain_order USING (member_id) WHERE "
#define EXPLAIN_MAKE_ROWS "CREATE TEMP TABLE explain_row AS "
#define EXPLAIN_TOGETHER                                                                           \
    " UNION ALL SELECT place, 4, 'all', cause, real_ns" EXPLAIN_OF "place = " EXPLAIN_REST         \
    " UNION ALL SELECT " EXPLAIN_ALL ", 4, 'all', cause, real_ns" EXPLAIN_OF                       \
    "(SELECT count(*) FROM explain_order) > 1 AND ?1 > 0"

#define EXPLAIN_APART                                                                              \
    "WITH both AS (SELECT member_id FROM explain_part WHERE direction IN ('read', 'write')"        \
    "               GROUP BY member_id HAVING count(DISTINCT direction) = 2)"                      \
    " SELECT place, CASE direction WHEN 'read' THEN 0 WHEN 'write' THEN 1 ELSE 3 END AS line,"     \
    "        direction, cause, real_ns AS wait_ns" EXPLAIN_OF "place < " EXPLAIN_REST              \
    " UNION ALL SELECT place, 2, 'read+write', cause, real_ns" EXPLAIN_OF "place < " EXPLAIN_REST  \
    "   AND direction IN ('read', 'write') AND member_id IN both"

#define EXPLAIN_BRIEF                                                                              \
    "SELECT place, 0 AS line, 'all' AS direction, cause, real_ns AS wait_ns" EXPLAIN_OF            \
    "place < " EXPLAIN_REST

static bool make(const struct explain *explain, const char *sql)
{
    sqlite3_stmt *create = explain_query(explain, sql);
    report_query_next(create);
    return report_query_close(create, explain->tables.error);
}

static bool make_rows(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;
    sqlite3_stmt *rows = explain_query(explain, EXPLAIN_LINES);
    double lines = report_query_next(rows) ? sqlite3_column_double(rows, 0) : 0;
    bool is_brief = tables->style->is_brief && lines > (double)tables->style->top;
    return report_query_close(rows, tables->error) &&
           report_database_execute(tables->database, "adding up the waits",
                                   "DROP TABLE IF EXISTS temp.explain_order;"
                                   "DROP TABLE IF EXISTS temp.explain_row",
                                   tables->error) &&
           make(explain, EXPLAIN_ORDER) &&
           report_database_execute(tables->database, "adding up the waits",
                                   "CREATE INDEX temp.explain_by_place ON explain_order (place)",
                                   tables->error) &&
           make(explain, is_brief ? EXPLAIN_MAKE_ROWS EXPLAIN_BRIEF EXPLAIN_TOGETHER
                                  : EXPLAIN_MAKE_ROWS EXPLAIN_APART EXPLAIN_TOGETHER);
}

// ---- Tables ----

// Those that had waited and had left; NULL: the run has no statistics.
#define EXPLAIN_WAITED                                                                             \
    "(SELECT sum(1.0 * s.waited - (s.requests - s.dispatched))"                                    \
    "   FROM explain_order AS o JOIN member_statistics AS s USING (member_id)"                     \
    "  WHERE o.place BETWEEN r.place % " EXPLAIN_ALL " AND r.place AND s.run_id = ?1"              \
    "    AND s.direction <> 'read+write' AND (r.direction IN ('all', s.direction)"                 \
    "         OR (r.direction = 'read+write' AND s.direction IN ('read', 'write')))), "

// The member's name stands in its first row only.
#define EXPLAIN_NAME                                                                               \
    "CASE WHEN place = " EXPLAIN_ALL " THEN '(all members)' WHEN place = " EXPLAIN_REST            \
    "     THEN '(' || (SELECT count(*) FROM explain_order WHERE place = r.place) || ' more)'"      \
    "     WHEN 1 = row_number() OVER (PARTITION BY place ORDER BY line)"                           \
    "     THEN (SELECT m.name FROM explain_order AS o JOIN member AS m USING (member_id)"          \
    "            WHERE o.place = r.place AND m.run_id = ?1) ELSE '' END, direction, "

#define EXPLAIN_ROWS                                                                               \
    " FROM explain_row AS r WHERE ?1 > 0 GROUP BY place, line, direction"                          \
    " ORDER BY place, line, direction"

// Only of members with several throttles.
static bool print_throttles(const struct explain *explain)
{
    static const struct grid_column columns[] = {
        {NULL, "member", GRID_TEXT}, {NULL, "throttle", GRID_TEXT}, {NULL, "wait", GRID_TIME}};
    static const struct print_table throttles = {
        .title = "Wait by throttle, from above, and cause [% of the wait there]",
        .select = "SELECT CASE WHEN w.stage = (SELECT max(stage) FROM stage_name AS t"
                  "                             WHERE t.run_id = ?1 AND t.member_id = w.member_id)"
                  "            THEN m.name ELSE '' END, w.name, total(wait_ns)",
        .whole = "nullif(total(wait_ns), 0)",
        .rest = " FROM stage_name AS w JOIN explain_order AS o USING (member_id)"
                " JOIN member AS m USING (run_id, member_id)"
                " LEFT JOIN wait_interval AS i USING (run_id, member_id, stage)"
                " WHERE run_id = ?1 AND place < " EXPLAIN_REST
                " GROUP BY w.member_id, w.stage ORDER BY place, w.stage DESC",
        .columns = columns,
        .column_count = COUNT_OF(columns),
    };
    return print_table(explain, &throttles);
}

static bool print_members(const struct explain *explain)
{
    static const struct grid_column columns[] = {{NULL, "member", GRID_TEXT},
                                                 {NULL, "direction", GRID_TEXT},
                                                 {NULL, "waited", GRID_COUNT},
                                                 {NULL, "wait", GRID_TIME}};
    static const struct grid_column first_columns[] = {
        {NULL, "member", GRID_TEXT}, {NULL, "direction", GRID_TEXT}, {NULL, "wait", GRID_TIME}};
    static const struct print_table all = {
        .title = "Wait by cause [% of the wait]",
        .select = "SELECT " EXPLAIN_NAME EXPLAIN_WAITED "total(wait_ns)",
        .whole = "total(wait_ns)",
        .rest = EXPLAIN_ROWS,
        .columns = columns,
        .column_count = COUNT_OF(columns),
    };
#define EXPLAIN_FIRST "nullif(total(CASE WHEN cause <> 'queue' THEN wait_ns END), 0)"
    static const struct print_table first = {
        .title = "Wait of the first in each queue, by cause [% of that wait]",
        .select = "SELECT " EXPLAIN_NAME EXPLAIN_FIRST,
        .whole = EXPLAIN_FIRST,
        .rest = EXPLAIN_ROWS,
        .columns = first_columns,
        .column_count = COUNT_OF(first_columns),
        .without_queue = true,
    };
    return print_table(explain, &all) && print_table(explain, &first) && print_throttles(explain);
}

static bool print_longest(const struct explain *explain)
{
    static const struct grid_column columns[] = {{NULL, "from", GRID_MOMENT},
                                                 {NULL, "wait", GRID_TIME}};
    static const struct print_table longest = {
        .title =
            "Intervals with the longest wait, of the requests that left in them [% of the wait]",
        .select = "SELECT interval * (SELECT 1.0 * interval_ns FROM run WHERE run_id = ?1),"
                  "       total(wait_ns)",
        .whole = "total(wait_ns)",
        .rest = " FROM wait_interval WHERE run_id = ?1 AND member_id = ?2 GROUP BY interval"
                " ORDER BY total(wait_ns) DESC, interval LIMIT 10",
        .columns = columns,
        .column_count = COUNT_OF(columns),
    };
    return print_table(explain, &longest);
}

static bool print_bursts(const struct explain *explain)
{
    static const struct grid_column columns[] = {
        {NULL, "group", GRID_TEXT},  {NULL, "limit", GRID_TEXT},
        {NULL, "times", GRID_COUNT}, {"ran out", "first", GRID_MOMENT},
        {NULL, "last", GRID_MOMENT}, {"refill", "longest", GRID_TIME},
    };
    sqlite3_stmt *rows = explain_query(explain, EXPLAIN_ENDED
                                       "SELECT group_name, key, count(*), min(at_ns), max(at_ns),"
                                       "       max(refill_ns) FROM ended GROUP BY group_id, key"
                                       " ORDER BY group_id, min(place)");
    return tables_grid(&explain->tables, "Burst allowances that ran out", rows, columns,
                       COUNT_OF(columns));
}

static bool print_each_burst(const struct explain *explain)
{
    static const struct grid_column columns[] = {{NULL, "at", GRID_MOMENT},
                                                 {NULL, "group", GRID_TEXT},
                                                 {NULL, "limit", GRID_TEXT},
                                                 {NULL, "refill", GRID_TIME}};
    sqlite3_stmt *rows = explain_query(explain, EXPLAIN_ENDED "SELECT count(*) FROM ended");
    int64_t count = report_query_next(rows) ? sqlite3_column_int64(rows, 0) : 0;
    if (!report_query_close(rows, explain->tables.error))
        return false;
    rows = explain_query(explain, EXPLAIN_ENDED "SELECT at_ns, group_name, key, refill_ns"
                                                " FROM ended ORDER BY at_ns, place LIMIT 20");
    if (!tables_grid(&explain->tables, "Each time one ran out", rows, columns, COUNT_OF(columns)))
        return false;
    if (count > EXPLAIN_ENDS_MAX)
        report_say(explain->tables.style, REPORT_PLAIN, "  and %" PRId64 " more",
                   count - EXPLAIN_ENDS_MAX);
    return true;
}

bool explain_print_tables(const struct explain *explain)
{
    return make_rows(explain) && print_members(explain) &&
           (explain->member == NULL || print_longest(explain)) && print_bursts(explain) &&
           (explain->member == NULL || print_each_burst(explain));
}
