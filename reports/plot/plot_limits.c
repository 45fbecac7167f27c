// SPDX-License-Identifier: GPL-2.0-or-later
// Limits as lines, named by what they are: -max with a length above 1 is the rate in a burst,
// without one an amount that passes at once, which has no line.
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMITS_COLUMNS 2000 // times that can be told apart
#define LIMITS_GROUP_CHARACTERS 10
#define LIMITS_RATE_MAX (PLOT_NUMBER_MAX + 32)

static bool has_end(const char *key, const char *end)
{
    size_t length = strlen(key), end_length = strlen(end);
    return length >= end_length && !strcmp(key + length - end_length, end);
}

// A length is a change of its -max.
static void take_row(const struct plot_run *run, struct plot_limits *limits, sqlite3_stmt *rows)
{
    struct plot_limit_change *change = &limits->changes[limits->count];
    change->group = plot_run_group(run, sqlite3_column_int64(rows, 0));
    change->at_ns = sqlite3_column_double(rows, 2);
    change->value = sqlite3_column_double(rows, 3);
    change->length_s = NAN;
    snprintf(change->key, sizeof change->key, "%s", report_query_text(rows, 1));
    if (has_end(change->key, "-length")) {
        change->key[strlen(change->key) - strlen("-length")] = '\0';
        change->length_s = change->value;
        change->value = NAN;
    }
    limits->count += change->group < run->drawn_groups;
}

static int compare_changes(const void *a, const void *b)
{
    const struct plot_limit_change *first = a, *second = b;
    int keys = strcmp(first->key, second->key);
    if (first->group != second->group)
        return first->group < second->group ? -1 : 1;
    return keys != 0 ? keys : (first->at_ns > second->at_ns) - (first->at_ns < second->at_ns);
}

static bool is_same(const struct plot_limit_change *change, const struct plot_limit_change *other)
{
    return change->group == other->group && !strcmp(change->key, other->key);
}

// Puts what stands at one time into one change, and what a change does not say as it was before.
static void join_changes(struct plot_limits *limits)
{
    size_t used = 0;
    for (size_t i = 0; i < limits->count; i++) {
        struct plot_limit_change change = limits->changes[i];
        struct plot_limit_change *last = used > 0 ? &limits->changes[used - 1] : NULL;
        bool follows = last != NULL && is_same(last, &change);
        if (isnan(change.value))
            change.value = follows ? last->value : 0;
        if (isnan(change.length_s))
            change.length_s = follows ? last->length_s : 1;
        if (!follows || change.at_ns > last->at_ns)
            last = &limits->changes[used++];
        *last = change;
    }
    limits->count = used;
}

