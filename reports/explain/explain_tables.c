// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of report_explain. Which columns there are depends on the causes that occur; where
// they are too many for a terminal, the table goes on in another.
#include "reports/explain/explain_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#define EXPLAIN_WIDTH 100 // characters of a line
#define EXPLAIN_GAP 2
#define EXPLAIN_FIXED 33 // what the columns before the shares take, besides the name
#define EXPLAIN_SHARE 5  // "100.0"
#define EXPLAIN_KEY 10   // "iops-total"
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

// In shown, reads and writes of a member together are rows of place 2, all members of place 4.
#define EXPLAIN_SHOWN                                                                              \
    "WITH both AS (SELECT member_id FROM explain_part WHERE direction IN ('read', 'write')"        \
    "               GROUP BY member_id HAVING count(DISTINCT direction) = 2),"                     \
    " shown AS (SELECT member_id, direction, cause, real_ns AS wait_ns,"                           \
    "             CASE direction WHEN 'read' THEN 0 WHEN 'write' THEN 1 ELSE 3 END AS place"       \
    "             FROM explain_part"                                                               \
    "           UNION ALL SELECT member_id, 'read+write', cause, real_ns, 2 FROM explain_part"     \
    "            WHERE direction IN ('read', 'write') AND member_id IN both"                       \
    "           UNION ALL SELECT 0, '', cause, real_ns, 4 FROM explain_part"                       \
    "            WHERE (SELECT count(DISTINCT member_id) FROM explain_part) > 1)"                  \
    " SELECT CASE WHEN place = 4 THEN 'all'"                                                       \
    "             WHEN 1 = row_number() OVER"                                                      \
    "                        (PARTITION BY shown.member_id, place = 4 ORDER BY place)"             \
    "             THEN m.name ELSE '' END, direction, "

// Those that had waited and had left; NULL: the run has no statistics.
#define EXPLAIN_LEFT                                                                               \
    "(SELECT sum(1.0 * s.waited - (s.requests - s.dispatched))"                                    \
    " FROM member_statistics AS s WHERE s.run_id = ?1 AND "

#define EXPLAIN_WAITED                                                                             \
    "CASE place WHEN 4 THEN " EXPLAIN_LEFT "s.direction <> 'read+write')"                          \
    " ELSE " EXPLAIN_LEFT "s.member_id = shown.member_id AND s.direction = shown.direction) END, "

#define EXPLAIN_BY_MEMBER                                                                          \
    " FROM shown LEFT JOIN member AS m ON m.run_id = ?1 AND m.member_id = shown.member_id"         \
    " GROUP BY shown.member_id, place ORDER BY place = 4, shown.member_id, place"

// What the cause's columns take; a limit's and its burst part's count as one, so that no table ends
// between them.
static size_t width_of(const struct explain *explain, size_t cause)
{
    bool limit = explain_causes[cause].kind == EXPLAIN_LIMIT;
    bool burst = explain_causes[cause].kind == EXPLAIN_BURST;
    if (limit && explain->occurs[cause + 1])
        return 2 * (EXPLAIN_SHARE + EXPLAIN_GAP);
    if (burst && explain->occurs[cause - 1])
        return 0;
    return (limit || burst ? EXPLAIN_KEY : EXPLAIN_SHARE) + EXPLAIN_GAP;
}

static bool shows(const struct explain *explain, const struct print_table *table, size_t cause)
{
    return explain->occurs[cause] &&
           !(table->without_queue && explain_causes[cause].kind == EXPLAIN_QUEUE);
}

// One past the last cause of those from `first` on that fit on a line.
static size_t fit_causes(const struct explain *explain, const struct print_table *table,
                         size_t first, size_t room)
{
    size_t used = 0, cause = first;
    for (; cause < EXPLAIN_CAUSE_COUNT; cause++) {
        used += shows(explain, table, cause) ? width_of(explain, cause) : 0;
        if (used > room)
            break;
    }
    return cause > first ? cause : first + 1;
}

static void add_shares(const struct explain *explain, const struct print_table *table, size_t first,
                       size_t end, FILE *sql, struct grid_column *columns)
{
    size_t count = table->column_count;
    for (size_t cause = first; cause < end; cause++) {
        const struct explain_cause *row = &explain_causes[cause];
        bool below = row->kind == EXPLAIN_BURST && cause > first && explain->occurs[cause - 1];
        if (!shows(explain, table, cause))
            continue;
        fputs(", 100.0 * total(CASE WHEN ", sql);
        explain_cause_condition(sql, cause);
        fprintf(sql, " THEN wait_ns END) / %s", table->whole);
        columns[count++] = (struct grid_column){below ? NULL : row->limit, row->name, GRID_PERCENT};
    }
}

