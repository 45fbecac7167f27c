// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever the colour, A is dashed or an area, B a solid line.
#include "reports/plot/figures.h"
#include "reports/plot/plot_compare.h"

#include <math.h>
#include <string.h>

#define FIGURE_COLUMNS 630 // as many as the axis has pixels
#define FIGURE_WIDTH " lw 1.8"
#define FIGURE_A " dt (7,4)"
#define FIGURE_AREA "#C4C4C4"

static void figure_legend(struct figure *figure)
{
    const struct plot_script *script = &figure->script;
    char text[REPORT_LABEL_MAX + 64], name[REPORT_LABEL_MAX];

    for (int side = 0; side < 2; side++) {
        const char *shown = figure->comparison->sides[side].run.shown;
        const char *slash = strrchr(shown, '/');
        const char *const parts[] = {side == 0 ? "A:" : "B:", slash != NULL ? slash + 1 : shown};

        fprintf(script->out, ", keyentry with lines lc rgb '#000000'" FIGURE_WIDTH "%s",
                side == 0 ? FIGURE_A : "");
        plot_script_title(script, parts, 2);
    }
    plot_script_remark(script, " ");
    plot_script_remark(script, "Distribution, each member:");
    for (size_t line = 0; line < figure->member_count; line++) {
        report_label(name, figure->members[line]->name, 24);
        fprintf(script->out, ", keyentry with lines lc rgb '%s'" FIGURE_WIDTH " title ",
                plot_script_colour(line));
        plot_script_quote(script, name);
    }
    if (figure->hidden > 0) {
        snprintf(text, sizeof text, "(%zu more members)", figure->hidden);
        plot_script_remark(script, text);
    }
    plot_script_remark(script, " ");
    plot_script_remark(script, "Throughput, all members:");
    fputs(", keyentry with boxes fs solid noborder lc rgb '" FIGURE_AREA "' title 'A'"
          ", keyentry with lines lc rgb '#000000' lw 1.4 title 'B'",
          script->out);
}

// A step is drawn as a line with a corner: of steps, a PNG begins the dashes anew at each.
static void figure_step(FILE *out, double ns, double *from, double to)
{
    fprintf(out, "%.9g %.6g\n%.9g %.6g\n", ns, *from, ns, to);
    *from = to;
}

// The curve of one side of a member; of points that fall into the same column the last one counts.
static void figure_curve(const struct figure *figure, size_t line, int side, double left_ns,
                         double per_column)
{
    const struct report_histogram *latencies = &figure->latencies[line][side];
    double count = (double)latencies->count + figure->never[line][side];
    double ns = 0, seen = 0, column = -1, place = 0;
    struct report_histogram_range range;
    FILE *out = figure->script.out;

    fprintf(out, "$cdf%zu%c << EOD\n", line, "AB"[side]);
    for (size_t position = 0; report_histogram_next(latencies, &position, &range);) {
        double high_ns = fmin((double)range.high_ns, (double)latencies->max_ns);
        double next_ns = fmax(high_ns, left_ns),
               here = floor(log10(next_ns / left_ns) / per_column);

        if (seen <= 0)
            fprintf(out, "%.9g 0\n", next_ns);
        else if (here > column)
            figure_step(out, ns, &place, plot_latency_place(seen / count));
        ns = next_ns;
        column = here;
        seen += (double)range.count;
    }
    // The slowest request stands half a request below 100 %, which has no place on the scale.
    if (seen > 0)
        figure_step(out, ns, &place, plot_latency_place(fmin(seen, count - 0.5) / count));
    fputs("EOD\n", out);
}

static void figure_margins(const struct figure *figure, double left, double right, double top,
                           double bottom)
{
    fprintf(figure->script.out,
            "unset label\nset lmargin at screen %g\nset rmargin at screen %g\n"
            "set tmargin at screen %g\nset bmargin at screen %g\n",
            left, right, top, bottom);
}

