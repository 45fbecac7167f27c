// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/plot_trace.h"

#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define TRACE_TOTAL "#000000"
#define SHARE_COLUMNS 1500 // points of a curve that can be told apart
#define SHARE_POISSON " lc rgb '#808080' lw 1.4 dt (3,3)"

struct trace_figure {
    const char *title;
    void (*legend)(const struct plot_script *script); // what it has besides the lines; or NULL
    void (*panel)(const struct plot_script *script, bool variant);
    bool first, last; // variants drawn: requests and bytes, or latencies and gaps
};

static const struct report_trace *trace_of(const struct plot_script *script)
{
    return script->figure;
}

// Colour and width of a line.
static void trace_style(const struct plot_script *script, size_t line)
{
    fprintf(script->out, " lc rgb '%s' lw %g",
            line == 0 ? TRACE_TOTAL : plot_script_colour(line - 1), line == 0 ? 1.2 : 1.6);
}

static void draw_line(const struct plot_script *script, const char *name, size_t line,
                      const char *how)
{
    fprintf(script->out, ", $%s%zu with %s", name, line, how);
    trace_style(script, line);
}

// ---- Rates over time ----

struct rate_series {
    const struct plot_script *script;
    const struct report_trace_line *line;
    bool bytes;
    double scale;
};

// The last bin of the picture has what is left.
static double rate_value(const void *context, size_t bin)
{
    const struct rate_series *series = context;
    const struct plot_run *run = series->script->run;
    size_t end = bin + 1 == run->bin_count ? trace_of(series->script)->bin_count : bin + 1;
    double sum = 0;
    for (size_t i = bin; i < end; i++)
        sum +=
            (double)(series->bytes ? series->line->bins[i].bytes : series->line->bins[i].requests);
    return sum / plot_run_bin_seconds(run, bin) / series->scale;
}

static void rate_panel(const struct plot_script *script, bool bytes)
{
    static const struct {
        double scale;
        const char *titles[2];
    } units[] = {{1e9, {"10^9 requests/s", "GB/s"}},
                 {1e6, {"10^6 requests/s", "MB/s"}},
                 {1e3, {"1000 requests/s", "kB/s"}},
                 {1, {"requests/s", "bytes/s"}}};
    const char *name = bytes ? "bytes" : "requests";
    const struct rate_series total = {script, &trace_of(script)->lines[0], bytes, 1};
    double most = 0;
    size_t unit = 0;
    for (size_t bin = 0; bin < script->run->bin_count; bin++)
        most = fmax(most, rate_value(&total, bin));
    // Requests keep to four digits, bytes to what people say.
    while (unit < 3 && most < units[unit].scale * (bytes ? 1 : 10))
        unit++;
    plot_script_time_panel(script, bytes, 2, units[unit].titles[bytes]);
    fputs("set yrange [0:*]\n", script->out);
    for (size_t i = 0; i < trace_of(script)->line_count; i++) {
        const struct rate_series series = {script, &trace_of(script)->lines[i], bytes,
                                           units[unit].scale};
        plot_script_stairs(script, name, i, rate_value, &series);
    }
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < trace_of(script)->line_count; i++)
        draw_line(script, name, i, "steps");
    fputc('\n', script->out);
}

// ---- Sizes ----

static void size_rows(const struct plot_script *script, size_t number, bool bytes)
{
    const struct report_trace_line *line = &trace_of(script)->lines[number];
    FILE *out = script->data;
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
static void size_axis(const struct plot_script *script, bool labelled)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const struct report_trace_line *total = &trace_of(script)->lines[0];
    FILE *out = script->out;
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

static void size_panel(const struct plot_script *script, bool bytes)
{
    plot_script_panel(script, bytes, 2, bytes ? "share of bytes [%]" : "share of requests [%]");
    size_axis(script, bytes);
    fputs("set yrange [0:101]\nset ytics 25\n", script->out);
    for (size_t i = 0; i < trace_of(script)->line_count; i++)
        size_rows(script, i, bytes);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < trace_of(script)->line_count; i++) {
        if (trace_of(script)->lines[i].size_count > 0)
            draw_line(script, bytes ? "bytes" : "requests", i, "lines");
    }
    fputc('\n', script->out);
}

// ---- Times ----

