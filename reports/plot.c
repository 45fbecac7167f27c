// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot.h"

#include "reports/explain.h"
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/query.h"

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

// Draws the figures [first, end), of all members or of one.
static bool draw_figures(const struct plot_target *target, struct report_database *database,
                         int64_t run_id, size_t first, size_t end, const char *member,
                         struct report_error *error)
{
    struct plot_run run;
    struct plot_script script = {.run = &run, .member = member};
    if (!report_query_run_exists(database, run_id, error) ||
        (member != NULL &&
         !report_explain_member(database, run_id, member, &script.member_id, error)) ||
        !plot_make_directory(target->directory, error))
        return false;
    bool good = plot_run_load(&run, database, run_id, error);
    for (size_t i = first; good && i < end; i++)
        good = plot_draw(target, figures[i].name, figures[i].figure, &script, error);
    plot_run_free(&run);
    return good;
}

bool report_plot(struct report_database *database, int64_t run_id, const char *directory,
                 report_plot_written *written, void *context, struct report_error *error)
{
    const struct plot_target target = {directory, written, context};
    return draw_figures(&target, database, run_id, 0, FIGURE_COUNT, NULL, error);
}

bool report_plot_causes(struct report_database *database, int64_t run_id, const char *member,
                        const char *directory, report_plot_written *written, void *context,
                        struct report_error *error)
{
    const struct plot_target target = {directory, written, context};
    return draw_figures(&target, database, run_id, FIGURE_CAUSES, FIGURE_CAUSES + 1, member, error);
}
