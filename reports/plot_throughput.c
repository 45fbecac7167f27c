// SPDX-License-Identifier: GPL-2.0-or-later
// What was dispatched, in requests and in bytes, against the limits: flushes, and discards of
// drives, are not throttled and not shown.
#include "reports/plot_figures.h"
#include "reports/plot_limits.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define THROUGHPUT_LIMITS_MAX 8 // limits drawn in one panel
#define THROUGHPUT_REACH 2.5    // a limit this many times above all data would flatten them

struct throughput_panel {
    const char *name;   // of the data blocks
    const char *prefix; // of the limits' keys
    const char *axis;
    const char *unit;
    double scale; // one of the axis' unit
    plot_cell_value *value;
    double top; // of the axis
};

static double throughput_requests(const struct plot_run *run, const struct plot_cell *cell,
                                  size_t bin)
{
    return cell->dispatched / plot_run_bin_seconds(run, bin);
}

static double throughput_megabytes(const struct plot_run *run, const struct plot_cell *cell,
                                   size_t bin)
{
    return cell->dispatched_bytes / plot_run_bin_seconds(run, bin) / 1e6;
}

static bool throughput_has_total(const struct plot_run *run, size_t group)
{
    return run->groups[group].member_count > 1;
}

struct throughput_total {
    const struct plot_run *run;
    const struct plot_group *group;
    plot_cell_value *value;
};

static double throughput_total_value(const void *context, size_t bin)
{
    const struct throughput_total *total = context;

    return total->value(total->run, &total->group->totals[bin], bin);
}

static double throughput_most(const struct plot_run *run, plot_cell_value *value)
{
    double most = 0;

    for (size_t bin = 0; bin < run->bin_count; bin++) {
        for (size_t line = 0; line < run->line_count; line++)
            most = fmax(most, value(run, &run->cells[line * run->bin_count + bin], bin));
        for (size_t g = 0; g < run->drawn_groups; g++) {
            if (throughput_has_total(run, g))
                most = fmax(most, value(run, &run->groups[g].totals[bin], bin));
        }
    }
    return most;
}

static bool throughput_shown(const struct throughput_panel *panel,
                             const struct plot_limit_change *change)
{
    return !strncmp(change->key, panel->prefix, strlen(panel->prefix));
}

static double throughput_highest(const struct plot_limits *limits, size_t first, size_t span)
{
    double highest = 0;

    for (size_t i = first; i < first + span; i++)
        highest = fmax(highest, limits->changes[i].value);
    return highest;
}

static void throughput_choose_top(const struct plot_run *run, const struct plot_limits *limits,
                                  struct throughput_panel *panel)
{
    double most = throughput_most(run, panel->value);

    panel->top = most;
    for (size_t i = 0; i < limits->count; i++) {
        double value = limits->changes[i].value / panel->scale;

        if (throughput_shown(panel, &limits->changes[i]) &&
            (most <= 0 || value <= THROUGHPUT_REACH * most))
            panel->top = fmax(panel->top, value);
    }
    panel->top = panel->top > 0 ? 1.06 * panel->top : 1;
}