static const struct report_histogram *times_of(const struct report_trace_line *line, bool gaps)
{
    return gaps ? line->gaps : line->latencies;
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

// Only where there is a gap.
static bool has_poisson(const struct plot_script *script)
{
    return report_histogram_mean(trace_of(script)->lines[0].gaps) > 0;
}

static void share_panel(const struct plot_script *script, bool gaps)
{
    bool poisson = gaps && has_poisson(script);
    const struct report_trace *trace = trace_of(script);
    struct plot_extent extent = {0};
    for (size_t i = 0; i < trace->line_count; i++)
        plot_extent_add(&extent, times_of(&trace->lines[i], gaps), 0);
    plot_script_panel(script, 0, 1, "share that is at most this long [%]");
    double left_ns = plot_script_latency_axis(script, "x", &extent);
    fprintf(script->out, "set xlabel '%s'\n",
            gaps ? "time between two arrivals" : "recorded latency");
    plot_latency_share_axis(script, extent.requests);
    if (extent.requests <= 0)
        plot_script_message(script, gaps ? "There are no two requests." : "No latency is known.");
    for (size_t i = 0; i < trace->line_count; i++) {
        fprintf(script->data, "$share%zu << EOD\n", i);
        share_rows(script->data, times_of(&trace->lines[i], gaps), left_ns,
                   log10(extent.right_ns / left_ns) / SHARE_COLUMNS);
        fputs("EOD\n", script->data);
    }
    if (poisson)
        poisson_rows(script->data, trace->lines[0].gaps, left_ns, extent.right_ns);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < trace->line_count; i++) {
        if (times_of(&trace->lines[i], gaps)->count > 0)
            draw_line(script, "share", i, "steps");
    }
    fputs(poisson ? ", $poisson with lines" SHARE_POISSON "\n" : "\n", script->out);
}

static void gaps_legend(const struct plot_script *script)
{
    if (!has_poisson(script))
        return;
    plot_script_remark(script, " ");
    fputs(", keyentry with lines" SHARE_POISSON " title 'at random (Poisson),'", script->out);
    plot_script_remark(script, "as often as the first");
}

// ---- All of them ----

static bool write_figure(struct plot_script *script, struct report_error *error)
{
    const struct trace_figure *figure = script->detail;
    const struct report_trace *trace = trace_of(script);
    const char *slash = strrchr(trace->name, '/');
    char name[REPORT_LABEL_MAX], text[REPORT_LABEL_MAX + 64];
    (void)error;
    report_label(name, slash != NULL && slash[1] ? slash + 1 : trace->name, 60);
    snprintf(text, sizeof text, "%s - %s", figure->title, name);
    plot_script_begin_titled(script, text);
    for (size_t line = 0; line < trace->line_count; line++) {
        report_label(name, trace->lines[line].name, 24);
        fputs(", keyentry with lines", script->out);
        trace_style(script, line);
        plot_script_name(script, name);
    }
    if (trace->hidden_count > 0)
        plot_script_remark(script, "(%" PRIu64 " more devices)", trace->hidden_count);
    if (figure->legend != NULL)
        figure->legend(script);
    plot_script_end_legend(script);
    for (int variant = figure->first; variant <= figure->last; variant++)
        figure->panel(script, variant);
    return true;
}

static const struct trace_figure rates = {"What arrives over time", NULL, rate_panel, false, true};
static const struct trace_figure sizes = {"Sizes: requests up to a size", NULL, size_panel, false,
                                          true};
static const struct trace_figure gaps = {"Times from one arrival to the next", gaps_legend,
                                         share_panel, true, true};
static const struct trace_figure latencies = {"Latencies as they were recorded", NULL, share_panel,
                                              false, false};

// The last one only where a latency is known.
static const struct plot_drawing drawings[] = {
    {"rates", write_figure, &rates},
    {"sizes", write_figure, &sizes},
    {"gaps", write_figure, &gaps},
    {"latency", write_figure, &latencies},
};

#define DRAWING_COUNT (sizeof drawings / sizeof drawings[0])

bool report_trace_plot(const struct report_trace *trace, const char *directory,
                       report_plot_written *written, void *context, struct report_error *error)
{
    const struct plot_target target = {directory, trace->prefix, written, context};
    double end_ns = (double)(trace->span_ns > 0 ? trace->span_ns : trace->bin_ns);
    struct plot_run run = {.end_ns = end_ns, .interval_ns = trace->bin_ns, .bin_intervals = 1};
    struct plot_script script = {.run = &run, .figure = trace};
    bool known = trace->lines[0].latencies->count > 0;
    plot_run_count_bins(&run);
    return plot_draw(&target, drawings, DRAWING_COUNT - !known, &script, error);
}
