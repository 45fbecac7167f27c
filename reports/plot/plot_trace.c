// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/plot_trace_internal.h"

#include "reports/plot/gnuplot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRACE_TOTAL "#000000"

void plot_trace_style(const struct trace_figure *figure, size_t line)
{
    fprintf(figure->script.out, " lc rgb '%s' lw %g",
            line == 0 ? TRACE_TOTAL : plot_script_colour(line - 1), line == 0 ? 1.2 : 1.6);
}

void plot_trace_begin(struct trace_figure *figure, const char *title)
{
    const struct plot_script *script = &figure->script;
    const struct report_trace *trace = figure->trace;
    const char *slash = strrchr(trace->name, '/');
    char name[REPORT_LABEL_MAX], text[REPORT_LABEL_MAX + 64];

    report_label(name, slash != NULL && slash[1] ? slash + 1 : trace->name, 60);
    snprintf(text, sizeof text, "%s - %s", title, name);
    plot_script_begin_titled(&figure->script, text);
    for (size_t line = 0; line < trace->line_count; line++) {
        report_label(name, trace->lines[line].name, 24);
        fputs(", keyentry with lines", script->out);
        plot_trace_style(figure, line);
        fputs(" title ", script->out);
        plot_script_quote(script, name);
    }
    if (trace->hidden_count > 0) {
        snprintf(text, sizeof text, "(%llu more devices)", (unsigned long long)trace->hidden_count);
        plot_script_remark(script, text);
    }
}

// ---- Rates over time ----

struct rate_series {
    const struct trace_figure *figure;
    const struct report_trace_line *line;
    bool bytes;
    double scale;
};

// The last bin of the picture has what is left.
static double rate_value(const void *context, size_t bin)
{
    const struct rate_series *series = context;
    const struct plot_run *run = &series->figure->run;
    size_t end = bin + 1 == run->bin_count ? series->figure->trace->bin_count : bin + 1;
    double sum = 0;

    for (size_t i = bin; i < end; i++)
        sum +=
            (double)(series->bytes ? series->line->bins[i].bytes : series->line->bins[i].requests);
    return sum / plot_run_bin_seconds(run, bin) / series->scale;
}

static double rate_most(const struct trace_figure *figure, bool bytes)
{
    const struct rate_series series = {figure, &figure->trace->lines[0], bytes, 1};
    double most = 0;

    for (size_t bin = 0; bin < figure->run.bin_count; bin++)
        most = fmax(most, rate_value(&series, bin));
    return most;
}

static void rate_panel(const struct trace_figure *figure, bool bytes)
{
    static const struct {
        double scale;
        const char *titles[2];
    } units[] = {{1e9, {"10^9 requests/s", "GB/s"}},
                 {1e6, {"10^6 requests/s", "MB/s"}},
                 {1e3, {"1000 requests/s", "kB/s"}},
                 {1, {"requests/s", "bytes/s"}}};
    const struct plot_script *script = &figure->script;
    const char *name = bytes ? "bytes" : "requests";
    double most = rate_most(figure, bytes);
    size_t unit = 0;

    // Requests keep to four digits, bytes to what people say.
    while (unit < 3 && most < units[unit].scale * (bytes ? 1 : 10))
        unit++;
    plot_script_panel(script, bytes, 2);
    plot_script_vertical_title(script, units[unit].titles[bytes]);
    plot_script_time_axis(script, bytes);
    fputs("set yrange [0:*]\n", script->out);
    for (size_t i = 0; i < figure->trace->line_count; i++) {
        const struct rate_series series = {figure, &figure->trace->lines[i], bytes,
                                           units[unit].scale};

        plot_script_stairs(script, name, i, rate_value, &series);
    }
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < figure->trace->line_count; i++) {
        fprintf(script->out, ", $%s%zu with steps", name, i);
        plot_trace_style(figure, i);
    }
    fputc('\n', script->out);
}

void plot_trace_rates(struct trace_figure *figure)
{
    plot_trace_begin(figure, "What arrives over time");
    plot_script_end_legend(&figure->script);
    rate_panel(figure, false);
    rate_panel(figure, true);
}

// ---- All of them ----

static const struct {
    const char *name; // of the file
    trace_draw *draw;
} figures[] = {
    {"trace-rates", plot_trace_rates},
    {"trace-sizes", plot_trace_sizes},
    {"trace-gaps", plot_trace_gaps},
    {"trace-latency", plot_trace_latency},
};

// A last bin of which less than half is covered is drawn together with the one before.
static void choose_bins(struct trace_figure *figure)
{
    const struct report_trace *trace = figure->trace;
    double bin_ns = (double)trace->bin_ns, span_ns = (double)trace->span_ns;
    double bins = span_ns / bin_ns;

    figure->run.end_ns = span_ns > 0 ? span_ns : bin_ns;
    figure->run.interval_ns = trace->bin_ns;
    figure->run.bin_intervals = 1;
    figure->run.bin_count = (size_t)bins + (bins - floor(bins) >= 0.5);
    figure->run.bin_count += figure->run.bin_count == 0;
    figure->run.named_count = trace->line_count;
}

static bool trace_memory(struct report_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory");
    return false;
}

static bool draw(const struct report_trace *trace, size_t number, const char *directory,
                 report_plot_written *written, void *context, struct report_error *error)
{
    char *text = NULL;
    size_t length = 0;
    struct trace_figure figure = {.trace = trace};

    choose_bins(&figure);
    figure.script = (struct plot_script){.out = open_memstream(&text, &length), .run = &figure.run};
    if (figure.script.out == NULL)
        return trace_memory(error);
    figures[number].draw(&figure);
    plot_script_end(&figure.script);
    bool good = fclose(figure.script.out) == 0 || trace_memory(error);

    good = good && plot_gnuplot_draw(text, length, directory, figures[number].name, written,
                                     context, error);
    free(text);
    return good;
}

bool report_trace_plot(const struct report_trace *trace, const char *directory,
                       report_plot_written *written, void *context, struct report_error *error)
{
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        snprintf(error->message, sizeof error->message, "making the directory %s: %s", directory,
                 strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (figures[i].draw == plot_trace_latency && trace->lines[0].latencies->count == 0)
            continue;
        if (!draw(trace, i, directory, written, context, error))
            return false;
    }
    return true;
}
