// SPDX-License-Identifier: GPL-2.0-or-later
// What was done during a run, and what came of it.
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <string.h>

static void print_operation(const struct tables_context *context, sqlite3_stmt *rows)
{
    const char *result = report_query_text(rows, 2), *effect = report_query_text(rows, 3);
    char at[GRID_NUMBER_MAX], what[REPORT_LABEL_MAX];
    bool failed = strcmp(result, "done") != 0;
    report_label(what, report_query_text(rows, 1), TABLES_SOURCE_CELLS);
    report_say(context->style, failed ? REPORT_BAD : REPORT_PLAIN, "  at %s: %s:%s %s",
               grid_format(at, sqlite3_column_double(rows, 0), GRID_MOMENT), what,
               failed ? " FAILED:" : "", failed || *effect == '\0' ? result : effect);
}

bool tables_list_operations(const struct tables_context *context, sqlite3_stmt *rows)
{
    int64_t count = 0, top = context->style->top;
    for (; report_query_next(rows); count++) {
        if (count == 0)
            report_title(context->style, "What was done");
        if (top == 0 || count < top)
            print_operation(context, rows);
    }
    tables_print_more(context, count);
    return report_query_close(rows, context->error);
}

bool tables_print_operations(const struct tables_context *context)
{
    sqlite3_stmt *rows =
        report_query_open(context->database,
                          "SELECT o.at_ns, o.what, o.result, e.text FROM operation AS o"
                          "  LEFT JOIN operation_effect AS e USING (run_id, seq)"
                          " WHERE run_id = ?1 ORDER BY seq",
                          context->run_id, context->error);
    return tables_list_operations(context, rows);
}
