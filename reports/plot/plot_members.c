// SPDX-License-Identifier: GPL-2.0-or-later
// Stairs of the members over time, and the plots that show nothing else.
#include "reports/plot/figures.h"

#include <inttypes.h>
#include <math.h>

#define MEMBERS_DENSE 300 // bins from which on lines are thin

struct members_stairs {
    const struct plot_run *run;
    const struct plot_cell *cells;
    plot_cell_value *value;
};

static double value_of(const void *context, size_t bin)
{
    const struct members_stairs *stairs = context;
    return stairs->value(&stairs->cells[bin], plot_run_bin_seconds(stairs->run, bin));
}

static void put_cells(const struct plot_script *script, const char *name, size_t number,
                      const struct plot_cell *cells, plot_cell_value *value)
{
    const struct members_stairs stairs = {script->run, cells, value};
    plot_script_stairs(script, name, number, value_of, &stairs);
}

void plot_members_data(const struct plot_script *script, const char *name, plot_cell_value *value)
{
    const struct plot_run *run = script->run;
    struct members_stairs stairs = {.run = run, .value = value};
    for (size_t line = 0; line < run->named_count; line++)
        put_cells(script, name, line, &run->cells[line * run->bin_count], value);
    fprintf(script->data, "$%sothers << EOD\n", name);
    for (size_t line = run->named_count; line < run->line_count; line++) {
        stairs.cells = &run->cells[line * run->bin_count];
        plot_script_stairs_rows(script, value_of, &stairs);
    }
    fputs("EOD\n", script->data);
}

static double line_width(const struct plot_run *run)
{
    return run->bin_count > MEMBERS_DENSE ? 1 : 1.6;
}

void plot_members_clauses(const struct plot_script *script, const char *name, const char *columns,
                          double width)
{
    const struct plot_run *run = script->run;
    if (run->line_count > run->named_count) {
        fprintf(script->out, ", $%sothers %s with steps", name, columns);
        plot_script_line_style(script, run->named_count, 1);
    }
    for (size_t line = 0; line < run->named_count; line++) {
        fprintf(script->out, ", $%s%zu %s with steps", name, line, columns);
        plot_script_line_style(script, line, width > 0 ? width : line_width(run));
    }
}

void plot_members_legend_others(const struct plot_script *script)
{
    const struct plot_run *run = script->run;
    int64_t others = run->member_count - (int64_t)run->named_count;
    size_t drawn = run->line_count - run->named_count;
    char title[64];
    if (others <= 0)
        return;
    fputs(", keyentry with lines", script->out);
    plot_script_line_style(script, run->named_count, 1);
    int used = snprintf(title, sizeof title, "%" PRId64 " others", others);
    if ((int64_t)drawn < others)
        snprintf(title + used, sizeof title - (size_t)used, " (%zu drawn)", drawn);
    plot_script_name(script, title);
}

void plot_members_legend(const struct plot_script *script)
{
    const struct plot_run *run = script->run;
    for (size_t line = 0; line < run->named_count; line++) {
        fputs(", keyentry with lines", script->out);
        plot_script_line_style(script, line, line_width(run));
        plot_script_name(script, run->members[line].name);
    }
    plot_members_legend_others(script);
}

static double waiting_of(const struct plot_cell *cell, double seconds)
{
    (void)seconds;
    return cell->waiting_max;
}

bool plot_waiting(struct plot_script *script, struct report_error *error)
{
    static const char title[] = "Reads and writes waiting in the throttle";
    static const char axis[] = "requests waiting, peak of each step";
    static const char nothing[] = "No read or write waited.";
    static const struct plot_members_map map = {"waiting", waiting_of, {1, axis}, nothing, false};
    const struct plot_run *run = script->run;
    double most = 0;
    (void)error;
    if (plot_is_map(run)) {
        plot_members_maps(script, title, &map, 1);
        return true;
    }
    plot_script_begin(script, title);
    plot_members_legend(script);
    plot_events_legend(script);
    plot_script_end_legend(script);
    plot_members_data(script, "waiting", waiting_of);
    for (size_t i = 0; i < run->line_count * run->bin_count; i++)
        most = fmax(most, run->cells[i].waiting_max);
    plot_script_time_panel(script, 0, 1, axis);
    fprintf(script->out, "set yrange [0:%.6g]\n", most > 0 ? 1.05 * most : 1);
    if (most <= 0)
        plot_script_message(script, nothing);
    fputs("plot NaN", script->out);
    plot_members_clauses(script, "waiting", "", 0);
    fputc('\n', script->out);
    return true;
}

// A latency of 0 is drawn at this, below all others; the axis maps it to its lower end.
#define MEMBERS_ZERO_NS 1e-9

static double latency_of(const struct plot_cell *cell, double ns)
{
    return cell->completed > 0 ? fmax(ns, MEMBERS_ZERO_NS) : NAN;
}

static double p99_of(const struct plot_cell *cell, double seconds)
{
    (void)seconds;
    return latency_of(cell, cell->p99_max_ns);
}

static double p50_of(const struct plot_cell *cell, double seconds)
{
    (void)seconds;
    return latency_of(cell, cell->p50_sum_ns / cell->completed);
}

static struct plot_extent latency_extent(const struct plot_run *run)
{
    struct plot_extent extent = {0};
    for (size_t i = 0; i < run->line_count * run->bin_count; i++) {
        const struct plot_cell *cell = &run->cells[i];
        const double ns[] = {cell->p99_max_ns, cell->p50_sum_ns / cell->completed};
        for (size_t n = 0; cell->completed > 0 && n < 2; n++) {
            const struct plot_extent one = {ns[n], ns[n], ns[n] <= 0, cell->completed, 0};
            plot_extent_join(&extent, &one);
        }
    }
    return extent;
}

static void draw_latency_lines(struct plot_script *script, const struct plot_members_map panels[2])
{
    struct plot_extent extent = latency_extent(script->run);
    char columns[96];
    plot_script_begin(script, "Total latency of reads and writes");
    plot_members_legend(script);
    plot_events_legend(script);
    plot_script_end_legend(script);
    for (size_t i = 0; i < 2; i++)
        plot_members_data(script, panels[i].name, panels[i].value);
    double bottom_ns = plot_script_latency_axis(script, "y", &extent);
    snprintf(columns, sizeof columns, "using 1:($2 > %.10g ? $2 : %.10g)", bottom_ns, bottom_ns);
    for (size_t i = 0; i < 2; i++) {
        plot_script_time_panel(script, i, 2, panels[i].unit.name);
        if (extent.requests <= 0)
            plot_script_message(script, panels[i].nothing);
        fputs("plot NaN", script->out);
        plot_members_clauses(script, panels[i].name, columns, 0);
        fputc('\n', script->out);
    }
}

bool plot_latency_over_time(struct plot_script *script, struct report_error *error)
{
    static const char nothing[] = "No read or write was completed.";
    bool binned = script->run->bin_intervals > 1;
    const struct plot_members_map panels[2] = {
        {"tail", p99_of, {1, binned ? "highest p99 latency" : "p99 latency"}, nothing, true},
        {"median", p50_of, {1, binned ? "mean p50 latency" : "p50 latency"}, nothing, true},
    };
    (void)error;
    if (plot_is_map(script->run))
        plot_members_maps(script, "Total latency of reads and writes", panels, 2);
    else
        draw_latency_lines(script, panels);
    return true;
}
