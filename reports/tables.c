// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/tables.h"

#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TABLES_TEXT_CHARACTERS 120 // of a sentence
#define TABLES_FAILED_MAX 10       // failed operations that are listed

bool tables_memory(const struct tables_context *context)
{
    snprintf(context->error->message, sizeof context->error->message,
             "printing run %" PRId64 ": out of memory", context->run_id);
    return false;
}

static void tables_cell(struct grid *grid, sqlite3_stmt *rows, int column, enum grid_kind kind)
{
    char label[REPORT_LABEL_MAX];

    if (kind == GRID_TEXT) {
        report_label(label, report_query_text(rows, column), TABLES_NAME_CHARACTERS);
        grid_text(grid, label);
    } else if (sqlite3_column_type(rows, column) == SQLITE_NULL) {
        grid_nothing(grid);
    } else {
        grid_number(grid, sqlite3_column_double(rows, column));
    }
}

bool tables_grid_rows(const struct tables_context *context, const char *title, sqlite3_stmt *rows,
                      const struct grid_column *columns, size_t column_count)
{
    struct grid *grid = grid_create(columns, column_count);
    bool good = true;

    while (rows != NULL && grid != NULL && report_query_next(rows)) {
        for (size_t c = 0; c < column_count; c++)
            tables_cell(grid, rows, (int)c, columns[c].kind);
    }
    if (!report_query_close(rows, context->error)) {
        grid_free(grid);
        return false;
    }
    if (grid != NULL && grid_rows(grid) > 0) {
        fprintf(context->out, "\n%s\n", title);
        good = grid_print(grid, context->out);
    }
    good = good && grid != NULL;
    grid_free(grid);
    return good || tables_memory(context);
}

bool tables_grid(const struct tables_context *context, const char *title, const char *sql,
                 const struct grid_column *columns, size_t column_count)
{
    sqlite3_stmt *rows = report_query_open(context->database, sql, context->run_id, context->error);

    return tables_grid_rows(context, title, rows, columns, column_count);
}

static void tables_print_status(const struct tables_context *context, const char *status,
                                const char *error)
{
    char label[REPORT_LABEL_MAX];

    report_label(label, error, TABLES_TEXT_CHARACTERS);
    if (!strcmp(status, "running"))
        fputs("*** NOT COMPLETE: this run is still going on, or was killed; "
              "what follows is what it stored so far ***\n",
              context->out);
    else if (!strcmp(status, "interrupted"))
        fputs("*** NOT COMPLETE: this run was interrupted; what follows is its first part ***\n",
              context->out);
    else if (!strcmp(status, "failed"))
        fputs("*** FAILED: what follows cannot be relied on ***\n", context->out);
    if (*label)
        fprintf(context->out, "*** reason: %s ***\n", label);
}

// A count, or "?" for one that was never stored.
static void tables_print_count(FILE *out, sqlite3_stmt *rows, int column, const char *what)
{
    if (sqlite3_column_type(rows, column) == SQLITE_NULL)
        fprintf(out, "? %s", what);
    else
        fprintf(out, "%lld %s", (long long)sqlite3_column_int64(rows, column), what);
}

static void tables_print_head_row(const struct tables_context *context, sqlite3_stmt *rows)
{
    static const char *const names[] = {"name", "status", "error", "engine", "device", "digest"};
    char labels[sizeof names / sizeof names[0]][REPORT_LABEL_MAX];
    FILE *out = context->out;

    for (int i = 0; i < 6; i++)
        report_label(labels[i], report_query_text(rows, i), i == 0 ? 80 : 40);
    fprintf(out, "run %" PRId64 "  %s  %s\n", context->run_id, labels[0], labels[1]);
    tables_print_status(context, report_query_text(rows, 1), report_query_text(rows, 2));
    fprintf(out, "engine %s, device %s, ", labels[3], labels[4]);
    if (sqlite3_column_type(rows, 6) == SQLITE_NULL)
        fputs("simulated ? s", out);
    else
        fprintf(out, "simulated %.3f s", sqlite3_column_double(rows, 6) / 1e9);
    fprintf(out, ", digest %s\nrequests: ", *labels[5] ? labels[5] : "?");
    tables_print_count(out, rows, 7, "arrived, ");
    tables_print_count(out, rows, 8, "dispatched, ");
    tables_print_count(out, rows, 9, "completed, ");
    tables_print_count(out, rows, 10, "still waiting, ");
    tables_print_count(out, rows, 11, "still at the device\n");
}

