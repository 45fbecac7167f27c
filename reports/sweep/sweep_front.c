// SPDX-License-Identifier: GPL-2.0-or-later
// What a sweep says: ranges over seeds, what costs, and which points no other beats.
#include "reports/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

struct report_sweep_range report_sweep_range(const struct report_sweep *sweep, uint64_t point,
                                             size_t figure)
{
    const struct report_sweep_row *rows = &sweep->rows[point * sweep->seeds];
    struct report_sweep_range range = {NAN, NAN, NAN, 0};
    double *values = malloc(sweep->seeds * sizeof *values);
    for (uint32_t i = 0; values != NULL && i < sweep->seeds; i++) {
        if (rows[i].is_there && rows[i].exit_code == 0 && !isnan(rows[i].values[figure]))
            values[range.count++] = rows[i].values[figure];
    }
    if (range.count > 0) {
        qsort(values, range.count, sizeof *values, compare);
        range.median = values[(range.count - 1) / 2];
        range.least = values[0];
        range.largest = values[range.count - 1];
    }
    free(values);
    return range;
}

const char *report_sweep_value(const struct report_sweep *sweep, uint64_t point, size_t setting)
{
    for (size_t i = sweep->setting_count; i > setting + 1; i--)
        point /= sweep->settings[i - 1].count;
    const struct report_sweep_setting *at = &sweep->settings[setting];
    return at->values[point % at->count];
}

double report_sweep_number(const char *value)
{
    static const struct {
        const char *name;
        double scale;
    } units[] = {{"", 1},       {"ns", 1},       {"us", 1e3},     {"ms", 1e6},     {"s", 1e9},
                 {"min", 60e9}, {"h", 3600e9},   {"kB", 1e3},     {"KB", 1e3},     {"MB", 1e6},
                 {"GB", 1e9},   {"TB", 1e12},    {"K", 0x1p10},   {"M", 0x1p20},   {"G", 0x1p30},
                 {"T", 0x1p40}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
    size_t digits = strspn(value, "0123456789.");
    if (digits == 0)
        return NAN;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(value + digits, units[i].name) == 0)
            return strtod(value, NULL) * units[i].scale;
    }
    return NAN;
}

static bool is_numeric(const struct report_sweep_setting *setting)
{
    bool all = setting->count > 1;
    for (size_t i = 0; all && i < setting->count; i++)
        all = !isnan(report_sweep_number(setting->values[i]));
    return all;
}

// A rate, average or maximum: more of it costs more.
static bool is_limit(const char *key)
{
    const char *last = strrchr(key, '.');
    last = last == NULL ? key : last + 1;
    return (strncmp(last, "iops-", 5) == 0 || strncmp(last, "bps-", 4) == 0) &&
           strstr(last, "-length") == NULL && strcmp(last, "iops-size") != 0;
}

size_t report_sweep_cost(const struct report_sweep *sweep)
{
    size_t found = sweep->setting_count;
    for (size_t i = sweep->setting_count; i > 0; i--) {
        const struct report_sweep_setting *setting = &sweep->settings[i - 1];
        if (is_numeric(setting) && (is_limit(setting->key) || found == sweep->setting_count ||
                                    !is_limit(sweep->settings[found].key)))
            found = i - 1;
    }
    return found;
}

struct standing {
    double cost, figure;
    uint64_t point;
};

static int compare_standings(const void *left, const void *right)
{
    const struct standing *a = left, *b = right;
    int order = compare(&a->cost, &b->cost);
    order = order == 0 ? compare(&a->figure, &b->figure) : order;
    return order != 0 ? order : (a->point > b->point) - (a->point < b->point);
}

bool report_sweep_front(const struct report_sweep *sweep, bool *is_front)
{
    size_t cost = report_sweep_cost(sweep), count = 0;
    struct standing *standings = malloc((sweep->points + 1) * sizeof *standings);
    double sign = report_figure_more_is_worse(sweep->figures[0].metric) ? 1 : -1, best = INFINITY;
    memset(is_front, 0, sweep->points * sizeof *is_front);
    if (standings == NULL)
        return false;
    for (uint64_t i = 0; cost < sweep->setting_count && i < sweep->points; i++) {
        double figure = report_sweep_range(sweep, i, 0).median;
        if (isfinite(figure))
            standings[count++] = (struct standing){
                report_sweep_number(report_sweep_value(sweep, i, cost)), sign * figure, i};
    }
    qsort(standings, count, sizeof *standings, compare_standings);
    for (size_t i = 0, last = 0; i < count; i++) {
        bool is_tie = i > 0 && is_front[standings[last].point] &&
                      compare(&standings[i].cost, &standings[last].cost) == 0 &&
                      compare(&standings[i].figure, &standings[last].figure) == 0;
        if (standings[i].figure >= best && !is_tie)
            continue;
        is_front[standings[i].point] = true;
        best = standings[i].figure;
        last = i;
    }
    free(standings);
    return true;
}
