// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot.h"

#include "reports/explain.h"
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/query.h"

#include <inttypes.h>
#include <stdio.h>

static const struct plot_drawing drawings[] = {
    {"latency-cdf", plot_latency_cdf, NULL},
    {"latency-over-time", plot_latency_over_time, NULL},
    {"throughput", plot_throughput, NULL},
    {"waiting", plot_waiting, NULL},
    {"bucket-levels", plot_bucket_levels, NULL},
    {"fairness", plot_fairness, NULL},
    {"wait-causes", plot_wait_causes, NULL},
};

#define DRAWING_COUNT (sizeof drawings / sizeof drawings[0])
#define DRAWING_CAUSES (DRAWING_COUNT - 1)

struct plot_order {
    struct report_database *database;
    int64_t run_id;
    const char *directory;
    report_plot_written *written;
    void *context;
};

// Draws some of the drawings, of all members or of one.
static bool draw(const struct plot_order *order, const struct plot_drawing *first, size_t count,
                 const char *member, struct report_error *error)
{
    char prefix[32];
    const struct plot_target target = {order->directory, prefix, order->written, order->context};
    struct plot_run run;
    struct plot_script script = {.run = &run, .member = member};
    snprintf(prefix, sizeof prefix, "run%" PRId64 "-", order->run_id);
    if (!report_query_run_exists(order->database, order->run_id, error) ||
        (member != NULL &&
         !report_explain_member(order->database, order->run_id, member, &script.member_id, error)))
        return false;
    bool good = plot_run_load(&run, order->database, order->run_id, error) &&
                plot_draw(&target, first, count, &script, error);
    plot_run_free(&run);
    return good;
}

bool report_plot(struct report_database *database, int64_t run_id, const char *directory,
                 report_plot_written *written, void *context, struct report_error *error)
{
    const struct plot_order order = {database, run_id, directory, written, context};
    return draw(&order, drawings, DRAWING_COUNT, NULL, error);
}

bool report_plot_causes(struct report_database *database, int64_t run_id, const char *member,
                        const char *directory, report_plot_written *written, void *context,
                        struct report_error *error)
{
    const struct plot_order order = {database, run_id, directory, written, context};
    return draw(&order, &drawings[DRAWING_CAUSES], 1, member, error);
}