static void throughput_limit_data(const struct plot_script *script,
                                  const struct plot_limits *limits,
                                  const struct throughput_panel *panel, size_t first, size_t span)
{
    double end = script->run->end_ns / script->time.ns, last = 0;

    fprintf(script->out, "$limit%zu << EOD\n", first);
    for (size_t i = first; i < first + span; i++) {
        double at = limits->changes[i].at_ns / script->time.ns;
        double value = limits->changes[i].value / panel->scale;

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

static void throughput_limit_title(const struct plot_script *script,
                                   const struct plot_limits *limits,
                                   const struct throughput_panel *panel, size_t first, size_t span)
{
    const struct plot_limit_change *change = &limits->changes[first];
    double start = change->value / panel->scale;
    double end = limits->changes[first + span - 1].value / panel->scale;
    char group[REPORT_LABEL_MAX] = "", title[REPORT_LABEL_MAX + 128];
    int used;

    if (script->run->group_count > 1)
        report_label(group, script->run->groups[change->group].name, 8);
    used =
        snprintf(title, sizeof title, "%s%s%s %.4g", group, *group ? ": " : "", change->key, start);
    if (span > 1)
        used += snprintf(title + used, sizeof title - (size_t)used, "%s%.4g",
                         span > 2 ? " ... " : ", ", end);
    snprintf(title + used, sizeof title - (size_t)used, "%s%s", panel->unit,
             start > panel->top ? " (above)" : "");
    fputs(" title ", script->out);
    plot_script_quote(script, title);
}

static void throughput_limit_style(const struct plot_script *script,
                                   const struct plot_limit_change *change)
{
    bool maximum = strstr(change->key, "-max");

    fprintf(script->out, " lc rgb '%s' lw 1.4 dt %s", plot_script_group_colour(change->group),
            maximum ? "(2,3)" : "(7,3)");
}

// Clauses of a panel's limits: lines, or entries of the legend.
static void throughput_limit_clauses(const struct plot_script *script,
                                     const struct plot_limits *limits,
                                     const struct throughput_panel *panel, bool legend)
{
    size_t shown = 0, span;

    for (size_t i = 0; i < limits->count && shown < THROUGHPUT_LIMITS_MAX; i += span) {
        span = plot_limits_span(limits, i);
        if (!throughput_shown(panel, &limits->changes[i]) ||
            throughput_highest(limits, i, span) <= 0)
            continue;
        shown++;
        if (legend)
            fputs(", keyentry with lines", script->out);
        else
            fprintf(script->out, ", $limit%zu with steps", i);
        throughput_limit_style(script, &limits->changes[i]);
        if (legend)
            throughput_limit_title(script, limits, panel, i, span);
    }
}

static void throughput_total_clauses(const struct plot_script *script,
                                     const struct throughput_panel *panel, bool legend)
{
    const struct plot_run *run = script->run;

    for (size_t g = 0; g < run->drawn_groups; g++) {
        char title[REPORT_LABEL_MAX + 32];

        if (!throughput_has_total(run, g))
            continue;
        if (legend)
            fputs(", keyentry with lines", script->out);
        else
            fprintf(script->out, ", $%stotal%zu with steps", panel->name, g);
        fprintf(script->out, " lc rgb '%s' lw 1", plot_script_group_colour(g));
        if (legend) {
            snprintf(title, sizeof title, "all of %s", run->groups[g].name);
            fputs(" title ", script->out);
            plot_script_quote(script, title);
        }
    }
}

static void throughput_legend(const struct plot_script *script, const struct plot_limits *limits,
                              const struct throughput_panel panels[2])
{
    int64_t more = script->run->group_count - (int64_t)script->run->drawn_groups;
    char remark[64];

    plot_members_legend(script);
    throughput_total_clauses(script, &panels[0], true);
    for (size_t i = 0; i < 2; i++)
        throughput_limit_clauses(script, limits, &panels[i], true);
    if (more > 0) {
        snprintf(remark, sizeof remark, "(%" PRId64 " more groups)", more);
        plot_script_remark(script, remark);
    }
}

static void throughput_data(const struct plot_script *script, const struct plot_limits *limits,
                            const struct throughput_panel *panel)
{
    const struct plot_run *run = script->run;
    size_t span;

    plot_members_data(script, panel->name, panel->value);
    for (size_t g = 0; g < run->drawn_groups; g++) {
        const struct throughput_total total = {run, &run->groups[g], panel->value};
        char name[32];

        snprintf(name, sizeof name, "%stotal", panel->name);
        if (throughput_has_total(run, g))
            plot_script_stairs(script, name, g, throughput_total_value, &total);
    }
    for (size_t i = 0; i < limits->count; i += span) {
        span = plot_limits_span(limits, i);
        if (throughput_shown(panel, &limits->changes[i]))
            throughput_limit_data(script, limits, panel, i, span);
    }
}

static void throughput_draw(const struct plot_script *script, const struct plot_limits *limits,
                            const struct throughput_panel *panel, size_t number)
{
    char width[64];

    plot_script_panel(script, number, 2);
    plot_script_time_axis(script, number == 1);
    plot_script_bin_width(script, width, sizeof width);
    fprintf(script->out, "set ylabel '%s, mean %s'\nset yrange [0:%.6g]\nplot NaN", panel->axis,
            width, panel->top);
    throughput_total_clauses(script, panel, false);
    plot_members_clauses(script, panel->name, "");
    throughput_limit_clauses(script, limits, panel, false);
    fputc('\n', script->out);
}

bool plot_throughput(struct plot_script *script, struct report_error *error)
{
    struct throughput_panel panels[2] = {
        {.name = "requests",
         .prefix = "iops-",
         .axis = "requests/s",
         .unit = "/s",
         .scale = 1,
         .value = throughput_requests},
        {.name = "bytes",
         .prefix = "bps-",
         .axis = "MB/s",
         .unit = " MB/s",
         .scale = 1e6,
         .value = throughput_megabytes},
    };
    struct plot_limits limits;
    bool good = plot_limits_load(script->run, &limits, error);

    if (good) {
        for (size_t i = 0; i < 2; i++)
            throughput_choose_top(script->run, &limits, &panels[i]);
        plot_script_begin(script, "Throughput as the throttle counts it");
        throughput_legend(script, &limits, panels);
        plot_script_end_legend(script);
        for (size_t i = 0; i < 2; i++) {
            throughput_data(script, &limits, &panels[i]);
            throughput_draw(script, &limits, &panels[i], i);
        }
        plot_script_end(script);
    }
    plot_limits_free(&limits);
    return good;
}
