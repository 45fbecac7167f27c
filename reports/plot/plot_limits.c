// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <stdlib.h>
#include <string.h>

#define LIMITS_COLUMNS 2000 // times that can be told apart

static void take_row(const struct plot_run *run, struct plot_limits *limits, sqlite3_stmt *rows)
{
    struct plot_limit_change *change = &limits->changes[limits->count];
    change->group = plot_run_group(run, sqlite3_column_int64(rows, 0));
    change->at_ns = sqlite3_column_double(rows, 2);
    change->value = sqlite3_column_double(rows, 3);
    snprintf(change->key, sizeof change->key, "%s", report_query_text(rows, 1));
    limits->count += change->group < run->drawn_groups;
}

bool plot_limits_load(const struct plot_run *run, struct plot_limits *limits,
                      struct report_error *error)
{
    // Of several changes in a column the last one counts.
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT group_id, key, at_ns, value, max(rowid), count(*) OVER ()"
        "  FROM limit_setting"
        " WHERE run_id = ?1 AND key IN ('iops-total', 'iops-total-max', 'iops-read',"
        "       'iops-read-max', 'iops-write', 'iops-write-max', 'bps-total', 'bps-total-max',"
        "       'bps-read', 'bps-read-max', 'bps-write', 'bps-write-max')"
        " GROUP BY group_id, key, at_ns / ?2 ORDER BY group_id, key, at_ns",
        run->run_id, error);
    bool good = true;
    *limits = (struct plot_limits){NULL, 0};
    if (rows != NULL)
        sqlite3_bind_int64(rows, 2, 1 + (sqlite3_int64)(run->end_ns / LIMITS_COLUMNS));
    while (good && report_query_next(rows)) {
        if (limits->changes == NULL)
            limits->changes =
                calloc((size_t)sqlite3_column_int64(rows, 5), sizeof *limits->changes);
        good = limits->changes != NULL;
        if (good)
            take_row(run, limits, rows);
    }
    if (!report_query_close(rows, error))
        return false;
    if (!good)
        snprintf(error->message, sizeof error->message, "drawing limits: out of memory");
    return good;
}

void plot_limits_free(struct plot_limits *limits)
{
    free(limits->changes);
    *limits = (struct plot_limits){NULL, 0};
}

double plot_limits_at(const struct plot_limits *limits, size_t group, const char *key, double at_ns)
{
    double value = 0;
    for (size_t i = 0; i < limits->count; i++) {
        const struct plot_limit_change *change = &limits->changes[i];
        if (change->group == group && change->at_ns <= at_ns && !strcmp(change->key, key))
            value = change->value;
    }
    return value;
}
