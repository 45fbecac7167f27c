// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/figure.h"

#include "reports/tables/tables_internal.h"

#include <assert.h>
#include <math.h>

// Where a metric stands.
struct figure_row {
    const char *column;
    const char *latency; // of latency_statistics; NULL: of another table
    double quantile;     // 1: what one request without end makes endless
};

static const struct figure_row figure_rows[REPORT_METRIC_COUNT] = {
    [REPORT_P50] = {"p50_ns", "total", 0.5},
    [REPORT_P90] = {"p90_ns", "total", 0.9},
    [REPORT_P99] = {"p99_ns", "total", 0.99},
    [REPORT_MAX] = {"max_ns", "total", 1},
    [REPORT_MEAN] = {"mean_ns", "total", 1},
    [REPORT_WAIT_P50] = {"p50_ns", "throttle_wait", 0.5},
    [REPORT_WAIT_P90] = {"p90_ns", "throttle_wait", 0.9},
    [REPORT_WAIT_P99] = {"p99_ns", "throttle_wait", 0.99},
    [REPORT_WAIT_MAX] = {"max_ns", "throttle_wait", 1},
    [REPORT_WAIT_MEAN] = {"mean_ns", "throttle_wait", 1},
    [REPORT_WAITING] = {"requests - dispatched", NULL, 0},
    [REPORT_IOPS] = {"requests_per_s", NULL, 0},
    [REPORT_THROUGHPUT] = {"bytes_per_s", NULL, 0},
};

bool report_figure_is_known(enum report_metric metric)
{
    return figure_rows[metric].column != NULL;
}

bool report_figure_more_is_worse(enum report_metric metric)
{
    return metric != REPORT_IOPS && metric != REPORT_THROUGHPUT;
}

// The rows: whose, how many requests, how many of them wait, the value. NULL: out of memory.
static char *write_sql(const struct report_figure *figure, const char *total_latency)
{
    const struct figure_row *row = &figure_rows[figure->metric];
    bool is_total = figure->member == NULL && !figure->is_worst;
    bool is_rate = row->latency == NULL && figure->metric != REPORT_WAITING;
    char *value;
    if (figure->metric == REPORT_WAITING)
        value = sqlite3_mprintf(is_total ? "sum(%s)" : "%s", row->column);
    else if (is_rate)
        value = sqlite3_mprintf("(SELECT %s FROM achieved_rate AS a WHERE a.run_id = ?1 AND"
                                " a.direction = ?2 AND a.scope = '%s' AND a.id = %s)",
                                row->column, is_total ? "all" : "member",
                                is_total ? "0" : "s.member_id");
    else if (is_total)
        value = sqlite3_mprintf("(SELECT %s FROM total_latency WHERE part = 0 AND direction = ?2"
                                " AND metric = '%s' AND count > 0)",
                                row->column, row->latency);
    else
        value = sqlite3_mprintf("(SELECT %s FROM latency_statistics AS l WHERE l.run_id = ?1 AND"
                                " l.direction = ?2 AND l.metric = '%s' AND"
                                " l.member_id = s.member_id AND l.count > 0)",
                                row->column, row->latency);
    char *sql = sqlite3_mprintf(
        "%s%s SELECT %s, %s, %z FROM member_statistics AS s WHERE s.run_id = ?1 AND"
        " s.direction = ?2 AND (?3 IS NULL OR s.member_id = (SELECT member_id FROM member AS m"
        " WHERE m.run_id = ?1 AND m.name = ?3)) ORDER BY s.member_id",
        total_latency == NULL ? "" : "WITH ", total_latency == NULL ? "" : total_latency,
        is_total ? "-1, sum(requests)" : "member_id, requests",
        is_total ? "sum(requests - dispatched)" : "requests - dispatched", value);
    return sql;
}

static double read_row(sqlite3_stmt *rows, const struct figure_row *row)
{
    double requests = sqlite3_column_double(rows, 1), waiting = sqlite3_column_double(rows, 2);
    if (row->latency != NULL && waiting > (1 - row->quantile) * requests)
        return INFINITY;
    return sqlite3_column_type(rows, 3) == SQLITE_NULL ? NAN : sqlite3_column_double(rows, 3);
}

bool report_figure_read(struct report_database *database, int64_t run_id,
                        const struct report_figure *figure, double *value, int64_t *member_id,
                        struct report_error *error)
{
    const struct figure_row *row = &figure_rows[figure->metric];
    const struct report_style style = {.format = REPORT_JSON};
    const struct tables_context context = {
        .database = database, .run_id = run_id, .style = &style, .error = error};
    bool needs_total = figure->member == NULL && !figure->is_worst && row->latency != NULL;
    char *total = needs_total ? tables_total_latency(&context) : NULL;
    sqlite3_stmt *rows = NULL;
    assert(report_figure_is_known(figure->metric));
    *value = NAN;
    *member_id = -1;
    if (needs_total && total == NULL)
        return false;
    char *sql = write_sql(figure, total);
    sqlite3_free(total);
    if (sql == NULL)
        return tables_memory(&context);
    rows = report_query_open(database, sql, run_id, error);
    sqlite3_free(sql);
    if (rows == NULL)
        return false;
    sqlite3_bind_text(rows, 2, figure->direction, -1, SQLITE_STATIC);
    sqlite3_bind_text(rows, 3, figure->member, -1, SQLITE_STATIC); // NULL: any
    bool more_is_worse = report_figure_more_is_worse(figure->metric);
    while (report_query_next(rows)) {
        double found = read_row(rows, row);
        if (!isnan(found) && (isnan(*value) || (more_is_worse ? found > *value : found < *value))) {
            *value = found;
            *member_id = sqlite3_column_int64(rows, 0);
        }
    }
    return report_query_close(rows, error);
}
