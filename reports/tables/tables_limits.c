// SPDX-License-Identifier: GPL-2.0-or-later
// What the limits of groups let through, in words.
#include "reports/label.h"
#include "reports/tables/tables_internal.h"

#include <inttypes.h>
#include <string.h>

#define LIMITS_TEXT 32
#define LIMITS_NAME_BESIDE 16 // characters of a name before its first limit; a longer one is above

struct limits_unit {
    double scale;
    const char *name;
};

// Three digits, in the largest unit of which there is one.
static const char *put(double value, const struct limits_unit *units, char text[LIMITS_TEXT])
{
    while (units[1].name != NULL && value < units->scale)
        units++;
    snprintf(text, LIMITS_TEXT, "%.3g%s", value / units->scale, units->name);
    return text;
}

static const char *amount(sqlite3_stmt *rows, int column, bool counts_bytes, char text[LIMITS_TEXT])
{
    static const struct limits_unit units[] = {{1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"},
                                               {1e3, " kB"},  {1, " B"},    {0, NULL}};
    double value = sqlite3_column_double(rows, column);
    if (counts_bytes)
        return put(value, units, text);
    snprintf(text, LIMITS_TEXT, value >= 100 ? "%.0f" : "%.3g", value);
    return text;
}

static const char *duration(sqlite3_stmt *rows, int column, char text[LIMITS_TEXT])
{
    static const struct limits_unit units[] = {{1e9, " s"}, {1e6, " ms"}, {1e3, " us"}, {0, NULL}};
    return put(sqlite3_column_double(rows, column), units, text);
}

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
};

static bool is_null(sqlite3_stmt *rows, enum limits_column column)
{
    return sqlite3_column_type(rows, (int)column) == SQLITE_NULL;
}

// "iops-total 300/s, bursts of 900/s for 4.5 s, full again after 9 s"
static void print_limit(FILE *out, sqlite3_stmt *rows)
{
    char key[REPORT_LABEL_MAX], text[LIMITS_TEXT];
    bool counts_bytes = strcmp(report_query_text(rows, LIMITS_UNIT), "bytes") == 0;
    report_label(key, report_query_text(rows, LIMITS_KEY), TABLES_NAME_CHARACTERS);
    fprintf(out, "%s %s/s", key, amount(rows, LIMITS_RATE, counts_bytes, text));
    if (!counts_bytes && sqlite3_column_int64(rows, LIMITS_OP_SIZE) > 0)
        fprintf(out, " of up to %lld B", (long long)sqlite3_column_int64(rows, LIMITS_OP_SIZE));
    if (!is_null(rows, LIMITS_BURST_NS)) {
        fprintf(out, ", bursts of %s/s", amount(rows, LIMITS_BURST_RATE, counts_bytes, text));
        fprintf(out, " for %s", duration(rows, LIMITS_BURST_NS, text));
    } else if (!is_null(rows, LIMITS_AT_ONCE)) {
        fprintf(out, ", %s more at once", amount(rows, LIMITS_AT_ONCE, counts_bytes, text));
    }
    if (!is_null(rows, LIMITS_REFILL_NS))
        fprintf(out, ", full again after %s", duration(rows, LIMITS_REFILL_NS, text));
    putc('\n', out);
}

// Limits as they are set first for each group: what they let through, or, as far as an earlier
// version stored only that, their values without those that have no effect.
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
    "        e.burst_rate, e.at_once, e.burst_ns, e.refill_ns"                                     \
    "   FROM throttle_group AS g LEFT JOIN settings AS s USING (group_id)"                         \
    "   LEFT JOIN effects AS e USING (group_id)"                                                   \
    "  WHERE g.run_id = ?1 AND (?2 = 0 OR g.group_id IN chosen_groups)"                            \
    "  ORDER BY g.group_id, e.place"

bool tables_print_limits(const struct tables_context *context)
{
    FILE *out = context->style->out;
    sqlite3_stmt *rows = tables_statistics_open(context, LIMITS_AT_START);
    int64_t last = -1;
    int indent = 0;
    while (report_query_next(rows)) {
        char name[REPORT_LABEL_MAX], settings[REPORT_LABEL_MAX];
        int64_t group = sqlite3_column_int64(rows, LIMITS_GROUP);
        if (group != last) {
            size_t length =
                report_label(name, report_query_text(rows, LIMITS_NAME), TABLES_NAME_CHARACTERS);
            bool is_beside = length <= LIMITS_NAME_BESIDE;
            fprintf(out, "%s  %s:", last < 0 ? "\nLimits at the start\n" : "", name);
            fprintf(out, is_beside ? " " : "\n%6s", "");
            indent = is_beside ? (int)length + 4 : 6;
        } else {
            fprintf(out, "%*s", indent, "");
        }
        if (!is_null(rows, LIMITS_KEY)) {
            print_limit(out, rows);
        } else {
            report_label(settings, report_query_text(rows, LIMITS_SETTINGS), 127);
            fprintf(out, "%s\n", *settings ? settings : "none");
        }
        last = group;
    }
    return report_query_close(rows, context->error);
}
