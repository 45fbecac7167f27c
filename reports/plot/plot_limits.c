// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/plot_limits.h"

#include "reports/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMITS_GROUP_CHARACTERS 10
#define LIMITS_RATE_MAX (PLOT_NUMBER_MAX + 16)
#define LIMITS_COLUMNS 2000 // times that can be told apart

static bool add_change(struct plot_limits *limits, const struct plot_limit_change *change)
{
    // Powers of two: the array is full when the count is one.
    if ((limits->count & (limits->count - 1)) == 0) {
        size_t capacity = limits->count ? 2 * limits->count : 1;
        void *changes = realloc(limits->changes, capacity * sizeof *limits->changes);
        if (changes == NULL)
            return false;
        limits->changes = changes;
    }
    limits->changes[limits->count++] = *change;
    return true;
}

static bool take_row(const struct plot_run *run, struct plot_limits *limits, sqlite3_stmt *rows)
{
    struct plot_limit_change change = {.group = plot_run_group(run, sqlite3_column_int64(rows, 0)),
                                       .at_ns = sqlite3_column_double(rows, 2),
                                       .value = sqlite3_column_double(rows, 3)};
    snprintf(change.key, sizeof change.key, "%s", report_query_text(rows, 1));
    return change.group == run->drawn_groups || add_change(limits, &change);
}

bool plot_limits_load(const struct plot_run *run, struct plot_limits *limits,
                      struct report_error *error)
{
    // Of several changes in a column the last one counts.
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT group_id, key, at_ns, value, max(rowid) FROM limit_setting"
        " WHERE run_id = ?1 AND key IN ('iops-total', 'iops-total-max', 'iops-read',"
        "       'iops-read-max', 'iops-write', 'iops-write-max', 'bps-total', 'bps-total-max',"
        "       'bps-read', 'bps-read-max', 'bps-write', 'bps-write-max')"
        " GROUP BY group_id, key, at_ns / ?2 ORDER BY group_id, key, at_ns",
        run->run_id, error);
    bool good = true;
    *limits = (struct plot_limits){NULL, 0};
    if (rows != NULL)
        sqlite3_bind_int64(rows, 2, 1 + (sqlite3_int64)(run->end_ns / LIMITS_COLUMNS));
    while (good && report_query_next(rows))
        good = take_row(run, limits, rows);
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

size_t plot_limits_span(const struct plot_limits *limits, size_t first)
{
    const struct plot_limit_change *change = &limits->changes[first];
    size_t end = first + 1;
    while (end < limits->count && limits->changes[end].group == change->group &&
           !strcmp(limits->changes[end].key, change->key))
        end++;
    return end - first;
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

void plot_limits_data(const struct plot_script *script, const struct plot_limits *limits,
                      size_t first)
{
    double end = script->run->end_ns / script->time.scale, last = 0;
    size_t span = plot_limits_span(limits, first);
    fprintf(script->out, "$limit%zu << EOD\n", first);
    for (size_t i = first; i < first + span; i++) {
        double at = limits->changes[i].at_ns / script->time.scale;
        double value = limits->changes[i].value;
        if (value > 0)
            fprintf(script->out, "%.9g %.9g\n", at, value);
        else if (last > 0)
            fprintf(script->out, "%.9g %.9g\n\n", at, last);
        last = value;
    }
    if (last > 0)
        fprintf(script->out, "%.9g %.9g\n", end, last);
    fputs("EOD\n", script->out);
}

static void put_rate(char text[LIMITS_RATE_MAX], plot_limits_number *number, double value)
{
    char digits[PLOT_NUMBER_MAX];
    number(digits, value);
    snprintf(text, LIMITS_RATE_MAX, "%s%s", value > 0 ? digits : "none", value > 0 ? "/s" : "");
}

void plot_limits_title(const struct plot_script *script, const struct plot_limits *limits,
                       size_t first, plot_limits_number *number, double top)
{
    const struct plot_limit_change *change = &limits->changes[first];
    size_t span = plot_limits_span(limits, first);
    char group[REPORT_LABEL_MAX] = "", key[REPORT_LABEL_MAX + 32];
    char start[LIMITS_RATE_MAX], end[LIMITS_RATE_MAX] = "";
    const char *const parts[] = {key, start, span > 2 ? "..." : "", end};
    if (script->run->group_count > 1)
        report_label(group, script->run->groups[change->group].name, LIMITS_GROUP_CHARACTERS);
    snprintf(key, sizeof key, "%s%s%s", group, *group ? ": " : "", change->key);
    put_rate(start, number, change->value);
    if (span == 2)
        strcat(start, ",");
    if (span > 1)
        put_rate(end, number, limits->changes[first + span - 1].value);
    if (change->value > top)
        strcat(span > 1 ? end : start, " (above)");
    plot_script_title(script, parts, sizeof parts / sizeof parts[0]);
}
