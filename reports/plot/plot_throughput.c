// SPDX-License-Identifier: GPL-2.0-or-later
// What was dispatched, in requests and in bytes, against the limits: flushes, and discards of
// drives, are not throttled and not shown.
#include "reports/plot/figures.h"

#include <math.h>
#include <string.h>

#define LIMIT_GROUP_CHARACTERS 10
#define LIMIT_RATE_MAX (PLOT_NUMBER_MAX + 16)
#define THROUGHPUT_UNITS 3
#define THROUGHPUT_REACH 2.5 // a limit this many times above all data would flatten them

typedef void limit_number(char text[PLOT_NUMBER_MAX], double value);

struct throughput_panel {
    const char *name;   // of the data blocks
    const char *prefix; // of the limits' keys
    const char *counted;
    limit_number *number; // a limit
    plot_cell_value *value;
    struct plot_unit units[THROUGHPUT_UNITS]; // from the largest
    double top;                               // of the axis
    size_t unit;                              // the axis'
    char columns[32];                         // that scale data to it
};

static double requests_of(const struct plot_cell *cell, double seconds)
{
    return cell->dispatched / seconds;
}

static double bytes_of(const struct plot_cell *cell, double seconds)
{
    return cell->dispatched_bytes / seconds;
}

static bool has_total(const struct plot_run *run, size_t group)
{
    return run->groups[group].member_count > 1;
}

static double most_of(const struct plot_run *run, plot_cell_value *value)
{
    double most = 0;
    for (size_t bin = 0; bin < run->bin_count; bin++) {
        double seconds = plot_run_bin_seconds(run, bin);
        for (size_t line = 0; line < run->line_count; line++)
            most = fmax(most, value(&run->cells[line * run->bin_count + bin], seconds));
        for (size_t g = 0; g < run->drawn_groups; g++) {
            if (has_total(run, g))
                most = fmax(most, value(&run->groups[g].totals[bin], seconds));
        }
    }
    return most;
}

// How many changes from `first` on are of the same group and key.
static size_t span_of(const struct plot_limits *limits, size_t first)
{
    const struct plot_limit_change *change = &limits->changes[first];
    size_t end = first + 1;
    while (end < limits->count && limits->changes[end].group == change->group &&
           !strcmp(limits->changes[end].key, change->key))
        end++;
    return end - first;
}

