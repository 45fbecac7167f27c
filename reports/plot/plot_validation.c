// SPDX-License-Identifier: GPL-2.0-or-later
// What was measured and what was predicted: the distributions of each member, and the error of each
// request over time.
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIGURE_MEMBERS 6 // with a colour, or a panel, of their own
#define FIGURE_COLUMNS 760
#define FIGURE_WINDOW_NS 1000000000
#define FIGURE_WIDTH " lw 1.8"
#define FIGURE_MEASURED " dt (7,4)"

// Errors of the requests of a member that arrived in a window.
struct window {
    double low, middle, high; // p10, p50, p90, in ms; NAN: there is none
};

struct figure {
    const struct report_validation *validation;
    struct plot_run run; // the time axis
    size_t member_count; // drawn
    struct report_histogram latencies[FIGURE_MEMBERS][2];
    double to_come[FIGURE_MEMBERS];
    struct window *windows; // [member * bin_count + bin]
};

static bool no_memory(struct report_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory");
    return false;
}

// ---- What is drawn ----

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static size_t bin_of(const struct figure *figure, int64_t arrival_ns)
{
    double width_ns = (double)figure->run.interval_ns * (double)figure->run.bin_intervals;
    size_t bin = (size_t)fmax((double)arrival_ns / width_ns, 0);
    return bin < figure->run.bin_count ? bin : figure->run.bin_count - 1;
}

static struct window window_of(double *errors, size_t count)
{
    if (count == 0)
        return (struct window){NAN, NAN, NAN};
    qsort(errors, count, sizeof *errors, compare);
    return (struct window){errors[(count - 1) / 10], errors[(count - 1) / 2],
                           errors[(count - 1) * 9 / 10]};
}

// The member's requests are in order of arrival: a window is a run of them.
static bool load_member(struct figure *figure, size_t member)
{
    const struct report_validation *validation = figure->validation;
    const struct validation_requests *requests = &validation->requests;
    size_t from = requests->firsts[member], to = requests->firsts[member + 1], count = 0;
    size_t bin = 0, bins = figure->run.bin_count;
    struct window *windows = &figure->windows[member * bins];
    double *errors = malloc((to - from + 1) * sizeof *errors);
    bool ok = errors != NULL;
    for (size_t i = from; ok && i < to; i++) {
        const struct validation_request *request = &requests->items[requests->order[i]];
        int64_t predicted_ns = validation->outcomes[requests->order[i]].latency_ns;
        for (size_t here = bin_of(figure, request->arrival_ns); bin < here; bin++, count = 0)
            windows[bin] = window_of(errors, count);
        ok = report_histogram_record(&figure->latencies[member][0], request->measured_ns);
        if (predicted_ns == VALIDATION_NONE)
            figure->to_come[member]++;
        else {
            errors[count++] = (double)(predicted_ns - request->measured_ns) / 1e6;
            ok = ok && report_histogram_record(&figure->latencies[member][1], predicted_ns);
        }
    }
    for (; ok && bin < bins; bin++, count = 0)
        windows[bin] = window_of(errors, count);
    free(errors);
    return ok;
}

static bool load(struct figure *figure, struct report_error *error)
{
    struct plot_run *run = &figure->run;
    run->end_ns = fmax((double)figure->validation->requests.end_ns, 1);
    run->interval_ns = FIGURE_WINDOW_NS;
    run->bin_intervals = (int64_t)fmax(ceil(run->end_ns / FIGURE_WINDOW_NS / PLOT_BINS_MAX), 1);
    plot_run_count_bins(run);
    figure->member_count = figure->validation->member_count < FIGURE_MEMBERS
                               ? figure->validation->member_count
                               : FIGURE_MEMBERS;
    run->named_count = figure->member_count;
    figure->windows = calloc(figure->member_count * run->bin_count + 1, sizeof *figure->windows);
    if (figure->windows == NULL)
        return no_memory(error);
    for (size_t m = 0; m < figure->member_count; m++) {
        if (!load_member(figure, m))
            return no_memory(error);
    }
    return true;
}

static void put_more(const struct plot_script *script)
{
    const struct figure *figure = script->figure;
    if (figure->member_count < figure->validation->member_count)
        plot_script_remark(script, "(%zu more members)",
                           figure->validation->member_count - figure->member_count);
}

// ---- Distributions ----

