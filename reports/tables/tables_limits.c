// SPDX-License-Identifier: GPL-2.0-or-later
// What the limits of groups let through, in words.
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <stdlib.h>
#include <string.h>

enum limits_column {
    LIMITS_GROUP,
    LIMITS_NAME,
    LIMITS_SETTINGS,
    LIMITS_OP_SIZE,
    LIMITS_KEY,
    LIMITS_UNIT,
    LIMITS_RATE,
    LIMITS_ALLOWANCE,
    LIMITS_BURST_RATE,
    LIMITS_AT_ONCE,
    LIMITS_BURST_NS,
    LIMITS_REFILL_NS,
    LIMITS_SINCE,
};

static bool is_null(sqlite3_stmt *rows, enum limits_column column)
{
    return sqlite3_column_type(rows, (int)column) == SQLITE_NULL;
}

static const char *amount(sqlite3_stmt *rows, enum limits_column column, char text[GRID_NUMBER_MAX])
{
    bool counts_bytes = strcmp(report_query_text(rows, LIMITS_UNIT), "bytes") == 0;
    return grid_format(text, sqlite3_column_double(rows, (int)column),
                       counts_bytes ? GRID_BYTES : GRID_NUMBER);
}

static const char *duration(sqlite3_stmt *rows, enum limits_column column,
                            char text[GRID_NUMBER_MAX])
{
    return grid_format(text, sqlite3_column_double(rows, (int)column), GRID_TIME);
}

// "iops-total 300/s, bursts of 900/s for 4.5 s, full again after 9 s"
static void put_limit(FILE *out, sqlite3_stmt *rows)
{
    char key[REPORT_LABEL_MAX], text[GRID_NUMBER_MAX];
    bool counts_bytes = strcmp(report_query_text(rows, LIMITS_UNIT), "bytes") == 0;
    report_label(key, report_query_text(rows, LIMITS_KEY), GRID_TEXT_MAX);
    fprintf(out, "%s %s/s", key, amount(rows, LIMITS_RATE, text));
    if (!counts_bytes && sqlite3_column_int64(rows, LIMITS_OP_SIZE) > 0)
        fprintf(out, " of up to %lld B", (long long)sqlite3_column_int64(rows, LIMITS_OP_SIZE));
    if (!is_null(rows, LIMITS_BURST_NS)) {
        fprintf(out, ", bursts of %s/s", amount(rows, LIMITS_BURST_RATE, text));
        fprintf(out, " for %s", duration(rows, LIMITS_BURST_NS, text));
    } else if (!is_null(rows, LIMITS_AT_ONCE) &&
               (counts_bytes || sqlite3_column_double(rows, LIMITS_AT_ONCE) >= 1)) {
        fprintf(out, ", %s more at once", amount(rows, LIMITS_AT_ONCE, text));
    }
    if (!is_null(rows, LIMITS_REFILL_NS))
        fprintf(out, ", full again after %s", duration(rows, LIMITS_REFILL_NS, text));
}

// A group's name stands before its first limit.
static bool print_limit(const struct tables_context *context, sqlite3_stmt *rows, bool is_first)
{
    char name[REPORT_LABEL_MAX], moment[GRID_NUMBER_MAX], since[GRID_NUMBER_MAX + 16] = "";
    char *text = NULL;
    const char *settings = report_query_text(rows, LIMITS_SETTINGS);
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return tables_memory(context);
    if (!is_null(rows, LIMITS_KEY))
        put_limit(out, rows);
    else
        fputs(*settings ? settings : "none", out);
    if (fclose(out) != 0) {
        free(text);
        return tables_memory(context);
    }
    report_label(name, report_query_text(rows, LIMITS_NAME), GRID_TEXT_MAX);
    // A group that came up meanwhile.
    if (sqlite3_column_int64(rows, LIMITS_SINCE) > 0)
        snprintf(since, sizeof since, " (from %s on)",
                 grid_format(moment, sqlite3_column_double(rows, LIMITS_SINCE), GRID_MOMENT));
    if (is_first)
        report_say(context->style, REPORT_PLAIN, "  %s%s:", name, since);
    report_say(context->style, REPORT_PLAIN, "    %s", text);
    free(text);
    return true;
}

// Limits as they are set first for each group: what they let through, or, as far as an earlier
// version stored only that, their values without those that have no effect. Groups of members that
// are shown come first.
#define LIMITS_AT_START                                                                            \
    ", first AS (SELECT group_id, min(at_ns) AS at_ns FROM limit_setting"                          \
    "             WHERE run_id = ?1 GROUP BY group_id),"                                           \
    " settings AS (SELECT group_id, group_concat(key || '=' || value, ' ') AS text,"               \
    "                     max(CASE key WHEN 'iops-size' THEN value END) AS op_size"                \
    "                FROM limit_setting JOIN first USING (group_id, at_ns)"                        \
    "               WHERE run_id = ?1 AND value <> (key LIKE '%-length') GROUP BY group_id),"      \
    " effects AS (SELECT e.rowid AS place, e.* FROM limit_effect AS e"                             \
    "               JOIN first USING (group_id, at_ns) WHERE run_id = ?1 AND rate > 0)"            \
    " SELECT g.group_id, g.name, s.text, s.op_size, e.key, e.unit, e.rate, e.allowance,"           \
    "        e.burst_rate, e.at_once, e.burst_ns, e.refill_ns, f.at_ns"                            \
    "   FROM throttle_group AS g LEFT JOIN settings AS s USING (group_id)"                         \
    "   LEFT JOIN effects AS e USING (group_id) LEFT JOIN first AS f USING (group_id)"             \
    "  WHERE g.run_id = ?1"                                                                        \
    "  ORDER BY ?2 > 0 AND g.group_id NOT IN chosen_groups, g.group_id, e.place"

bool tables_print_limits(const struct tables_context *context)
{
    sqlite3_stmt *rows = tables_statistics_open(context, LIMITS_AT_START);
    int64_t last = -1, groups = 0, top = context->style->top;
    bool good = true;
    while (good && report_query_next(rows)) {
        int64_t group = sqlite3_column_int64(rows, LIMITS_GROUP);
        bool is_first = group != last;
        groups += is_first;
        if (groups == 1 && is_first)
            report_title(context->style, "Limits at the start");
        if (top == 0 || groups <= top)
            good = print_limit(context, rows, is_first);
        last = group;
    }
    tables_print_more(context, groups);
    return report_query_close(rows, context->error) && good;
}
