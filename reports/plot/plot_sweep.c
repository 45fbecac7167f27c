// SPDX-License-Identifier: GPL-2.0-or-later
// The points of a sweep: a map of the first figure over two settings, and what limits cost against
// it.
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIGURE_LABELS 16  // of an axis
#define FIGURE_COLOURS 6  // values of a setting that are told apart
#define FIGURE_NAME 24    // cells of a value in the legend
#define FIGURE_ROUND 0.02 // of the axis, around what is least and most

struct figure {
    const struct report_sweep *sweep;
    size_t across, along; // settings; setting_count: there is none
    bool *is_front;
    bool is_latency;
    struct plot_extent extent; // of the figure's values
    uint64_t endless;          // points with a value that has no end
};

// ---- What is drawn ----

// Of the settings with several values that are not `but` the one with the most.
static size_t widest(const struct report_sweep *sweep, size_t but)
{
    size_t found = sweep->setting_count;
    for (size_t i = 0; i < sweep->setting_count; i++) {
        if (i != but && sweep->settings[i].count > 1 &&
            (found == sweep->setting_count ||
             sweep->settings[i].count > sweep->settings[found].count))
            found = i;
    }
    return found;
}

static double value_at(const struct figure *figure, uint64_t point)
{
    return report_sweep_range(figure->sweep, point, 0).median;
}

static bool load(struct figure *figure, const struct report_sweep *sweep)
{
    figure->sweep = sweep;
    figure->across = report_sweep_cost(sweep);
    if (figure->across == sweep->setting_count)
        figure->across = widest(sweep, sweep->setting_count);
    figure->along = widest(sweep, figure->across);
    figure->is_latency = report_metrics[sweep->figures[0].metric].quantity == REPORT_QUANTITY_TIME;
    figure->is_front = calloc(sweep->points + 1, sizeof *figure->is_front);
    if (figure->is_front == NULL || !report_sweep_front(sweep, figure->is_front))
        return false;
    for (uint64_t i = 0; i < sweep->points; i++) {
        double value = value_at(figure, i);
        const struct plot_extent one = {value, value, value <= 0, 1, 0};
        figure->endless += isinf(value) != 0;
        if (isfinite(value) && value > 0)
            plot_extent_join(&figure->extent, &one);
        else if (isfinite(value))
            figure->extent.zeros = 1;
    }
    return true;
}

// The position of the value that a setting has at a point.
static size_t position(const struct report_sweep *sweep, uint64_t point, size_t setting)
{
    for (size_t i = sweep->setting_count; i > setting + 1; i--)
        point /= sweep->settings[i - 1].count;
    return point % sweep->settings[setting].count;
}

// ---- The map ----

// The worst of the points with these values: what holds whatever the others are.
static double cell(const struct figure *figure, size_t across, size_t along)
{
    const struct report_sweep *sweep = figure->sweep;
    double worst = NAN;
    bool more_is_worse = report_figure_more_is_worse(sweep->figures[0].metric);
    for (uint64_t i = 0; i < sweep->points; i++) {
        double value = value_at(figure, i);
        if (position(sweep, i, figure->across) == across &&
            position(sweep, i, figure->along) == along && !isnan(value) &&
            (isnan(worst) || (more_is_worse ? value > worst : value < worst)))
            worst = value;
    }
    return worst;
}

// Its values, at 0, 1, ...; as many of them as there is room for.
static void put_values(const struct plot_script *script, const char *axis,
                       const struct report_sweep_setting *setting)
{
    size_t every = (setting->count + FIGURE_LABELS - 1) / FIGURE_LABELS;
    fprintf(script->out, "set %srange [-0.5:%.1f]\nset %stics (", axis,
            (double)setting->count - 0.5, axis);
    for (size_t i = 0; i < setting->count; i += every) {
        plot_script_quote(script, setting->values[i]);
        fprintf(script->out, " %zu, ", i);
    }
    fputs("'' -1)\n", script->out);
}

static void put_axis_title(const struct plot_script *script, const char *key)
{
    fputs("set xlabel ", script->out);
    plot_script_quote(script, key);
    fputc('\n', script->out);
}

