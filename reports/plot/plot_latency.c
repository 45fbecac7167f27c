// SPDX-License-Identifier: GPL-2.0-or-later
// The cumulative distribution of the total latency of reads and writes. Its vertical scale is
// linear up to 90 % and from there gives each further nine the same height, so that the tail is as
// readable as the body.
#include "reports/plot/figures.h"
#include "reports/query.h"

#include <math.h>

#define CDF_COLUMNS 1500       // points of a curve that can be told apart
#define CDF_COLUMNS_OTHERS 250 // of one without a name

#define CDF_WIDTH 1.8
#define CDF_SLOWEST " pt 7 ps 0.5 lc rgb '#404040'"

void plot_extent_add(struct plot_extent *extent, const struct report_histogram *latencies,
                     double never)
{
    struct plot_extent added = {.requests = (double)latencies->count + never};
    struct report_histogram_range range;
    if (latencies->count > 0)
        added.high_ns = (double)latencies->max_ns;
    for (size_t at = 0; added.low_ns <= 0 && report_histogram_next(latencies, &at, &range);) {
        added.low_ns = (double)range.high_ns;
        added.zeros += range.high_ns == 0 ? (double)range.count : 0;
    }
    plot_extent_join(extent, &added);
}

double plot_latency_place(double share)
{
    return share < 0.9 ? share * 2 / 0.9 : 1 - log10(1 - share);
}

// A step is drawn as a line with a corner: of steps, a PNG begins the dashes anew at each.
static void put_step(FILE *out, double ns, double *from, double to)
{
    fprintf(out, "%.9g %.6g\n%.9g %.6g\n", ns, *from, ns, to);
    *from = to;
}

// Of points that fall into the same column the last one counts.
void plot_latency_curve(FILE *out, const struct report_histogram *latencies, double never,
                        double left_ns, double per_column)
{
    double count = (double)latencies->count + never;
    double ns = 0, seen = 0, column = -1, place = 0;
    struct report_histogram_range range;
    for (size_t position = 0; report_histogram_next(latencies, &position, &range);) {
        double high_ns = fmin((double)range.high_ns, (double)latencies->max_ns);
        double next_ns = fmax(high_ns, left_ns),
               here = floor(log10(next_ns / left_ns) / per_column);
        if (seen <= 0)
            fprintf(out, "%.9g 0\n", next_ns);
        else if (here > column)
            put_step(out, ns, &place, plot_latency_place(seen / count));
        ns = next_ns;
        column = here;
        seen += (double)range.count;
    }
    // The slowest request stands half a request below 100 %, which has no place on the scale.
    if (seen > 0)
        put_step(out, ns, &place, plot_latency_place(fmin(seen, count - 0.5) / count));
}

static sqlite3_stmt *open_member(const struct plot_run *run, size_t line, const char *sql,
                                 struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(run->database, sql, run->run_id, error);
    if (rows != NULL)
        sqlite3_bind_int64(rows, 2, run->members[line].member_id);
    return rows;
}

#define CDF_ROWS                                                                                   \
    " FROM histogram WHERE run_id = ?1 AND member_id = ?2 AND direction = 'read+write'"            \
    "  AND metric = 'total'"

static bool measure_extent(const struct plot_run *run, size_t line, struct plot_extent *extent,
                           struct report_error *error)
{
    sqlite3_stmt *rows =
        open_member(run, line,
                    "SELECT sum(count), sum(CASE WHEN high_ns <= 0 THEN count ELSE 0 END),"
                    "       min(CASE WHEN high_ns > 0 THEN high_ns END), max(high_ns)" CDF_ROWS,
                    error);
    if (report_query_next(rows))
        *extent = (struct plot_extent){.requests = sqlite3_column_double(rows, 0),
                                       .zeros = sqlite3_column_double(rows, 1),
                                       .low_ns = sqlite3_column_double(rows, 2),
                                       .high_ns = sqlite3_column_double(rows, 3)};
    return report_query_close(rows, error);
}

// Points of one curve; those that would fall into the same column of the picture are thinned out.
// The slowest request stands half a request below 100 %, which has no place on the scale.
static void put_point(const struct plot_script *script, double ns, double seen,
                      const struct plot_extent *extent)
{
    fprintf(script->data, "%.9g %.6g\n", ns,
            plot_latency_place(fmin(seen, extent->requests - 0.5) / extent->requests));
}

