// SPDX-License-Identifier: GPL-2.0-or-later
// Two runs in one picture: the latency distributions of their members, and below what both
// completed over time. Whatever the colour, A is dashed or an area, B a solid line.
#include "reports/compare/compare_internal.h"
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIGURE_BINS 100
#define FIGURE_COLUMNS 630 // as many as the axis has pixels
#define FIGURE_WIDTH " lw 1.8"
#define FIGURE_A " dt (7,4)"
#define FIGURE_AREA "#C4C4C4"
#define FIGURE_MEMBERS 6 // with a colour of their own

// What all members together completed in a step of the time axis.
struct figure_bin {
    double requests, bytes;
};

struct figure {
    const struct report_comparison *comparison;
    struct plot_run run;                                     // the time axis of both
    const struct comparison_member *members[FIGURE_MEMBERS]; // those with the most requests
    size_t member_count, hidden;
    struct report_histogram latencies[FIGURE_MEMBERS][2];
    double never[FIGURE_MEMBERS][2]; // requests without an end
    struct figure_bin *bins[2];
};

static uint64_t requests_of(const struct comparison_member *member)
{
    const struct comparison_stream *stream = member->streams[COMPARISON_READ_WRITE];
    return stream != NULL ? stream->traffic.requests : 0;
}

// As in the plots of a run: in the scenario's order, unless there are too many.
static void choose_members(struct figure *figure)
{
    bool many = figure->comparison->member_count > FIGURE_MEMBERS;
    for (size_t m = 0; m < figure->comparison->member_count; m++) {
        const struct comparison_member *member = &figure->comparison->members[m];
        size_t place = figure->member_count;
        if (requests_of(member) == 0)
            continue;
        while (many && place > 0 && requests_of(figure->members[place - 1]) < requests_of(member))
            place--;
        bool full = figure->member_count == FIGURE_MEMBERS;
        figure->hidden += full;
        if (place == FIGURE_MEMBERS)
            continue;
        memmove(&figure->members[place + 1], &figure->members[place],
                (figure->member_count - place - full) * sizeof figure->members[0]);
        figure->members[place] = member;
        figure->member_count += !full;
    }
}

static bool load_latencies(struct figure *figure, size_t line)
{
    const struct comparison_member *member = figure->members[line];
    for (uint64_t i = 0; i < member->count; i++) {
        const struct comparison_pair *pair = comparison_pair_at(figure->comparison, member, i);
        if (!comparison_is_in(pair, COMPARISON_READ_WRITE) ||
            pair->total_ns[0] == COMPARISON_UNKNOWN)
            continue;
        for (int side = 0; side < 2; side++) {
            if (pair->total_ns[side] == COMPARISON_NEVER)
                figure->never[line][side]++;
            else if (!report_histogram_record(&figure->latencies[line][side], pair->total_ns[side]))
                return false;
        }
    }
    return true;
}

// A row of many intervals is spread over them.
#define SPREAD_MAX 1e4

static bool load_bins(struct figure *figure, int side, struct report_error *error)
{
    const struct comparison_side *from = &figure->comparison->sides[side];
    sqlite3_stmt *rows = report_query_open(
        from->run.database,
        "SELECT interval, sum(completed), sum(completed_bytes), intervals FROM member_interval"
        " WHERE run_id = ?1 AND direction = 'read+write' GROUP BY interval, intervals",
        from->run.run_id, error);
    while (report_query_next(rows)) {
        double intervals = fmin(fmax(1, sqlite3_column_double(rows, 3)), SPREAD_MAX);
        for (double i = 0; i < intervals; i++) {
            double start_ns = (sqlite3_column_double(rows, 0) + i) * (double)from->interval_ns;
            double bin = floor(start_ns / (double)figure->run.interval_ns);
            size_t at = bin < 0                               ? 0
                        : bin < (double)figure->run.bin_count ? (size_t)bin
                                                              : figure->run.bin_count - 1;
            figure->bins[side][at].requests += sqlite3_column_double(rows, 1) / intervals;
            figure->bins[side][at].bytes += sqlite3_column_double(rows, 2) / intervals;
        }
    }
    return report_query_close(rows, error);
}