static void put_cells(const struct plot_script *script, const struct figure *figure, double zero)
{
    const struct report_sweep_setting *settings = figure->sweep->settings;
    fputs("$cells << EOD\n", script->data);
    for (size_t along = 0; along < settings[figure->along].count; along++) {
        for (size_t across = 0; across < settings[figure->across].count; across++) {
            double value = cell(figure, across, along);
            if (!isfinite(value))
                fputs("NaN ", script->data);
            else
                fprintf(script->data, "%.6g ", fmax(value, zero));
        }
        fputc('\n', script->data);
    }
    fputs("EOD\n", script->data);
}

static bool draw_map(struct plot_script *script, struct report_error *error)
{
    struct figure figure = *(const struct figure *)script->figure;
    const struct report_sweep *sweep = figure.sweep;
    char title[2 * REPORT_LABEL_MAX];
    double top, bottom, zero = 0;
    (void)error;
    snprintf(title, sizeof title, "%.100s over two settings - %.100s", sweep->figures[0].name,
             sweep->name);
    plot_script_begin_titled(script, title);
    plot_map_begin(script);
    plot_script_remark(script, "%s", sweep->figures[0].name);
    plot_script_remark(script, figure.is_latency ? "white: without end, or none" : "white: none");
    if (sweep->setting_count > 2)
        plot_script_remark(script, "the worst over all others");
    plot_script_end_legend(script);
    plot_script_panel(script, 0, 1, sweep->settings[figure.along].key);
    plot_script_place(0, 1, &top, &bottom);
    fprintf(script->out,
            "set palette defined (0 '#FCEFC7', 0.25 '#FDBE6F', 0.5 '#E8703A', 0.75 '#A1234B', "
            "1 '#2D0A45')\nset colorbox user origin screen %g,%g size screen 0.012,%g\n"
            "set cbtics nomirror out\n",
            script->right + 0.01, bottom, top - bottom);
    if (figure.is_latency)
        zero = plot_script_latency_axis(script, "cb", &figure.extent);
    put_values(script, "x", &sweep->settings[figure.across]);
    put_values(script, "y", &sweep->settings[figure.along]);
    put_axis_title(script, sweep->settings[figure.across].key);
    put_cells(script, &figure, zero);
    bool any = figure.extent.requests > 0 || figure.extent.zeros > 0;
    if (!any)
        plot_script_message(script, "no point has a value");
    fputs(any ? "plot $cells matrix with image\n" : "plot NaN\n", script->out);
    return true;
}

// ---- What limits cost ----

static void put_points(const struct plot_script *script, const struct figure *figure, size_t colour,
                       double zero)
{
    const struct report_sweep *sweep = figure->sweep;
    fprintf(script->data, "$points%zu << EOD\nNaN NaN\n", colour);
    for (uint64_t i = 0; i < sweep->points; i++) {
        double value = value_at(figure, i);
        bool is_its = figure->along == sweep->setting_count
                          ? colour == 0
                          : position(sweep, i, figure->along) % FIGURE_COLOURS == colour;
        if (is_its && isfinite(value))
            fprintf(script->data, "%.9g %.6g\n",
                    report_sweep_number(report_sweep_value(sweep, i, figure->across)),
                    fmax(value, zero));
    }
    fputs("EOD\n", script->data);
}

static int compare_pairs(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

// By what they cost. Nothing is drawn without memory.
static void put_front(const struct plot_script *script, const struct figure *figure, double zero)
{
    const struct report_sweep *sweep = figure->sweep;
    double(*pairs)[2] = malloc((sweep->points + 1) * sizeof *pairs);
    size_t count = 0;
    for (uint64_t i = 0; pairs != NULL && i < sweep->points; i++) {
        if (!figure->is_front[i])
            continue;
        pairs[count][0] = report_sweep_number(report_sweep_value(sweep, i, figure->across));
        pairs[count++][1] = fmax(value_at(figure, i), zero);
    }
    if (count > 0)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    fputs("$front << EOD\nNaN NaN\n", script->data);
    for (size_t i = 0; i < count; i++)
        fprintf(script->data, "%.9g %.6g\n", pairs[i][0], pairs[i][1]);
    fputs("EOD\n", script->data);
    free(pairs);
}

// The least and the most that the setting across is, and whether that is far apart.
static void put_cost_axis(const struct plot_script *script, const struct figure *figure)
{
    const struct report_sweep_setting *setting = &figure->sweep->settings[figure->across];
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < setting->count; i++) {
        least = fmin(least, report_sweep_number(setting->values[i]));
        most = fmax(most, report_sweep_number(setting->values[i]));
    }
    double room = FIGURE_ROUND * (most - least);
    if (least > 0 && most / least >= 20)
        fputs("set logscale x\n", script->out);
    fprintf(script->out, "set xrange [%.9g:%.9g]\nset format x '%%.8g'\n", least - room,
            most + room);
    put_axis_title(script, setting->key);
}

