// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/explain/explain_causes.h"

#include "reports/query.h"

#include <string.h>

#define LIMIT(key)                                                                                 \
    {key, EXPLAIN_LIMIT, key, "avg"},                                                              \
    {                                                                                              \
        key "-max", EXPLAIN_BURST, key, "max"                                                      \
    }

const struct explain_cause explain_causes[EXPLAIN_CAUSE_COUNT] = {
    LIMIT("bps-total"),
    LIMIT("bps-read"),
    LIMIT("bps-write"),
    LIMIT("iops-total"),
    LIMIT("iops-read"),
    LIMIT("iops-write"),
    {"turn", EXPLAIN_TURN, "", "turn"},
    {"queue", EXPLAIN_QUEUE, "", "queue"},
    {"timer", EXPLAIN_TIMER, "", "timer"},
    {"drain", EXPLAIN_DRAIN, "", "drain"},
    {"other", EXPLAIN_OTHER, "", "other"},
};

size_t explain_cause_find(const char *key)
{
    size_t cause = 0;
    while (cause + 1 < EXPLAIN_CAUSE_COUNT && strcmp(explain_causes[cause].key, key) != 0)
        cause++;
    return cause;
}

void explain_cause_condition(FILE *sql, size_t cause)
{
    if (explain_causes[cause].kind != EXPLAIN_OTHER) {
        fprintf(sql, "cause = '%s'", explain_causes[cause].key);
        return;
    }
    fputs("cause NOT IN (", sql);
    for (size_t i = 0; i + 1 < EXPLAIN_CAUSE_COUNT; i++)
        fprintf(sql, "%s'%s'", i > 0 ? ", " : "", explain_causes[i].key);
    fputc(')', sql);
}

// The first column of the first row.
static bool ask(struct report_database *database, int64_t run_id, const char *sql, bool *answer,
                struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(database, sql, run_id, error);
    *answer = report_query_next(rows) && sqlite3_column_int(rows, 0);
    return report_query_close(rows, error);
}

enum explain_stored explain_stored(struct report_database *database, int64_t run_id,
                                   struct report_error *error)
{
    bool tables, told = false;
    // A file of schema 1 may be read, but then lacks the tables; in one that was brought up to date
    // they are empty for the runs from before.
    if (!ask(database, run_id,
             "SELECT count(*) = 2 AND ?1 = ?1 FROM sqlite_schema"
             " WHERE name IN ('wait_interval', 'burst_end')",
             &tables, error))
        return EXPLAIN_UNREADABLE;
    if (tables && !ask(database, run_id,
                       "SELECT EXISTS (SELECT 1 FROM wait_interval WHERE run_id = ?1)"
                       "    OR NOT EXISTS (SELECT 1 FROM latency_statistics WHERE run_id = ?1"
                       "                    AND metric = 'throttle_wait' AND max_ns > 0)",
                       &told, error))
        return EXPLAIN_UNREADABLE;
    return told ? EXPLAIN_STORED : EXPLAIN_UNKNOWN;
}
