// SPDX-License-Identifier: GPL-2.0-or-later
// What was asked for against what was delivered, of each group, with the limits in force: where the
// area is above the line, requests wait.
#include "reports/plot/figures.h"

#include <math.h>

#define DEMAND_REACH 3       // the axis ends there, times what was delivered and the limits
#define DEMAND_LIMIT_REACH 2 // a limit this many times above all data would flatten them
#define DEMAND_ASKED "#BFD3E6"
#define DEMAND_DELIVERED "#08306B"
#define DEMAND_LIMIT "#CC3311"
#define DEMAND_ROOM 24 // lines of the legend for all limits

struct demand {
    const struct plot_script *script;
    struct plot_limits limits;
    enum plot_view view;
    size_t rows; // groups, and what is in none of those
};

struct demand_panel {
    size_t row;
    bool bytes;
    plot_flow_value *asked, *delivered;
    struct plot_limits_view limits;
    double asked_most;
    struct plot_unit unit;
    char columns[48];
};

static double asked_requests(const struct plot_flow *flow)
{
    return flow->arrived;
}

static double asked_bytes(const struct plot_flow *flow)
{
    return flow->arrived_bytes;
}

static double delivered_requests(const struct plot_flow *flow)
{
    return flow->dispatched;
}

static double delivered_bytes(const struct plot_flow *flow)
{
    return flow->dispatched_bytes;
}

static struct demand_panel panel_of(const struct demand *demand, size_t row, bool bytes)
{
    static const char *const directions[] = {"total", "read", "write"};
    const struct plot_run *run = demand->script->run;
    struct demand_panel panel = {.row = row,
                                 .bytes = bytes,
                                 .asked = bytes ? asked_bytes : asked_requests,
                                 .delivered = bytes ? delivered_bytes : delivered_requests,
                                 .limits = {bytes ? "bps-" : "iops-", directions[demand->view], row,
                                            DEMAND_LIMIT,
                                            bytes ? plot_number_bytes : plot_number_integer,
                                            bytes ? "bytes" : "requests", "", 0, 0}};
    panel.asked_most = plot_flows_most(run, row, demand->view, panel.asked);
    double delivered = plot_flows_most(run, row, demand->view, panel.delivered);
    double most = fmax(delivered, panel.asked_most);
    double below = most > 0 ? DEMAND_LIMIT_REACH * most : INFINITY;
    double known = fmax(delivered, plot_limits_highest(&demand->limits, &panel.limits, below));
    double top =
        1.06 * fmin(fmax(known, panel.asked_most), known > 0 ? DEMAND_REACH * known : INFINITY);
    panel.unit = plot_rate_unit(run, bytes, top);
    panel.limits.top = top > 0 ? top : panel.unit.scale;
    return panel;
}

// Place of a panel: one group has two wide ones below each other, several have a row each.
static void begin_panel(const struct demand *demand, const struct demand_panel *panel)
{
    const struct plot_script *script = demand->script;
    char title[64];
    if (panel->asked_most > panel->limits.top)
        snprintf(title, sizeof title, "%s (asked: up to %.0f)", panel->unit.name,
                 panel->asked_most / panel->unit.scale);
    else
        snprintf(title, sizeof title, "%s", panel->unit.name);
    if (demand->rows == 1)
        plot_script_time_panel(script, panel->bytes, 2, title);
    else
        plot_script_time_cell(script, panel->row, demand->rows, panel->bytes, title);
}

static void put_row_name(const struct demand *demand, size_t row)
{
    const struct plot_run *run = demand->script->run;
    const char *name = row < run->drawn_groups                         ? run->groups[row].name
                       : run->group_count == 0                         ? "all (no limits)"
                       : run->group_count > (int64_t)run->drawn_groups ? "all others"
                                                                       : "in no group (no limits)";
    if (demand->rows > 1 || run->drawn_groups == 0)
        plot_script_panel_name(demand->script, name);
}

static void draw_panel(const struct demand *demand, size_t row, bool bytes)
{
    const struct plot_script *script = demand->script;
    struct demand_panel panel = panel_of(demand, row, bytes);
    const char *asked = bytes ? "askedbytes" : "asked";
    const char *delivered = bytes ? "gotbytes" : "got";
    plot_flows_data(script, asked, row, demand->view, panel.asked);
    plot_flows_data(script, delivered, row, demand->view, panel.delivered);
    begin_panel(demand, &panel);
    put_row_name(demand, row);
    snprintf(panel.columns, sizeof panel.columns, "using 1:($2/%.12g)", panel.unit.scale);
    panel.limits.columns = panel.columns;
    fprintf(script->out,
            "set yrange [0:%.6g]\nplot NaN"
            ", $%s%zu using 1:($2 > %.9g ? %.9g : $2/%.12g) with fillsteps fs solid noborder"
            " lc rgb '" DEMAND_ASKED "', $%s%zu %s with steps lc rgb '" DEMAND_DELIVERED "' lw 1.4",
            panel.limits.top / panel.unit.scale, asked, row, panel.limits.top,
            panel.limits.top / panel.unit.scale, panel.unit.scale, delivered, row, panel.columns);
    plot_limits_clauses(script, &demand->limits, &panel.limits);
    fputc('\n', script->out);
}

static void put_legend(const struct demand *demand)
{
    const struct plot_script *script = demand->script;
    fputs(", keyentry with boxes fs solid noborder lc rgb '" DEMAND_ASKED "'", script->out);
    plot_script_name(script, "asked for (arrived)");
    fputs(", keyentry with lines lw 1.4 lc rgb '" DEMAND_DELIVERED "'", script->out);
    plot_script_name(script, "delivered by the throttle");
    for (size_t i = 0; i < 2 * script->run->drawn_groups; i++) {
        struct demand_panel panel = panel_of(demand, i / 2, i % 2);
        panel.limits.room = DEMAND_ROOM / 2 / script->run->drawn_groups;
        plot_limits_legend(script, &demand->limits, &panel.limits);
    }
    plot_script_more_groups(script);
    if (script->run->is_counted) {
        plot_script_remark(script, "(iops-size: operations, as");
        plot_script_remark(script, "limits count them; what is");
        plot_script_remark(script, "asked for at its mean size)");
    }
    if (demand->view == PLOT_BOTH && script->run->is_split)
        plot_script_remark(script, "(apart: demand-reads, -writes)");
    plot_events_legend(script);
}

bool plot_demand(struct plot_script *script, struct report_error *error)
{
    static const char *const titles[] = {"Asked for and delivered", "Reads asked for and delivered",
                                         "Writes asked for and delivered"};
    const struct plot_run *run = script->run;
    struct demand demand = {.script = script, .view = *(const enum plot_view *)script->detail};
    demand.rows = run->drawn_groups + (run->has_others || run->drawn_groups == 0);
    bool good = plot_limits_load(run, &demand.limits, error);
    if (good) {
        plot_script_begin(script, titles[demand.view]);
        put_legend(&demand);
        plot_script_end_legend(script);
        plot_limits_data(script, &demand.limits);
        for (size_t row = 0; row < demand.rows; row++) {
            draw_panel(&demand, row, false);
            draw_panel(&demand, row, true);
        }
    }
    plot_limits_free(&demand.limits);
    return good;
}