bool plot_limits_load(const struct plot_run *run, struct plot_limits *limits,
                      struct report_error *error)
{
    // Of several changes in a column the last one counts.
    sqlite3_stmt *rows = report_query_open(
        run->database,
        "SELECT group_id, key, at_ns, value, max(rowid), count(*) OVER ()"
        "  FROM limit_setting"
        " WHERE run_id = ?1 AND (key GLOB 'iops-*' OR key GLOB 'bps-*')"
        "   AND replace(replace(key, '-max-length', ''), '-max', '') IN ('iops-total',"
        "    'iops-read', 'iops-write', 'bps-total', 'bps-read', 'bps-write')"
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
    if (!good) {
        snprintf(error->message, sizeof error->message, "drawing limits: out of memory");
        return false;
    }
    if (limits->count > 0)
        qsort(limits->changes, limits->count, sizeof *limits->changes, compare_changes);
    join_changes(limits);
    return true;
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

// ---- Lines ----

static bool is_burst(const struct plot_limit_change *change)
{
    return has_end(change->key, "-max");
}

// As a rate; 0: none.
static double rate_of(const struct plot_limit_change *change)
{
    return is_burst(change) && change->length_s <= 1 ? 0 : change->value;
}

// How many changes from `first` on are of the same group and key.
static size_t span_of(const struct plot_limits *limits, size_t first)
{
    size_t end = first + 1;
    while (end < limits->count && is_same(&limits->changes[first], &limits->changes[end]))
        end++;
    return end - first;
}

static bool is_shown(const struct plot_limits_view *view, const struct plot_limit_change *change)
{
    size_t prefix = strlen(view->prefix);
    return !strncmp(change->key, view->prefix, prefix) &&
           (view->direction == NULL ||
            !strncmp(change->key + prefix, view->direction, strlen(view->direction))) &&
           (view->group == PLOT_ALL_GROUPS || view->group == change->group);
}

double plot_limits_highest(const struct plot_limits *limits, const struct plot_limits_view *view,
                           double below)
{
    double highest = 0;
    for (size_t i = 0; i < limits->count; i++) {
        double rate = rate_of(&limits->changes[i]);
        if (is_shown(view, &limits->changes[i]) && rate <= below)
            highest = fmax(highest, rate);
    }
    return highest;
}

static double highest_of(const struct plot_limits *limits, size_t first, bool rates)
{
    double highest = 0;
    for (size_t i = first; i < first + span_of(limits, first); i++)
        highest = fmax(highest, rates ? rate_of(&limits->changes[i]) : limits->changes[i].value);
    return highest;
}

static void put_data(const struct plot_script *script, const struct plot_limits *limits,
                     size_t first)
{
    double end = script->run->end_ns / script->time.scale, last = 0;
    size_t span = span_of(limits, first);
    fprintf(script->data, "$limit%zu << EOD\n", first);
    for (size_t i = first; i < first + span; i++) {
        double at = limits->changes[i].at_ns / script->time.scale;
        double value = rate_of(&limits->changes[i]);
        if (value > 0)
            fprintf(script->data, "%.9g %.9g\n", at, value);
        else if (last > 0)
            fprintf(script->data, "%.9g %.9g\n\n", at, last);
        last = value;
    }
    if (last > 0)
        fprintf(script->data, "%.9g %.9g\n", end, last);
    fputs("EOD\n", script->data);
}

void plot_limits_data(const struct plot_script *script, const struct plot_limits *limits)
{
    for (size_t i = 0; i < limits->count; i += span_of(limits, i))
        put_data(script, limits, i);
}

static void put_value(char text[LIMITS_RATE_MAX], limit_number *number, double value,
                      const char *after)
{
    char digits[PLOT_NUMBER_MAX];
    number(digits, value);
    snprintf(text, LIMITS_RATE_MAX, "%s%s", value > 0 ? digits : "none", value > 0 ? after : "");
}

// The first and the last value, what they are, and whether the first is above the picture.
static void put_title(const struct plot_script *script, const struct plot_limits *limits,
                      size_t first, const struct plot_limits_view *view)
{
    const struct plot_limit_change *change = &limits->changes[first];
    bool rates = highest_of(limits, first, true) > 0;
    size_t span = span_of(limits, first);
    char group[REPORT_LABEL_MAX] = "", key[REPORT_LABEL_MAX + 32];
    char start[LIMITS_RATE_MAX], end[LIMITS_RATE_MAX] = "";
    const char *const parts[] = {key, start, span > 2 ? "..." : "", end};
    const char *kind = !is_burst(change) ? "" : rates ? " in a burst" : " at once";
    if (script->run->group_count > 1)
        report_label(group, script->run->groups[change->group].name, LIMITS_GROUP_CHARACTERS);
    snprintf(key, sizeof key, "%s%s%s", group, *group ? ": " : "", change->key);
    put_value(start, view->number, change->value, rates ? "/s" : "");
    strcat(start, kind);
    if (span == 2)
        strcat(start, ",");
    if (span > 1)
        put_value(end, view->number, limits->changes[first + span - 1].value, rates ? "/s" : "");
    if (rate_of(change) > view->top)
        strcat(span > 1 ? end : start, " (above)");
    plot_script_title(script, parts, sizeof parts / sizeof parts[0]);
}

static void put_style(const struct plot_script *script, const struct plot_limit_change *change,
                      const struct plot_limits_view *view)
{
    fprintf(script->out, " lc rgb '%s' lw 1.4 dt %s",
            view->colour != NULL ? view->colour : plot_script_group_colour(change->group),
            is_burst(change) ? "(2,3)" : "(7,3)");
}

void plot_limits_clauses(const struct plot_script *script, const struct plot_limits *limits,
                         const struct plot_limits_view *view)
{
    for (size_t i = 0; i < limits->count; i += span_of(limits, i)) {
        if (!is_shown(view, &limits->changes[i]) || highest_of(limits, i, true) <= 0)
            continue;
        fprintf(script->out, ", $limit%zu %s with steps", i, view->columns);
        put_style(script, &limits->changes[i], view);
    }
}

void plot_limits_legend(const struct plot_script *script, const struct plot_limits *limits,
                        const struct plot_limits_view *view)
{
    size_t lines = 0, hidden = 0;
    for (size_t i = 0; i < limits->count; i += span_of(limits, i)) {
        if (!is_shown(view, &limits->changes[i]) || highest_of(limits, i, false) <= 0)
            continue;
        lines += span_of(limits, i) > 1 || is_burst(&limits->changes[i]) ? 3 : 2; // at most
        if (lines > view->room) {
            hidden++;
            continue;
        }
        if (highest_of(limits, i, true) > 0) {
            fputs(", keyentry with lines", script->out);
            put_style(script, &limits->changes[i], view);
        } else {
            fputs(PLOT_NO_LINE, script->out);
        }
        put_title(script, limits, i, view);
    }
    if (hidden > 0)
        plot_script_remark(script, "(%zu more limits of %s)", hidden, view->counted);
}