static bool draw_cdf(struct plot_script *script, struct report_error *error)
{
    const struct figure *figure = script->figure;
    struct plot_extent extent = {0};
    char name[REPORT_LABEL_MAX];
    (void)error;
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        plot_extent_add(&extent, &figure->latencies[i / 2][i % 2],
                        i % 2 == 0 ? 0 : figure->to_come[i / 2]);
    plot_script_begin_titled(script, "Latencies as measured under the limits and as predicted");
    fputs(", keyentry with lines lc rgb '#000000'" FIGURE_WIDTH FIGURE_MEASURED " title 'measured'"
          ", keyentry with lines lc rgb '#000000'" FIGURE_WIDTH " title 'predicted'",
          script->out);
    plot_script_remark(script, " ");
    for (size_t m = 0; m < figure->member_count; m++) {
        report_label(name, figure->validation->members[m].name, 24);
        fprintf(script->out, ", keyentry with lines lc rgb '%s'" FIGURE_WIDTH,
                plot_script_colour(m));
        plot_script_name(script, name);
    }
    put_more(script);
    plot_script_end_legend(script);
    plot_script_panel(script, 0, 1, "share of requests that took at most this long [%]");
    double left_ns = plot_script_latency_axis(script, "x", &extent);
    double decades = log10(extent.right_ns) - log10(left_ns);
    fputs("set xlabel 'total latency of reads and writes (throttle and device)'\n", script->out);
    plot_latency_share_axis(script, extent.requests);
    for (size_t i = 0; i < 2 * figure->member_count; i++) {
        fprintf(script->data, "$cdf%zu << EOD\n", i);
        plot_latency_curve(script->data, &figure->latencies[i / 2][i % 2],
                           i % 2 == 0 ? 0 : figure->to_come[i / 2], left_ns,
                           decades / FIGURE_COLUMNS);
        fputs("EOD\n", script->data);
    }
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        fprintf(script->out, ", $cdf%zu with lines lc rgb '%s'" FIGURE_WIDTH "%s", i,
                plot_script_colour(i / 2), i % 2 == 0 ? FIGURE_MEASURED : "");
    fputc('\n', script->out);
    return true;
}

// ---- The error over time ----

static double middle_of(const void *windows, size_t bin)
{
    return ((const struct window *)windows)[bin].middle;
}

// An area between two stairs.
static void put_area(const struct plot_script *script, const struct window *windows, size_t member)
{
    fprintf(script->data, "$area%zu << EOD\n", member);
    for (size_t bin = 0; bin < script->run->bin_count; bin++) {
        const struct window *window = &windows[bin];
        double from = plot_run_bin_ns(script->run, bin) / script->time.scale;
        double to = plot_run_bin_ns(script->run, bin + 1) / script->time.scale;
        if (isnan(window->middle))
            fputc('\n', script->data);
        else
            fprintf(script->data, "%.9g %.6g %.6g\n%.9g %.6g %.6g\n", from, window->low,
                    window->high, to, window->low, window->high);
    }
    fputs("EOD\n", script->data);
}

// What the axis goes to in both directions: 1, 2 or 5 times a power of ten.
static double round_up(const struct plot_run *run, const struct window *windows)
{
    double most = 0.1;
    for (size_t bin = 0; bin < run->bin_count; bin++) {
        most = fmax(most, fabs(windows[bin].low)); // NAN is passed over
        most = fmax(most, fabs(windows[bin].high));
    }
    double power = pow(10, floor(log10(most)));
    return power * (most <= power ? 1 : most <= 2 * power ? 2 : most <= 5 * power ? 5 : 10);
}

static bool draw_error(struct plot_script *script, struct report_error *error)
{
    const struct figure *figure = script->figure;
    char name[REPORT_LABEL_MAX];
    (void)error;
    plot_script_begin_titled(script, "Predicted minus measured latency, by time of arrival");
    for (size_t m = 0; m < figure->member_count; m++) {
        report_label(name, figure->validation->members[m].name, 24);
        fprintf(script->out, ", keyentry with lines lc rgb '%s' lw 1.4", plot_script_colour(m));
        plot_script_name(script, name);
    }
    put_more(script);
    plot_script_remark(script, " ");
    plot_script_remark(script, "Line: median of a step");
    plot_script_remark(script, "Area: p10 to p90");
    plot_script_end_legend(script);
    for (size_t m = 0; m < figure->member_count; m++) {
        const struct window *windows = &figure->windows[m * figure->run.bin_count];
        plot_script_time_panel(script, m, figure->member_count, "ms too long");
        put_area(script, windows, m);
        plot_script_stairs(script, "middle", m, middle_of, windows);
        double most_ms = round_up(script->run, windows);
        fprintf(script->out,
                "set yrange [-%.6g:%.6g]\nset ytics %.6g\nplot 0 lc rgb '#A0A0A0' lw 1 notitle"
                ", $area%zu using 1:2:3 with filledcurves fs solid noborder lc rgb '%s' notitle"
                ", $middle%zu with steps lc rgb '%s' lw 1.4 notitle\n",
                most_ms, most_ms, most_ms / 2, m, plot_script_light_colour(m), m,
                plot_script_colour(m));
    }
    return true;
}

bool report_validation_plot(const struct report_validation *validation, const char *directory,
                            report_plot_written *written, void *context, struct report_error *error)
{
    static const struct plot_drawing drawings[] = {{"validate-cdf", draw_cdf, NULL},
                                                   {"validate-error", draw_error, NULL}};
    const struct plot_target target = {directory, "", written, context};
    struct figure *figure = calloc(1, sizeof *figure);
    if (figure == NULL)
        return no_memory(error);
    figure->validation = validation;
    struct plot_script script = {.run = &figure->run, .figure = figure};
    bool ok = load(figure, error) && plot_draw(&target, drawings, 2, &script, error);
    for (size_t i = 0; i < 2 * FIGURE_MEMBERS; i++)
        report_histogram_release(&figure->latencies[i / 2][i % 2]);
    free(figure->windows);
    free(figure);
    return ok;
}
