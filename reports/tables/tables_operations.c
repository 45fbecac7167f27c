// SPDX-License-Identifier: GPL-2.0-or-later
// What was done during a run, and what came of it.
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <inttypes.h>
#include <string.h>

#define OPERATIONS_INDENT 6

// Prints the text, which may hold anything, from this column on; later lines are indented.
static void print_words(const struct tables_context *context, int column, const char *text)
{
    char word[REPORT_LABEL_MAX], label[REPORT_LABEL_MAX];
    int width = context->style->width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : context->style->width;
    while (*(text += strspn(text, " ")) != '\0') {
        size_t length = strcspn(text, " ");
        size_t part = length < sizeof word - 1 ? length : sizeof word - 1;
        memcpy(word, text, part);
        word[part] = '\0';
        int characters = (int)report_label(label, word, 127);
        if (column + 1 + characters > width && column > OPERATIONS_INDENT)
            column = fprintf(context->style->out, "\n%*s", OPERATIONS_INDENT - 1, "") - 1;
        fprintf(context->style->out, " %s", label);
        column += 1 + characters;
        text += length;
    }
    putc('\n', context->style->out);
}

static void print_operation(const struct tables_context *context, sqlite3_stmt *rows)
{
    const char *result = report_query_text(rows, 2), *effect = report_query_text(rows, 3);
    char what[REPORT_LABEL_MAX];
    bool failed = strcmp(result, "done") != 0;
    size_t characters = report_label(what, report_query_text(rows, 1), 60);
    int column =
        fprintf(context->style->out, "  at %.9g s: ", sqlite3_column_double(rows, 0) / 1e9);
    fprintf(context->style->out, "%s:%s", what, failed ? " FAILED:" : "");
    column += (int)characters + (failed ? 9 : 1);
    print_words(context, column, failed || *effect == '\0' ? result : effect);
}

bool tables_list_operations(const struct tables_context *context, sqlite3_stmt *rows)
{
    int64_t count = 0, top = context->style->top;
    for (; report_query_next(rows); count++) {
        if (count == 0)
            fputs("\nWhat was done\n", context->style->out);
        if (top == 0 || count < top)
            print_operation(context, rows);
    }
    if (top > 0 && count > top)
        fprintf(context->style->out, "  and %" PRId64 " more\n", count - top);
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
