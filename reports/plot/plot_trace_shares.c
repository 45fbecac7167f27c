// SPDX-License-Identifier: GPL-2.0-or-later
// Distributions of a recording: sizes, times between arrivals, latencies.
#include "reports/plot/plot_trace_internal.h"

#include <inttypes.h>
#include <math.h>

#define SHARE_COLUMNS 1500 // points of a curve that can be told apart
#define SHARE_POISSON " lc rgb '#808080' lw 1.4 dt (3,3)"

// ---- Sizes ----

static void size_rows(const struct trace_figure *figure, size_t number, bool bytes)
{
    const struct report_trace_line *line = &figure->trace->lines[number];
    FILE *out = figure->script.out;
    double sum = 0, seen = 0;

    for (size_t i = 0; i < line->size_count; i++)
        sum += (double)line->sizes[i].requests * (bytes ? (double)line->sizes[i].bytes : 1);
    fprintf(out, "$%s%zu << EOD\n", bytes ? "bytes" : "requests", number);
    for (size_t i = 0; i < line->size_count && sum > 0; i++) {
        const struct report_trace_size *size = &line->sizes[i];

        if (size->bytes == 0)
            continue;
        fprintf(out, "%" PRIu64 " %.6g\n", size->bytes, 100 * seen / sum);
        seen += (double)size->requests * (bytes ? (double)size->bytes : 1);
        fprintf(out, "%" PRIu64 " %.6g\n", size->bytes, 100 * seen / sum);
    }
    fputs("EOD\n", out);
}

// Powers of two, every second or fourth where there are many.
static void size_axis(const struct trace_figure *figure, bool labelled)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const struct report_trace_line *total = &figure->trace->lines[0];
    FILE *out = figure->script.out;
    int first = 9, last = 13;

    for (size_t i = 0; i < total->size_count; i++) {
        double power = total->sizes[i].bytes > 0 ? log2((double)total->sizes[i].bytes) : first;

        first = power < first ? (int)floor(power) : first;
        last = power > last ? (int)ceil(power) : last;
    }
    int step = last - first <= 14 ? 1 : last - first <= 28 ? 2 : 8;

    fprintf(out, "set logscale x 2\nset xrange [%.10g:%.10g]\nset xtics (", pow(2, first - 0.2),
            pow(2, last + 0.2));
    for (int power = first; power <= last; power += step) {
        if (labelled)
            fprintf(out, "'%d %s' %.20g, ", 1 << power % 10, units[power / 10], pow(2, power));
        else
            fprintf(out, "'' %.20g, ", pow(2, power));
    }
    fprintf(out, "'' %.10g)\n", pow(2, last + 1)); // outside; it ends the list
    if (labelled)
        fputs("set xlabel 'size of a request'\n", out);
}

static void size_panel(const struct trace_figure *figure, bool bytes)
{
    const struct plot_script *script = &figure->script;

    plot_script_panel(script, bytes, 2);
    plot_script_vertical_title(script, bytes ? "share of bytes [%]" : "share of requests [%]");
    size_axis(figure, bytes);
    fputs("set yrange [0:101]\nset ytics 25\n", script->out);
    for (size_t i = 0; i < figure->trace->line_count; i++)
        size_rows(figure, i, bytes);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < figure->trace->line_count; i++) {
        if (figure->trace->lines[i].size_count == 0)
            continue;
        fprintf(script->out, ", $%s%zu with lines", bytes ? "bytes" : "requests", i);
        plot_trace_style(figure, i);
    }
    fputc('\n', script->out);
}

void plot_trace_sizes(struct trace_figure *figure)
{
    plot_trace_begin(figure, "Sizes: requests up to a size");
    plot_script_end_legend(&figure->script);
    size_panel(figure, false);
    size_panel(figure, true);
}

// ---- Times ----

typedef const struct report_histogram *share_times(const struct report_trace_line *line);

static const struct report_histogram *gaps_of(const struct report_trace_line *line)
{
    return line->gaps;
}

static const struct report_histogram *latencies_of(const struct report_trace_line *line)
{
    return line->latencies;
}

struct share_extent {
    double low_ns, high_ns; // of the times above 0
    double most;            // of one line
    bool zeros;
};

static struct share_extent extent_of(const struct trace_figure *figure, share_times *times)
{
    struct share_extent extent = {0, 0, 0, false};
    struct report_histogram_range range;

