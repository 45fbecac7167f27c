// SPDX-License-Identifier: GPL-2.0-or-later
// Two runs in one picture: the latency distributions of their members, and below what both
// completed over time.
#include "reports/plot/plot_compare.h"
#include "reports/plot/gnuplot.h"
#include "reports/query.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FIGURE_BINS 100

static uint64_t figure_requests(const struct compare_member *member)
{
    const struct compare_stream *stream = member->streams[COMPARE_READ_WRITE];

    return stream != NULL ? stream->traffic.requests : 0;
}

// As in the plots of a run: in the scenario's order, unless there are too many.
static void figure_choose_members(struct figure *figure)
{
    bool many = figure->comparison->member_count > FIGURE_MEMBERS;

    for (size_t m = 0; m < figure->comparison->member_count; m++) {
        const struct compare_member *member = &figure->comparison->members[m];
        size_t place = figure->member_count;

        if (figure_requests(member) == 0)
            continue;
        while (many && place > 0 &&
               figure_requests(figure->members[place - 1]) < figure_requests(member))
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

static bool figure_load_latencies(struct figure *figure, size_t line)
{
    const struct compare_member *member = figure->members[line];

    for (uint64_t i = 0; i < member->count; i++) {
        const struct compare_pair *pair = compare_pair_at(figure->comparison, member, i);

        if (!compare_is_in(pair, COMPARE_READ_WRITE) || pair->total_ns[0] == COMPARE_UNKNOWN)
            continue;
        for (int side = 0; side < 2; side++) {
            if (pair->total_ns[side] == COMPARE_NEVER)
                figure->never[line][side]++;
            else if (!report_histogram_record(&figure->latencies[line][side], pair->total_ns[side]))
                return false;
        }
    }
    return true;
}

static bool figure_load_bins(struct figure *figure, int side, struct report_error *error)
{
    const struct compare_side *from = &figure->comparison->sides[side];
    sqlite3_stmt *rows = report_query_open(
        from->run.database,
        "SELECT interval, sum(completed), sum(completed_bytes) FROM member_interval"
        " WHERE run_id = ?1 AND direction = 'read+write' GROUP BY interval",
        from->run.run_id, error);

    while (rows != NULL && report_query_next(rows)) {
        double start_ns = sqlite3_column_double(rows, 0) * (double)from->interval_ns;
        double bin = floor(start_ns / (double)figure->run.interval_ns);
        size_t at = bin < 0                               ? 0
                    : bin < (double)figure->run.bin_count ? (size_t)bin
                                                          : figure->run.bin_count - 1;

        figure->bins[side][at].requests += sqlite3_column_double(rows, 1);
        figure->bins[side][at].bytes += sqlite3_column_double(rows, 2);
    }
    return report_query_close(rows, error);
}

static void figure_choose_bins(struct figure *figure)
{
    const struct compare_side *sides = figure->comparison->sides;
    double widest = (double)sides[0].interval_ns, end_ns = (double)sides[0].end_ns;

    if (sides[1].interval_ns > sides[0].interval_ns)
        widest = (double)sides[1].interval_ns;
    end_ns = fmax(fmax(end_ns, (double)sides[1].end_ns), widest);
    double step = widest * ceil(end_ns / widest / FIGURE_BINS);
    double bins = end_ns / step;

    figure->run.end_ns = end_ns;
    figure->run.interval_ns = (int64_t)step;
    figure->run.bin_intervals = 1;
    figure->run.bin_count = (size_t)bins + (bins - floor(bins) >= 0.5);
    figure->run.bin_count += figure->run.bin_count == 0;
}

static bool figure_load(struct figure *figure, struct report_error *error)
{
    figure_choose_members(figure);
    figure->run.named_count = figure->member_count;
    figure_choose_bins(figure);
    for (size_t line = 0; line < figure->member_count; line++) {
        if (!figure_load_latencies(figure, line))
            return compare_memory(error);
    }
    for (int side = 0; side < 2; side++) {
        figure->bins[side] = calloc(figure->run.bin_count, sizeof *figure->bins[side]);
        if (figure->bins[side] == NULL)
            return compare_memory(error);
        if (!figure_load_bins(figure, side, error))
            return false;
    }
    return true;
}

static bool figure_draw(struct figure *figure, const char *directory, report_plot_written *written,
                        void *context, struct report_error *error)
{
    char *text = NULL;
    size_t length = 0;

    figure->script =
        (struct plot_script){.out = open_memstream(&text, &length), .run = &figure->run};
    if (figure->script.out == NULL)
        return compare_memory(error);
    plot_script_begin_titled(&figure->script, "Latency and throughput of two runs of the same "
                                              "requests");
    figure_script(figure);
    plot_script_end(&figure->script);
    bool good = fclose(figure->script.out) == 0 || compare_memory(error);

    good = good && plot_gnuplot_draw(text, length, directory, "compare", written, context, error);
    free(text);
    return good;
}

bool report_comparison_plot(const struct report_comparison *comparison, const char *directory,
                            report_plot_written *written, void *context, struct report_error *error)
{
    struct figure *figure = calloc(1, sizeof *figure);

    if (figure == NULL)
        return compare_memory(error);
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        snprintf(error->message, sizeof error->message, "making the directory %s: %s", directory,
                 strerror(errno));
        free(figure);
        return false;
    }
    figure->comparison = comparison;
    bool good =
        figure_load(figure, error) && figure_draw(figure, directory, written, context, error);

    for (size_t i = 0; i < 2 * FIGURE_MEMBERS; i++)
        report_histogram_release(&figure->latencies[i / 2][i % 2]);
    free(figure->bins[0]);
    free(figure->bins[1]);
    free(figure);
    return good;
}