static void choose_bins(struct figure *figure)
{
    const struct comparison_side *sides = figure->comparison->sides;
    double widest = (double)sides[0].interval_ns, end_ns = (double)sides[0].end_ns;
    if (sides[1].interval_ns > sides[0].interval_ns)
        widest = (double)sides[1].interval_ns;
    end_ns = fmax(fmax(end_ns, (double)sides[1].end_ns), widest);
    figure->run.end_ns = end_ns;
    figure->run.interval_ns = (int64_t)(widest * ceil(end_ns / widest / FIGURE_BINS));
    figure->run.bin_intervals = 1;
    plot_run_count_bins(&figure->run);
}

static bool load_figure(struct figure *figure, struct report_error *error)
{
    choose_members(figure);
    figure->run.named_count = figure->member_count;
    choose_bins(figure);
    for (size_t line = 0; line < figure->member_count; line++) {
        if (!load_latencies(figure, line))
            return comparison_memory(error);
    }
    for (int side = 0; side < 2; side++) {
        figure->bins[side] = calloc(figure->run.bin_count, sizeof *figure->bins[side]);
        if (figure->bins[side] == NULL)
            return comparison_memory(error);
        if (!load_bins(figure, side, error))
            return false;
    }
    return true;
}

static void put_legend(const struct plot_script *script)
{
    const struct figure *figure = script->figure;
    char name[REPORT_LABEL_MAX];
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
        fprintf(script->out, ", keyentry with lines lc rgb '%s'" FIGURE_WIDTH,
                plot_script_colour(line));
        plot_script_name(script, name);
    }
    if (figure->hidden > 0)
        plot_script_remark(script, "(%zu more members)", figure->hidden);
    plot_script_remark(script, " ");
    plot_script_remark(script, "Throughput, all members:");
    fputs(", keyentry with boxes fs solid noborder lc rgb '" FIGURE_AREA "' title 'A'"
          ", keyentry with lines lc rgb '#000000' lw 1.4 title 'B'",
          script->out);
}

static void put_curve(const struct plot_script *script, size_t line, size_t side, double left_ns,
                      double per_column)
{
    const struct figure *figure = script->figure;
    fprintf(script->data, "$cdf%zu%c << EOD\n", line, "AB"[side]);
    plot_latency_curve(script->data, &figure->latencies[line][side], figure->never[line][side],
                       left_ns, per_column);
    fputs("EOD\n", script->data);
}

// title_left: where that of the vertical axis is.
static void begin_panel(const struct plot_script *script, double left, double right, double top,
                        double bottom, const char *title, double title_left)
{
    fprintf(script->out,
            "unset label\nset lmargin at screen %g\nset rmargin at screen %g\n"
            "set tmargin at screen %g\nset bmargin at screen %g\n"
            "set label 2 '%s' at screen %g, graph 0.5 center rotate\n",
            left, right, top, bottom, title, title_left);
}

static void draw_latencies(const struct plot_script *script)
{
    const struct figure *figure = script->figure;
    struct plot_extent extent = {0};
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        plot_extent_add(&extent, &figure->latencies[i / 2][i % 2], figure->never[i / 2][i % 2]);
    begin_panel(script, 0.1, 0.73, 0.91, 0.5, "share of requests [%]", 0.018);
    double left_ns = plot_script_latency_axis(script, "x", &extent);
    double decades = log10(extent.right_ns) - log10(left_ns);
    fputs("set xlabel 'total latency of reads and writes (throttle and device)'\n", script->out);
    plot_latency_share_axis(script, extent.requests);
    if (extent.requests <= 0)
        plot_script_message(script, "There are no reads and no writes.");
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        put_curve(script, i / 2, i % 2, left_ns, decades / FIGURE_COLUMNS);
    fputs("plot NaN", script->out);
    for (size_t i = 0; i < 2 * figure->member_count; i++)
        fprintf(script->out, ", $cdf%zu%c with lines lc rgb '%s'" FIGURE_WIDTH "%s", i / 2,
                "AB"[i % 2], plot_script_colour(i / 2), i % 2 == 0 ? FIGURE_A : "");
    fputs("\nunset logscale x\nunset mxtics\nset xtics autofreq nomirror out\n"
          "set ytics autofreq nomirror out\n",
          script->out);
}

