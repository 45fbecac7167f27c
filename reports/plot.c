// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot.h"

#include "reports/explain.h"
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *name; // of the file
    plot_figure *figure;
} figures[] = {
    {"latency-cdf", plot_latency_cdf},     {"latency-over-time", plot_latency_over_time},
    {"throughput", plot_throughput},       {"waiting", plot_waiting},
    {"bucket-levels", plot_bucket_levels}, {"fairness", plot_fairness},
    {"wait-causes", plot_wait_causes},
};

#define FIGURE_COUNT (sizeof figures / sizeof figures[0])
#define FIGURE_CAUSES 6

struct plot_target {
    const char *directory;
    report_plot_written *written;
    void *context;
    const char *member; // NULL: all
    int64_t member_id;
};

static bool plot_draw(const struct plot_run *run, size_t figure, const struct plot_target *target,
                      struct report_error *error)
{
    char *text = NULL;
    size_t length = 0;
    struct plot_script script = {.out = open_memstream(&text, &length),
                                 .run = run,
                                 .member = target->member,
                                 .member_id = target->member_id};

    if (script.out == NULL) {
        snprintf(error->message, sizeof error->message, "drawing %s: %s", figures[figure].name,
                 strerror(errno));
        return false;
    }
    bool good = figures[figure].figure(&script, error);
    if (fclose(script.out) != 0 && good) {
        snprintf(error->message, sizeof error->message, "drawing %s: out of memory",
                 figures[figure].name);
        good = false;
    }
    good = good && plot_gnuplot_draw(text, length, target->directory, figures[figure].name,
                                     target->written, target->context, error);
    free(text);
    return good;
}

// Draws the figures [first, end).
static bool plot_figures(struct report_database *database, int64_t run_id, size_t first, size_t end,
                         const struct plot_target *target, struct report_error *error)
{
    struct plot_run run;

    if (mkdir(target->directory, 0777) != 0 && errno != EEXIST) {
        snprintf(error->message, sizeof error->message, "making the directory %s: %s",
                 target->directory, strerror(errno));
        return false;
    }
    bool good = plot_run_load(&run, database, run_id, error);

    for (size_t i = first; good && i < end; i++)
        good = plot_draw(&run, i, target, error);
    plot_run_free(&run);
    return good;
}

bool report_plot(struct report_database *database, int64_t run_id, const char *directory,
                 report_plot_written *written, void *context, struct report_error *error)
{
    const struct plot_target target = {directory, written, context, NULL, 0};

    return report_query_run_exists(database, run_id, error) &&
           plot_figures(database, run_id, 0, FIGURE_COUNT, &target, error);
}

bool report_plot_causes(struct report_database *database, int64_t run_id, const char *member,
                        const char *directory, report_plot_written *written, void *context,
                        struct report_error *error)
{
    struct plot_target target = {directory, written, context, member, 0};

    return report_query_run_exists(database, run_id, error) &&
           (member == NULL ||
            report_explain_member(database, run_id, member, &target.member_id, error)) &&
           plot_figures(database, run_id, FIGURE_CAUSES, FIGURE_CAUSES + 1, &target, error);
}