bool tables_print_head(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database,
        "SELECT name, status, error, engine, device, digest, end_ns, arrived, dispatched,"
        "       completed, arrived - dispatched, dispatched - completed"
        "  FROM run WHERE run_id = ?1",
        context->run_id, context->error);

    if (rows != NULL && report_query_next(rows))
        tables_print_head_row(context, rows);
    return report_query_close(rows, context->error);
}

// What is missing from the input changes what the numbers mean, so it comes before them.
static bool tables_print_notices(const struct tables_context *context)
{
    sqlite3_stmt *rows = report_query_open(
        context->database,
        "SELECT source, text, kind, count FROM notice WHERE run_id = ?1 ORDER BY seq",
        context->run_id, context->error);
    bool first = true;

    while (rows != NULL && report_query_next(rows)) {
        char labels[3][REPORT_LABEL_MAX];

        for (int i = 0; i < 3; i++)
            report_label(labels[i], report_query_text(rows, i), i == 1 ? 127 : 60);
        fprintf(context->out, "%s  %s: %s [%s, %lld]\n", first ? "\nNotices of the input\n" : "",
                labels[0], labels[1], labels[2], (long long)sqlite3_column_int64(rows, 3));
        first = false;
    }
    return report_query_close(rows, context->error);
}

static bool tables_print_operations(const struct tables_context *context)
{
    sqlite3_stmt *rows =
        report_query_open(context->database,
                          "SELECT count(*), sum(result <> 'done') FROM operation WHERE run_id = ?1",
                          context->run_id, context->error);
    long long count = 0, failed = 0;

    if (rows != NULL && report_query_next(rows)) {
        count = sqlite3_column_int64(rows, 0);
        failed = sqlite3_column_int64(rows, 1);
    }
    if (!report_query_close(rows, context->error))
        return false;
    if (count == 0)
        return true;
    fprintf(context->out, "\nControl operations: %lld, of which %lld failed\n", count, failed);

    rows = report_query_open(context->database,
                             "SELECT at_ns / 1e9, what, result FROM operation"
                             " WHERE run_id = ?1 AND result <> 'done' ORDER BY seq",
                             context->run_id, context->error);
    for (int i = 0; i < TABLES_FAILED_MAX && rows != NULL && report_query_next(rows); i++) {
        char what[REPORT_LABEL_MAX], result[REPORT_LABEL_MAX];

        report_label(what, report_query_text(rows, 1), 60);
        report_label(result, report_query_text(rows, 2), TABLES_TEXT_CHARACTERS);
        fprintf(context->out, "  at %.6f s: %s: %s\n", sqlite3_column_double(rows, 0), what,
                result);
    }
    if (failed > TABLES_FAILED_MAX)
        fprintf(context->out, "  and %lld more\n", failed - TABLES_FAILED_MAX);
    return report_query_close(rows, context->error);
}

// Which members the tables are of, if not of all.
static bool tables_print_top(const struct tables_context *context)
{
    sqlite3_stmt *rows =
        report_query_open(context->database, "SELECT count(*) FROM member WHERE run_id = ?1",
                          context->run_id, context->error);
    int64_t members = rows != NULL && report_query_next(rows) ? sqlite3_column_int64(rows, 0) : 0;

    if (context->top > 0 && members > context->top)
        fprintf(context->out,
                "\nThe %" PRId64 " of %" PRId64 " members whose requests waited longest\n",
                context->top, members);
    return report_query_close(rows, context->error);
}

static bool tables_print_text(const struct tables_context *context)
{
    return tables_print_head(context) && tables_print_notices(context) &&
           tables_print_top(context) && tables_print_members(context) &&
           tables_print_groups(context) && tables_print_operations(context);
}

bool report_print_top(struct report_database *database, int64_t run_id, int64_t top,
                      enum report_format format, FILE *out, struct report_error *error)
{
    struct tables_context context = {database, run_id, out, error, top, NULL};

    if (!report_query_run_exists(database, run_id, error))
        return false;

    char *total_latency = tables_total_latency(&context);

    context.total_latency = total_latency;
    bool good = total_latency != NULL &&
                (format == REPORT_JSON ? tables_print_json(&context) : tables_print_text(&context));
    sqlite3_free(total_latency);
    if (good && (fflush(out) != 0 || ferror(out))) {
        snprintf(error->message, sizeof error->message, "writing the tables of run %" PRId64 ": %s",
                 run_id, strerror(errno));
        return false;
    }
    return good;
}

bool report_print(struct report_database *database, int64_t run_id, enum report_format format,
                  FILE *out, struct report_error *error)
{
    return report_print_top(database, run_id, 0, format, out, error);
}