struct figure_series {
    const struct figure *figure;
    int side;
    bool bytes;
    const struct plot_unit *unit;
};

static double rate_of(const void *context, size_t bin)
{
    const struct figure_series *series = context;
    const struct figure_bin *found = &series->figure->bins[series->side][bin];
    double seconds = plot_run_bin_seconds(&series->figure->run, bin);
    return (series->bytes ? found->bytes : found->requests) / series->unit->scale / seconds;
}

// One that fits the largest of both runs.
static const struct plot_unit *choose_unit(const struct figure *figure, bool bytes)
{
    static const struct plot_unit units[] = {
        {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}, {1, "requests/s"}};
    size_t unit = bytes ? 0 : 3;
    double most = 0;
    for (size_t i = 0; i < 2 * figure->run.bin_count; i++) {
        const struct figure_series series = {figure, (int)(i % 2), bytes, &units[3]};
        most = fmax(most, rate_of(&series, i / 2));
    }
    while (unit < 2 && most < units[unit].scale)
        unit++;
    return &units[unit];
}

static void draw_throughput(const struct plot_script *script, bool bytes)
{
    const struct figure *figure = script->figure;
    const char *name = bytes ? "bytes" : "requests";
    const struct plot_unit *unit = choose_unit(figure, bytes);
    begin_panel(script, bytes ? 0.47 : 0.1, bytes ? 0.73 : 0.36, 0.365, 0.115, unit->name,
                bytes ? 0.395 : 0.018);
    plot_script_time_axis(script, true);
    if (figure->run.end_ns > 0)
        fprintf(script->out, "set xtics %.10g\n", plot_script_time_step(script));
    fputs("set yrange [0:*]\n", script->out);
    for (int side = 0; side < 2; side++) {
        const struct figure_series series = {figure, side, bytes, unit};
        plot_script_stairs(script, name, (size_t)side, rate_of, &series);
    }
    fprintf(script->out,
            "plot NaN, $%s0 with fillsteps fs solid noborder lc rgb '" FIGURE_AREA "'"
            ", $%s1 with steps lc rgb '#000000' lw 1.4\n",
            name, name);
}

static bool write_figure(struct plot_script *script, struct report_error *error)
{
    (void)error;
    plot_script_begin_titled(script, "Latency and throughput of two runs of the same requests");
    put_legend(script);
    plot_script_end_legend(script);
    draw_latencies(script);
    draw_throughput(script, false);
    draw_throughput(script, true);
    return true;
}

bool report_comparison_plot(const struct report_comparison *comparison, const char *directory,
                            report_plot_written *written, void *context, struct report_error *error)
{
    const struct plot_target target = {directory, "", written, context};
    const struct plot_drawing drawing = {"compare", write_figure, NULL};
    struct figure *figure = calloc(1, sizeof *figure);
    if (figure == NULL)
        return comparison_memory(error);
    figure->comparison = comparison;
    struct plot_script script = {.run = &figure->run, .figure = figure};
    bool good = load_figure(figure, error) && plot_draw(&target, &drawing, 1, &script, error);
    for (size_t i = 0; i < 2 * FIGURE_MEMBERS; i++)
        report_histogram_release(&figure->latencies[i / 2][i % 2]);
    free(figure->bins[0]);
    free(figure->bins[1]);
    free(figure);
    return good;
}
