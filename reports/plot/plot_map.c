// SPDX-License-Identifier: GPL-2.0-or-later
// Maps: a value as a colour, over time and another axis. Colours are on a logarithmic scale, since
// what is looked for may be one member of many, or one request of a thousand.
#include "reports/plot/figures.h"

#include <inttypes.h>
#include <math.h>

#define MAP_LEFT 0.165 // room for names
#define MAP_RIGHT 0.655
#define MAP_DECADES 4 // colours that are told apart; what is less has the palest
#define MAP_NAMES 24  // of members, if all panels together have so many

// From little to much; the same to the colour-blind, and in grey.
#define MAP_AMOUNTS                                                                                \
    "set palette defined (0 '#FCEFC7', 0.25 '#FDBE6F', 0.5 '#E8703A', 0.75 '#A1234B', "            \
    "1 '#2D0A45')\n"

// From too little over what is due to too much.
#define MAP_RATIOS "set palette defined (0 '#2166AC', 0.5 '#F3EBD0', 1 '#B2182B')\n"

bool plot_is_map(const struct plot_run *run)
{
    return run->member_count > PLOT_NAMED_MAX;
}

void plot_map_begin(struct plot_script *script)
{
    script->left = MAP_LEFT;
    script->right = MAP_RIGHT;
}

// Data block NAME: a row of the matrix for each of `rows`, a column for each bin.
static void put_matrix(const struct plot_script *script, const struct plot_map *map, size_t rows)
{
    fprintf(script->data, "$%s << EOD\n", map->name);
    for (size_t row = 0; row < rows; row++) {
        for (size_t bin = 0; bin < script->run->bin_count; bin++) {
            double value = map->value(map->context, row, bin);
            if (value > 0)
                fprintf(script->data, "%.4g ", value);
            else
                fputs("NaN ", script->data);
        }
        fputc('\n', script->data);
    }
    fputs("EOD\n", script->data);
}

static struct plot_extent extent_of(const struct plot_run *run, const struct plot_map *map,
                                    size_t rows)
{
    struct plot_extent extent = {0};
    for (size_t i = 0; i < rows * run->bin_count; i++) {
        double value = map->value(map->context, i / run->bin_count, i % run->bin_count);
        const struct plot_extent one = {value, value, 0, 1, 0};
        if (value > 0)
            plot_extent_join(&extent, &one);
    }
    extent.low_ns = fmax(extent.low_ns, extent.high_ns / pow(10, MAP_DECADES));
    return extent;
}

// The scale of colours, beside the panel.
static void put_colours(const struct plot_script *script, const struct plot_map *map,
                        struct plot_extent *extent, size_t panel, size_t panels)
{
    double top, bottom;
    plot_script_place(panel, panels, &top, &bottom);
    fprintf(script->out,
            "%sset colorbox user origin screen %g,%g size screen 0.012,%g\n"
            "set cbtics nomirror out\n",
            map->is_ratio ? MAP_RATIOS : MAP_AMOUNTS, MAP_RIGHT + 0.01, bottom, top - bottom);
    if (map->is_ratio) {
        fputs("set logscale cb\nset cbrange [0.25:4]\nset cbtics ('1/4' 0.25, '1/2' 0.5, '1' 1,"
              " '2' 2, '4' 4)\n",
              script->out);
        return;
    }
    if (map->is_latency) {
        plot_script_latency_axis(script, "cb", extent);
        return;
    }
    double low = extent->requests > 0 ? extent->low_ns : 1,
           high = fmax(extent->high_ns, 1.01 * low);
    fprintf(script->out, "set logscale cb\nset cbrange [%.6g:%.6g]\nset format cb '%%g'\n", low,
            high);
}

void plot_map_panel(const struct plot_script *script, const struct plot_map *map, size_t rows,
                    size_t panel, size_t panels)
{
    const struct plot_run *run = script->run;
    double step = fmin((double)run->bin_intervals * (double)run->interval_ns, run->end_ns);
    struct plot_extent extent = extent_of(run, map, rows);
    put_matrix(script, map, rows);
    plot_script_time_panel(script, panel, panels, map->title);
    put_colours(script, map, &extent, panel, panels);
    if (extent.requests <= 0)
        plot_script_message(script, map->nothing);
    // Columns are counted on an axis of their own: to place each would take four times as long.
    if (extent.requests > 0)
        fprintf(script->out, "set x2range [-0.5:%.9g]\nplot $%s matrix axes x2y1 with image\n",
                run->end_ns / step - 0.5, map->name);
    else
        fputs("plot NaN\n", script->out);
}

// ---- Members ----

struct members_map {
    const struct plot_run *run;
    const struct plot_members_map *map;
};

static double member_value(const void *context, size_t row, size_t bin)
{
    const struct members_map *members = context;
    const struct plot_run *run = members->run;
    return members->map->value(&run->cells[row * run->bin_count + bin],
                               plot_run_bin_seconds(run, bin)) /
           members->map->unit.scale;
}

// Names of as many members as there is room for, from the top.
void plot_members_map_names(const struct plot_script *script, size_t panels)
{
    const struct plot_run *run = script->run;
    size_t every = (run->line_count * panels + MAP_NAMES - 1) / MAP_NAMES;
    fprintf(script->out, "set yrange [%.1f:-0.5]\nset ytics (", (double)run->line_count - 0.5);
    for (size_t line = 0; line < run->line_count; line += every) {
        plot_script_quote(script, run->members[line].name);
        fprintf(script->out, " %zu, ", line);
    }
    fputs("'' -1)\n", script->out);
}

void plot_members_map_legend(const struct plot_script *script, size_t panels)
{
    const struct plot_run *run = script->run;
    char text[64];
    plot_script_remark(script, "%" PRId64 " members, a row each:", run->member_count);
    plot_script_remark(script, "those whose requests waited");
    plot_script_remark(script, "longest first; white: nothing");
    if ((int64_t)run->line_count < run->member_count)
        plot_script_remark(script, "(the first %zu are drawn)", run->line_count);
    if (run->line_count * panels > MAP_NAMES) {
        snprintf(text, sizeof text, "(one name in %zu is shown)",
                 (run->line_count * panels + MAP_NAMES - 1) / MAP_NAMES);
        plot_script_remark(script, "%s", text);
    }
}

void plot_members_maps(struct plot_script *script, const char *title,
                       const struct plot_members_map *maps, size_t count)
{
    plot_script_begin(script, title);
    plot_map_begin(script);
    plot_members_map_legend(script, count);
    plot_events_legend(script);
    plot_script_end_legend(script);
    for (size_t i = 0; i < count; i++) {
        const struct members_map members = {script->run, &maps[i]};
        const struct plot_map map = {
            .name = maps[i].name,
            .title = maps[i].unit.name,
            .nothing = maps[i].nothing,
            .value = member_value,
            .context = &members,
            .is_latency = maps[i].is_latency,
        };
        plot_members_map_names(script, count);
        plot_map_panel(script, &map, script->run->line_count, i, count);
    }
}