static bool put_curve(const struct plot_script *script, size_t line,
                      const struct plot_extent *extent, double left_ns, double right_ns,
                      struct report_error *error)
{
    bool named = line < script->run->named_count;
    double columns = named ? CDF_COLUMNS : CDF_COLUMNS_OTHERS;
    double per_column = (log10(right_ns) - log10(left_ns)) / columns;
    double seen = 0, column = -1, last_ns = 0;
    sqlite3_stmt *rows =
        open_member(script->run, line, "SELECT high_ns, count" CDF_ROWS " ORDER BY low_ns", error);
    while (report_query_next(rows)) {
        double ns = fmax(sqlite3_column_double(rows, 0), left_ns);
        double here = floor((log10(ns) - log10(left_ns)) / per_column);
        // Of a column of the picture its last point stays: a first one would be too low.
        if (seen <= 0)
            fprintf(script->data, "%.9g 0\n", ns);
        else if (here > column)
            put_point(script, last_ns, seen, extent);
        column = here;
        last_ns = ns;
        seen += sqlite3_column_double(rows, 1);
    }
    if (seen > 0)
        put_point(script, last_ns, seen, extent);
    fputc('\n', script->data);
    return report_query_close(rows, error);
}

static bool put_data(const struct plot_script *script, const struct plot_extent *extents,
                     double left_ns, double right_ns, struct report_error *error)
{
    const struct plot_run *run = script->run;
    for (size_t line = 0; line < run->line_count; line++) {
        if (line < run->named_count)
            fprintf(script->data, "$cdf%zu << EOD\n", line);
        else if (line == run->named_count)
            fputs("$cdfothers << EOD\n", script->data);
        if (!put_curve(script, line, &extents[line], left_ns, right_ns, error))
            return false;
        if (line < run->named_count || line + 1 == run->line_count)
            fputs("EOD\n", script->data);
    }
    fputs("$slowest << EOD\n", script->data);
    for (size_t line = 0; line < run->named_count; line++) {
        if (extents[line].requests > 0)
            fprintf(script->data, "%.9g %.6g\n", fmax(extents[line].high_ns, left_ns),
                    plot_latency_place(1 - 0.5 / extents[line].requests));
    }
    fputs("EOD\n", script->data);
    return true;
}

void plot_latency_share_axis(const struct plot_script *script, double most)
{
    static const int linear[] = {0, 25, 50, 75, 90};
    double top = fmax(most > 1 ? plot_latency_place(1 - 0.5 / most) : 0, 3) + 0.15;
    fputs("set ytics (", script->out);
    for (size_t i = 0; i < sizeof linear / sizeof linear[0]; i++)
        fprintf(script->out, "'%d' %.6g, ", linear[i], plot_latency_place(linear[i] / 100.0));
    for (int nines = 2; nines + 1 < top; nines++)
        fprintf(script->out, "'%.*f' %d, ", nines - 2, 100 - pow(10, 2 - nines), nines + 1);
    // A tic outside the range ends the list.
    fprintf(script->out, "'' 100)\nset yrange [0:%.6g]\n", top);
}

static void put_legend(const struct plot_script *script, const struct plot_extent *extents)
{
    const struct plot_run *run = script->run;
    for (size_t line = 0; line < run->named_count; line++) {
        const struct plot_extent *extent = &extents[line];
        const char *name = run->members[line].name;
        char title[REPORT_LABEL_MAX + 32];
        bool zeros = extent->zeros > 0, none = extent->requests <= 0;
        if (zeros)
            snprintf(title, sizeof title,
                     extent->zeros < 0.01 * extent->requests ? "%s (<1 %% at 0)"
                                                             : "%s (%.0f %% at 0)",
                     name, 100 * extent->zeros / extent->requests);
        else
            snprintf(title, sizeof title, "%s%s", name, none ? " (none)" : "");
        fputs(", keyentry with lines", script->out);
        plot_script_line_style(script, line, CDF_WIDTH);
        plot_script_name(script, title);
    }
    plot_members_legend_others(script);
    fputs(", keyentry with points" CDF_SLOWEST " title 'slowest request'", script->out);
}

bool plot_latency_cdf(struct plot_script *script, struct report_error *error)
{
    const struct plot_run *run = script->run;
    struct plot_extent extents[PLOT_LINES_MAX] = {0};
    struct plot_extent all = {0};
    for (size_t line = 0; line < run->line_count; line++) {
        if (!measure_extent(run, line, &extents[line], error))
            return false;
        plot_extent_join(&all, &extents[line]);
    }
    plot_script_begin(script, "Latency distribution of reads and writes");
    put_legend(script, extents);
    plot_script_end_legend(script);
    plot_script_panel(script, 0, 1, "share of requests that took at most this long [%]");
    double left_ns = plot_script_latency_axis(script, "x", &all);
    fputs("set xlabel 'total latency (throttle and device)'\n", script->out);
    plot_latency_share_axis(script, all.requests);
    if (all.requests <= 0)
        plot_script_message(script, "No read or write was completed.");
    if (!put_data(script, extents, left_ns, all.right_ns, error))
        return false;
    fputs("plot NaN", script->out);
    plot_members_clauses(script, "cdf", "", CDF_WIDTH);
    fputs(", $slowest with points" CDF_SLOWEST "\n", script->out);
    return true;
}