static size_t colours_of(const struct figure *figure)
{
    const struct report_sweep *sweep = figure->sweep;
    size_t count = figure->along == sweep->setting_count ? 1 : sweep->settings[figure->along].count;
    return count < FIGURE_COLOURS ? count : FIGURE_COLOURS;
}

static void put_legend(struct plot_script *script, const struct figure *figure)
{
    const struct report_sweep *sweep = figure->sweep;
    char name[REPORT_LABEL_MAX];
    fputs(", keyentry with linespoints pt 7 ps 0.8 lw 1.6 lc rgb '#000000'", script->out);
    plot_script_name(script, "no other point beats them");
    if (figure->along < sweep->setting_count)
        plot_script_remark(script, " ");
    if (figure->along < sweep->setting_count)
        plot_script_remark(script, "%s", sweep->settings[figure->along].key);
    for (size_t i = 0; figure->along < sweep->setting_count && i < colours_of(figure); i++) {
        bool has_more = sweep->settings[figure->along].count > FIGURE_COLOURS;
        report_label(name, sweep->settings[figure->along].values[i], FIGURE_NAME);
        fprintf(script->out, ", keyentry with points pt 7 ps 0.8 lc rgb '%s'",
                plot_script_colour(i));
        if (has_more)
            snprintf(name + strlen(name), sizeof name - strlen(name), ", ...");
        plot_script_name(script, name);
    }
    if (figure->endless > 0)
        plot_script_remark(script, "(%" PRIu64 " without end not drawn)", figure->endless);
}

static bool draw_front(struct plot_script *script, struct report_error *error)
{
    struct figure figure = *(const struct figure *)script->figure;
    const struct report_sweep *sweep = figure.sweep;
    char title[2 * REPORT_LABEL_MAX];
    double zero = 0;
    (void)error;
    snprintf(title, sizeof title, "What less of it costs - %.100s", sweep->name);
    plot_script_begin_titled(script, title);
    put_legend(script, &figure);
    plot_script_end_legend(script);
    plot_script_panel(script, 0, 1, sweep->figures[0].name);
    if (figure.is_latency)
        zero = plot_script_latency_axis(script, "y", &figure.extent);
    else
        fputs("set yrange [0:*]\n", script->out);
    put_cost_axis(script, &figure);
    put_front(script, &figure, zero);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < colours_of(&figure); i++) {
        put_points(script, &figure, i, zero);
        fprintf(script->out, ", $points%zu with points pt 7 ps 0.8 lc rgb '%s'", i,
                plot_script_colour(i));
    }
    fputs(", $front with steps lw 1.6 lc rgb '#000000'"
          ", $front with points pt 7 ps 0.8 lc rgb '#000000'\n",
          script->out);
    return true;
}

bool report_sweep_plot(const struct report_sweep *sweep, const char *directory,
                       report_plot_written *written, void *context, struct report_error *error)
{
    static const struct plot_drawing front = {"sweep-front", draw_front, NULL};
    static const struct plot_drawing map = {"sweep-map", draw_map, NULL};
    struct plot_drawing drawings[2];
    const struct plot_target target = {directory, "", written, context};
    static const struct plot_run no_run;
    struct figure figure = {.is_front = NULL};
    struct plot_script script = {.run = &no_run, .figure = &figure};
    size_t count = 0;
    bool ok = load(&figure, sweep);
    if (!ok)
        snprintf(error->message, sizeof error->message, "out of memory");
    if (figure.along < sweep->setting_count)
        drawings[count++] = map;
    if (report_sweep_cost(sweep) < sweep->setting_count)
        drawings[count++] = front;
    ok = ok && (count == 0 || plot_draw(&target, drawings, count, &script, error));
    free(figure.is_front);
    return ok;
}