    for (size_t i = 0; i < figure->trace->line_count; i++) {
        const struct report_histogram *histogram = times(&figure->trace->lines[i]);

        extent.most = fmax(extent.most, (double)histogram->count);
        for (size_t at = 0; report_histogram_next(histogram, &at, &range);) {
            extent.zeros = extent.zeros || range.high_ns == 0;
            if (range.high_ns > 0 && (extent.low_ns <= 0 || (double)range.high_ns < extent.low_ns))
                extent.low_ns = (double)range.high_ns;
            extent.high_ns =
                fmax(extent.high_ns, fmin((double)range.high_ns, (double)histogram->max_ns));
        }
    }
    if (extent.high_ns <= 0)
        extent.low_ns = extent.high_ns = 1e6;
    return extent;
}

// Points that would fall into the same column are thinned out.
static void share_rows(FILE *out, const struct report_histogram *histogram, double left_ns,
                       double per_column)
{
    double count = (double)histogram->count, seen = 0, column = -1;
    struct report_histogram_range range;

    for (size_t at = 0; report_histogram_next(histogram, &at, &range);) {
        double ns = fmax(fmin((double)range.high_ns, (double)histogram->max_ns), left_ns);
        double here = floor(log10(ns / left_ns) / per_column);

        if (seen <= 0)
            fprintf(out, "%.9g 0\n", ns);
        seen += (double)range.count;
        if (here <= column && seen < count)
            continue;
        column = here;
        // The longest stands half a request below 100 %, which has no place on the scale.
        fprintf(out, "%.9g %.6g\n", ns, plot_latency_place(fmin(seen, count - 0.5) / count));
    }
}

// What the gaps of the total would be if requests came at random, as many in the mean.
static void poisson_rows(FILE *out, const struct report_histogram *gaps, double left_ns,
                         double right_ns)
{
    double mean_ns = report_histogram_mean(gaps);
    double step = log10(right_ns / left_ns) / 300;

    fputs("$poisson << EOD\n", out);
    for (int i = 0; mean_ns > 0 && i <= 300; i++) {
        double ns = left_ns * pow(10, i * step);
        double share = -expm1(-ns / mean_ns);

        fprintf(out, "%.9g %.6g\n", ns,
                plot_latency_place(fmin(share, 1 - 0.5 / (double)gaps->count)));
        if (share > 1 - 0.5 / (double)gaps->count)
            break;
    }
    fputs("EOD\n", out);
}

static void share_draw(struct trace_figure *figure, share_times *times, const char *axis,
                       const char *none, bool has_poisson)
{
    const struct plot_script *script = &figure->script;
    const struct report_trace *trace = figure->trace;
    struct share_extent extent = extent_of(figure, times);

    plot_script_panel(script, 0, 1);
    double left_ns =
        plot_script_latency_axis(script, 'x', extent.low_ns, extent.high_ns, extent.zeros);
    double right_ns = pow(10, ceil(log10(fmax(extent.high_ns, 10 * left_ns))));

    fprintf(script->out, "set xlabel '%s'\n", axis);
    plot_latency_share_axis(script, extent.most);
    plot_script_vertical_title(script, "share that is at most this long [%]");
    if (extent.most <= 0)
        plot_script_message(script, none);
    for (size_t i = 0; i < trace->line_count; i++) {
        fprintf(script->out, "$share%zu << EOD\n", i);
        share_rows(script->out, times(&trace->lines[i]), left_ns,
                   log10(right_ns / left_ns) / SHARE_COLUMNS);
        fputs("EOD\n", script->out);
    }
    if (has_poisson)
        poisson_rows(script->out, times(&trace->lines[0]), left_ns, right_ns);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < trace->line_count; i++) {
        if (times(&trace->lines[i])->count == 0)
            continue;
        fprintf(script->out, ", $share%zu with steps", i);
        plot_trace_style(figure, i);
    }
    fputs(has_poisson ? ", $poisson with lines" SHARE_POISSON "\n" : "\n", script->out);
}

void plot_trace_gaps(struct trace_figure *figure)
{
    bool has_poisson = report_histogram_mean(figure->trace->lines[0].gaps) > 0;

    plot_trace_begin(figure, "Times from one arrival to the next");
    if (has_poisson) {
        plot_script_remark(&figure->script, " ");
        fputs(", keyentry with lines" SHARE_POISSON " title 'at random (Poisson),'",
              figure->script.out);
        plot_script_remark(&figure->script, "as often as the first");
    }
    plot_script_end_legend(&figure->script);
    share_draw(figure, gaps_of, "time between two arrivals", "There are no two requests.",
               has_poisson);
}

void plot_trace_latency(struct trace_figure *figure)
{
    plot_trace_begin(figure, "Latencies as they were recorded");
    plot_script_end_legend(&figure->script);
    share_draw(figure, latencies_of, "recorded latency", "No latency is known.", false);
}