static void figure_draw_latencies(struct figure *figure)
{
    const struct plot_script *script = &figure->script;
    double low_ns = 0, high_ns = 0, most = 0;
    bool zeros = false;

    for (size_t i = 0; i < 2 * figure->member_count; i++) {
        const struct report_histogram *latencies = &figure->latencies[i / 2][i % 2];
        struct report_histogram_range range;

        for (size_t at = 0; report_histogram_next(latencies, &at, &range);) {
            zeros = zeros || range.high_ns == 0;
            if (range.high_ns > 0 && (low_ns <= 0 || (double)range.high_ns < low_ns))
                low_ns = (double)range.high_ns;
        }
        if (latencies->count > 0)
            high_ns = fmax(high_ns, (double)latencies->max_ns);
        most = fmax(most, (double)latencies->count + figure->never[i / 2][i % 2]);
    }
    figure_margins(figure, 0.1, 0.73, 0.91, 0.5);
    if (high_ns <= 0)
        low_ns = high_ns = 1e6;
    double left_ns = plot_script_latency_axis(script, 'x', low_ns, high_ns, zeros);
    double decades = ceil(log10(fmax(high_ns, 10 * left_ns))) - log10(left_ns);

    fputs("set xlabel 'total latency of reads and writes (throttle and device)'\n", script->out);
    plot_latency_share_axis(script, most);
    fputs("unset label 2\nset label 2 'share of requests [%]' at screen 0.018, graph 0.5 center "
          "rotate\n",
          script->out);
    if (most <= 0)
        plot_script_message(script, "There are no reads and no writes.");
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        figure_curve(figure, i / 2, (int)(i % 2), left_ns, decades / FIGURE_COLUMNS);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        fprintf(script->out, ", $cdf%zu%c with lines lc rgb '%s'" FIGURE_WIDTH "%s", i / 2,
                "AB"[i % 2], plot_script_colour(i / 2), i % 2 == 0 ? FIGURE_A : "");
    fputs("\nunset logscale x\nunset mxtics\nset xtics autofreq nomirror out\n"
          "set ytics autofreq nomirror out\n",
          script->out);
}

struct figure_unit {
    double scale;
    const char *name;
};

struct figure_series {
    const struct figure *figure;
    int side;
    bool bytes;
    const struct figure_unit *unit;
};

static double figure_value(const void *context, size_t bin)
{
    const struct figure_series *series = context;
    const struct figure_bin *found = &series->figure->bins[series->side][bin];
    double seconds = plot_run_bin_seconds(&series->figure->run, bin);

    return (series->bytes ? found->bytes : found->requests) / series->unit->scale / seconds;
}

// One that fits the largest of both runs.
static const struct figure_unit *figure_choose_unit(const struct figure *figure, bool bytes)
{
    static const struct figure_unit units[] = {
        {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}, {1, "requests/s"}};
    size_t unit = bytes ? 0 : 3;
    double most = 0;

    for (size_t i = 0; i < 2 * figure->run.bin_count; i++) {
        const struct figure_series series = {figure, (int)(i % 2), bytes, &units[3]};

        most = fmax(most, figure_value(&series, i / 2));
    }
    while (unit < 2 && most < units[unit].scale)
        unit++;
    return &units[unit];
}

// These plots are narrow: five labels or six, 1, 2 or 5 times a power of ten apart.
static double figure_time_step(const struct figure *figure)
{
    double least = figure->run.end_ns / figure->script.time.ns / 5;
    double step = pow(10, floor(log10(least)));

    if (step < least)
        step *= least <= 2 * step ? 2 : least <= 5 * step ? 5 : 10;
    return step;
}

static void figure_draw_throughput(struct figure *figure, bool bytes)
{
    const struct plot_script *script = &figure->script;
    const char *name = bytes ? "bytes" : "requests";
    const struct figure_unit *unit = figure_choose_unit(figure, bytes);

    figure_margins(figure, bytes ? 0.47 : 0.1, bytes ? 0.73 : 0.36, 0.365, 0.115);
    plot_script_time_axis(script, true);
    if (figure->run.end_ns > 0)
        fprintf(script->out, "set xtics %.10g\n", figure_time_step(figure));
    fprintf(script->out,
            "set label 2 '%s' at screen %g, graph 0.5 center rotate\nset yrange [0:*]\n",
            unit->name, bytes ? 0.395 : 0.018);
    for (int side = 0; side < 2; side++) {
        const struct figure_series series = {figure, side, bytes, unit};

        plot_script_stairs(script, name, (size_t)side, figure_value, &series);
    }
    fprintf(script->out,
            "plot NaN, $%s0 with fillsteps fs solid noborder lc rgb '" FIGURE_AREA "'"
            ", $%s1 with steps lc rgb '#000000' lw 1.4\n",
            name, name);
}

void figure_script(struct figure *figure)
{
    figure_legend(figure);
    plot_script_end_legend(&figure->script);
    figure_draw_latencies(figure);
    figure_draw_throughput(figure, false);
    figure_draw_throughput(figure, true);
}