// A data block limitFIRST of the limit whose changes begin at `first`.
static void put_limit_data(const struct plot_script *script, const struct plot_limits *limits,
                           size_t first)
{
    double end = script->run->end_ns / script->time.scale, last = 0;
    size_t span = span_of(limits, first);
    fprintf(script->data, "$limit%zu << EOD\n", first);
    for (size_t i = first; i < first + span; i++) {
        double at = limits->changes[i].at_ns / script->time.scale;
        double value = limits->changes[i].value;
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

static void put_rate(char text[LIMIT_RATE_MAX], limit_number *number, double value)
{
    char digits[PLOT_NUMBER_MAX];
    number(digits, value);
    snprintf(text, LIMIT_RATE_MAX, "%s%s", value > 0 ? digits : "none", value > 0 ? "/s" : "");
}

// Its title in the legend: the first and the last value, and whether it begins above the picture.
static void put_limit_title(const struct plot_script *script, const struct plot_limits *limits,
                            size_t first, limit_number *number, double top)
{
    const struct plot_limit_change *change = &limits->changes[first];
    size_t span = span_of(limits, first);
    char group[REPORT_LABEL_MAX] = "", key[REPORT_LABEL_MAX + 32];
    char start[LIMIT_RATE_MAX], end[LIMIT_RATE_MAX] = "";
    const char *const parts[] = {key, start, span > 2 ? "..." : "", end};
    if (script->run->group_count > 1)
        report_label(group, script->run->groups[change->group].name, LIMIT_GROUP_CHARACTERS);
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

static bool is_shown(const struct throughput_panel *panel, const struct plot_limit_change *change)
{
    return !strncmp(change->key, panel->prefix, strlen(panel->prefix));
}

static double highest_of(const struct plot_limits *limits, size_t first, size_t span)
{
    double highest = 0;
    for (size_t i = first; i < first + span; i++)
        highest = fmax(highest, limits->changes[i].value);
    return highest;
}

static void choose_top(const struct plot_run *run, const struct plot_limits *limits,
                       struct throughput_panel *panel)
{
    double most = most_of(run, panel->value);
    panel->top = most;
    for (size_t i = 0; i < limits->count; i++) {
        double value = limits->changes[i].value;
        if (is_shown(panel, &limits->changes[i]) && (most <= 0 || value <= THROUGHPUT_REACH * most))
            panel->top = fmax(panel->top, value);
    }
    panel->top = panel->top > 0 ? 1.06 * panel->top : panel->units[0].scale;
    while (panel->unit + 1 < THROUGHPUT_UNITS && panel->top < panel->units[panel->unit].scale / 10)
        panel->unit++;
    snprintf(panel->columns, sizeof panel->columns, "using 1:($2/%.12g)",
             panel->units[panel->unit].scale);
}

static void put_limit_style(const struct plot_script *script,
                            const struct plot_limit_change *change)
{
    bool maximum = strstr(change->key, "-max") != NULL;
    fprintf(script->out, " lc rgb '%s' lw 1.4 dt %s", plot_script_group_colour(change->group),
            maximum ? "(2,3)" : "(7,3)");
}

// How many lines the legend has for each panel's limits beside the members with a name, the others,
// the groups, and a remark on what is left out of each.
static size_t limits_room(const struct plot_run *run)
{
    return (PLOT_LEGEND_LINES - (run->named_count + 1 + run->drawn_groups + 3)) / 2;
}

// Clauses of a panel's limits: lines, or entries of the legend.
static void put_limits(const struct plot_script *script, const struct plot_limits *limits,
                       const struct throughput_panel *panel, bool legend)
{
    size_t room = limits_room(script->run), lines = 0, hidden = 0, span;
    for (size_t i = 0; i < limits->count; i += span) {
        span = span_of(limits, i);
        if (!is_shown(panel, &limits->changes[i]) || highest_of(limits, i, span) <= 0)
            continue;
        lines += span > 1 ? 3 : 2; // at most
        if (lines > room) {
            hidden++;
            continue;
        }
        if (legend)
            fputs(", keyentry with lines", script->out);
        else
            fprintf(script->out, ", $limit%zu %s with steps", i, panel->columns);
        put_limit_style(script, &limits->changes[i]);
        if (legend)
            put_limit_title(script, limits, i, panel->number, panel->top);
    }
    if (legend && hidden > 0)
        plot_script_remark(script, "(%zu more limits of %s)", hidden, panel->counted);
}

static void put_totals(const struct plot_script *script, const struct throughput_panel *panel,
                       bool legend)
{
    const struct plot_run *run = script->run;
    for (size_t g = 0; g < run->drawn_groups; g++) {
        char title[REPORT_LABEL_MAX + 32];
        if (!has_total(run, g))
            continue;
        if (legend)
            fputs(", keyentry with lines", script->out);
        else
            fprintf(script->out, ", $%stotal%zu %s with steps", panel->name, g, panel->columns);
        fprintf(script->out, " lc rgb '%s' lw 1", plot_script_group_colour(g));
        if (legend) {
            snprintf(title, sizeof title, "all of %s", run->groups[g].name);
            plot_script_name(script, title);
        }
    }
}

static void put_legend(const struct plot_script *script, const struct plot_limits *limits,
                       const struct throughput_panel panels[2])
{
    plot_members_legend(script);
    put_totals(script, &panels[0], true);
    for (size_t i = 0; i < 2; i++)
        put_limits(script, limits, &panels[i], true);
    plot_script_more_groups(script);
}

static void put_data(const struct plot_script *script, const struct plot_limits *limits,
                     const struct throughput_panel *panel)
{
    const struct plot_run *run = script->run;
    size_t span;
    plot_members_data(script, panel->name, panel->value);
    for (size_t g = 0; g < run->drawn_groups; g++) {
        char name[32];
        snprintf(name, sizeof name, "%stotal", panel->name);
        if (has_total(run, g))
            plot_cells_data(script, name, g, run->groups[g].totals, panel->value);
    }
    for (size_t i = 0; i < limits->count; i += span) {
        span = span_of(limits, i);
        if (is_shown(panel, &limits->changes[i]))
            put_limit_data(script, limits, i);
    }
}

static void draw_panel(const struct plot_script *script, const struct plot_limits *limits,
                       const struct throughput_panel *panel, size_t number)
{
    plot_script_time_panel(script, number, 2, panel->units[panel->unit].name);
    fprintf(script->out, "set yrange [0:%.6g]\nplot NaN",
            panel->top / panel->units[panel->unit].scale);
    put_totals(script, panel, false);
    plot_members_clauses(script, panel->name, panel->columns, 0);
    put_limits(script, limits, panel, false);
    fputc('\n', script->out);
}

bool plot_throughput(struct plot_script *script, struct report_error *error)
{
    struct throughput_panel panels[2] = {
        {.name = "requests",
         .prefix = "iops-",
         .counted = "requests",
         .number = plot_number_integer,
         .value = requests_of,
         .units = {{1, "requests/s"}, {1 / 60.0, "requests/min"}, {1 / 3600.0, "requests/h"}}},
        {.name = "bytes",
         .prefix = "bps-",
         .counted = "bytes",
         .number = plot_number_bytes,
         .value = bytes_of,
         .units = {{1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}}},
    };
    struct plot_limits limits;
    bool good = plot_limits_load(script->run, &limits, error);
    if (good) {
        for (size_t i = 0; i < 2; i++)
            choose_top(script->run, &limits, &panels[i]);
        plot_script_begin(script, "Throughput as the throttle counts it");
        put_legend(script, &limits, panels);
        plot_script_end_legend(script);
        for (size_t i = 0; i < 2; i++) {
            put_data(script, &limits, &panels[i]);
            draw_panel(script, &limits, &panels[i], i);
        }
    }
    plot_limits_free(&limits);
    return good;
}
