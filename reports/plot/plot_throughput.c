// SPDX-License-Identifier: GPL-2.0-or-later
// What each member was let through, in requests and in bytes, against the limits: flushes, and
// discards of drives, are not throttled and not shown.
#include "reports/plot/figures.h"

#include <math.h>

#define THROUGHPUT_REACH 2.5 // a limit this many times above all data would flatten them

struct throughput_panel {
    const char *name; // of the data blocks
    bool bytes;
    plot_cell_value *value;
    plot_flow_value *total;
    struct plot_limits_view limits;
    struct plot_unit unit;
    char columns[32]; // that scale data to the axis
};

struct plot_unit plot_rate_unit(const struct plot_run *run, bool bytes, double top)
{
    static const struct plot_unit units[][3] = {
        {{1, "requests/s"}, {1 / 60.0, "requests/min"}, {1 / 3600.0, "requests/h"}},
        {{1, "operations/s"}, {1 / 60.0, "operations/min"}, {1 / 3600.0, "operations/h"}},
        {{1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}}};
    const struct plot_unit *unit = units[bytes ? 2 : run->is_counted];
    while (top > 0 && unit < units[bytes ? 2 : run->is_counted] + 2 && top < unit->scale / 10)
        unit++;
    return *unit;
}

static double requests_of(const struct plot_cell *cell, double seconds)
{
    return cell->dispatched / seconds;
}

static double bytes_of(const struct plot_cell *cell, double seconds)
{
    return cell->dispatched_bytes / seconds;
}

static double all_requests_of(const struct plot_flow *flow)
{
    return flow->dispatched;
}

static double all_bytes_of(const struct plot_flow *flow)
{
    return flow->dispatched_bytes;
}

static bool has_total(const struct plot_run *run, size_t group)
{
    return run->groups[group].member_count > 1;
}

double plot_flows_most(const struct plot_run *run, size_t group, enum plot_view view,
                       plot_flow_value *value)
{
    const struct plot_flow *flows = plot_run_flows(run, group, view);
    double most = 0;
    for (size_t bin = 0; bin < run->bin_count; bin++)
        most = fmax(most, value(&flows[bin]) / plot_run_bin_seconds(run, bin));
    return most;
}

static double most_of(const struct plot_run *run, const struct throughput_panel *panel)
{
    double most = 0;
    for (size_t i = 0; i < run->line_count * run->bin_count; i++)
        most =
            fmax(most, panel->value(&run->cells[i], plot_run_bin_seconds(run, i % run->bin_count)));
    for (size_t g = 0; g < run->drawn_groups; g++) {
        if (has_total(run, g))
            most = fmax(most, plot_flows_most(run, g, PLOT_BOTH, panel->total));
    }
    return most;
}

static void choose_top(const struct plot_run *run, const struct plot_limits *limits,
                       struct throughput_panel *panel)
{
    double most = most_of(run, panel);
    double below = most > 0 ? THROUGHPUT_REACH * most : INFINITY;
    double top = 1.06 * fmax(most, plot_limits_highest(limits, &panel->limits, below));
    panel->unit = plot_rate_unit(run, panel->bytes, top);
    panel->limits.top = top > 0 ? top : panel->unit.scale;
    snprintf(panel->columns, sizeof panel->columns, "using 1:($2/%.12g)", panel->unit.scale);
    panel->limits.columns = panel->columns;
}

// How many lines the legend has for each panel's limits beside the members with a name, the others,
// the groups, and a remark on what is left out of each.
static size_t limits_room(const struct plot_run *run)
{
    return (PLOT_LEGEND_LINES - (run->named_count + 1 + run->drawn_groups + 3)) / 2;
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
        plot_limits_legend(script, limits, &panels[i].limits);
    plot_script_more_groups(script);
    plot_events_legend(script);
}

struct flow_stairs {
    const struct plot_run *run;
    const struct plot_flow *flows;
    plot_flow_value *value;
};

static double flow_of(const void *context, size_t bin)
{
    const struct flow_stairs *stairs = context;
    return stairs->value(&stairs->flows[bin]) / plot_run_bin_seconds(stairs->run, bin);
}

void plot_flows_data(const struct plot_script *script, const char *name, size_t group,
                     enum plot_view view, plot_flow_value *value)
{
    const struct flow_stairs stairs = {script->run, plot_run_flows(script->run, group, view),
                                       value};
    plot_script_stairs(script, name, group, flow_of, &stairs);
}

static void draw_panel(const struct plot_script *script, const struct plot_limits *limits,
                       const struct throughput_panel *panel, size_t number)
{
    const struct plot_run *run = script->run;
    char name[32];
    plot_members_data(script, panel->name, panel->value);
    snprintf(name, sizeof name, "%stotal", panel->name);
    for (size_t g = 0; g < run->drawn_groups; g++) {
        if (has_total(run, g))
            plot_flows_data(script, name, g, PLOT_BOTH, panel->total);
    }
    plot_script_time_panel(script, number, 2, panel->unit.name);
    fprintf(script->out, "set yrange [0:%.6g]\nplot NaN", panel->limits.top / panel->unit.scale);
    put_totals(script, panel, false);
    plot_members_clauses(script, panel->name, panel->columns, 0);
    plot_limits_clauses(script, limits, &panel->limits);
    fputc('\n', script->out);
}

static bool draw_lines(struct plot_script *script, struct throughput_panel panels[2],
                       struct report_error *error)
{
    struct plot_limits limits;
    bool good = plot_limits_load(script->run, &limits, error);
    if (good) {
        for (size_t i = 0; i < 2; i++)
            choose_top(script->run, &limits, &panels[i]);
        plot_script_begin(script, "Throughput as the throttle counts it");
        put_legend(script, &limits, panels);
        plot_script_end_legend(script);
        plot_limits_data(script, &limits);
        for (size_t i = 0; i < 2; i++)
            draw_panel(script, &limits, &panels[i], i);
    }
    plot_limits_free(&limits);
    return good;
}

static void draw_maps(struct plot_script *script, struct throughput_panel panels[2])
{
    struct plot_members_map maps[2];
    for (size_t i = 0; i < 2; i++) {
        double most = most_of(script->run, &panels[i]);
        maps[i] =
            (struct plot_members_map){.name = panels[i].name,
                                      .value = panels[i].value,
                                      .unit = plot_rate_unit(script->run, panels[i].bytes, most),
                                      .nothing = "Nothing passed."};
    }
    plot_members_maps(script, "Throughput as the throttle counts it", maps, 2);
}

bool plot_throughput(struct plot_script *script, struct report_error *error)
{
    size_t room = limits_room(script->run);
    bool counted = script->run->is_counted;
    struct throughput_panel panels[2] = {
        {.name = "requests",
         .value = requests_of,
         .total = all_requests_of,
         .limits = {"iops-", NULL, PLOT_ALL_GROUPS, NULL, plot_number_integer,
                    counted ? "operations" : "requests", "", 0, room}},
        {.name = "bytes",
         .bytes = true,
         .value = bytes_of,
         .total = all_bytes_of,
         .limits = {"bps-", NULL, PLOT_ALL_GROUPS, NULL, plot_number_bytes, "bytes", "", 0, room}},
    };
    if (!plot_is_map(script->run))
        return draw_lines(script, panels, error);
    draw_maps(script, panels);
    return true;
}