// One table with the shares of the causes [first, end).
static bool print_shares(const struct explain *explain, const struct print_table *table,
                         size_t first, size_t end)
{
    const struct tables_context *tables = &explain->tables;
    struct grid_column columns[COUNT_OF(explain_causes) + 8];
    size_t count = table->column_count, length = 0;
    char *text = NULL, title[128];
    FILE *sql = open_memstream(&text, &length);
    for (size_t i = 0; i < count; i++)
        columns[i] = table->columns[i];
    for (size_t cause = first; cause < end; cause++)
        count += shows(explain, table, cause);
    if (sql != NULL) {
        fputs(table->select, sql);
        add_shares(explain, table, first, end, sql, columns);
        fputs(table->rest, sql);
    }
    if (sql == NULL || fclose(sql) != 0) {
        free(text);
        snprintf(tables->error->message, sizeof tables->error->message,
                 "explaining run %" PRId64 ": out of memory", tables->run_id);
        return false;
    }
    snprintf(title, sizeof title, "%s%s", table->title, first > 0 ? " (more causes)" : "");
    bool good = tables_grid(tables, title, explain_query(explain, text), columns, count);
    free(text);
    return good;
}

static bool print_table(const struct explain *explain, const struct print_table *table,
                        size_t name_width)
{
    size_t room = EXPLAIN_WIDTH - EXPLAIN_FIXED - name_width, first = 0;
    bool good = true;
    while (good && first < EXPLAIN_CAUSE_COUNT) {
        size_t end = fit_causes(explain, table, first, room);
        good = print_shares(explain, table, first, end);
        first = end;
        while (first < EXPLAIN_CAUSE_COUNT && !shows(explain, table, first))
            first++;
    }
    return good;
}

// What the longest name of those that are shown takes.
static bool find_name_width(const struct explain *explain, size_t *width)
{
    sqlite3_stmt *rows =
        explain_query(explain, "SELECT name FROM member WHERE run_id = ?1 AND"
                               " member_id IN (SELECT member_id FROM explain_part)");
    char label[REPORT_LABEL_MAX];
    *width = sizeof "member" - 1;
    while (report_query_next(rows)) {
        size_t length = report_label(label, report_query_text(rows, 0), TABLES_NAME_CHARACTERS);
        *width = length > *width ? length : *width;
    }
    return report_query_close(rows, explain->tables.error);
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
        .select = EXPLAIN_SHOWN EXPLAIN_WAITED "total(wait_ns)",
        .whole = "total(wait_ns)",
        .rest = EXPLAIN_BY_MEMBER,
        .columns = columns,
        .column_count = COUNT_OF(columns),
    };
#define EXPLAIN_FIRST "nullif(total(CASE WHEN cause <> 'queue' THEN wait_ns END), 0)"
    static const struct print_table first = {
        .title = "Wait of the first in each queue, by cause [% of that wait]",
        .select = EXPLAIN_SHOWN EXPLAIN_FIRST,
        .whole = EXPLAIN_FIRST,
        .rest = EXPLAIN_BY_MEMBER,
        .columns = first_columns,
        .column_count = COUNT_OF(first_columns),
        .without_queue = true,
    };
    size_t width;
    return find_name_width(explain, &width) && print_table(explain, &all, width) &&
           print_table(explain, &first, width);
}

static bool print_longest(const struct explain *explain)
{
    static const struct grid_column columns[] = {{NULL, "from", GRID_TIME},
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
    return print_table(explain, &longest, 0);
}

static bool print_bursts(const struct explain *explain)
{
    static const struct grid_column columns[] = {
        {NULL, "group", GRID_TEXT},  {NULL, "limit", GRID_TEXT},
        {NULL, "times", GRID_COUNT}, {"ran out", "first", GRID_TIME},
        {NULL, "last", GRID_TIME},   {"refill", "longest", GRID_TIME},
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
    static const struct grid_column columns[] = {{NULL, "at", GRID_TIME},
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
        fprintf(explain->tables.style->out, "and %" PRId64 " more\n", count - EXPLAIN_ENDS_MAX);
    return true;
}

bool explain_print_tables(const struct explain *explain)
{
    return print_members(explain) && (explain->member == NULL || print_longest(explain)) &&
           print_bursts(explain) && (explain->member == NULL || print_each_burst(explain));
}
