// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot.h"

#include "reports/explain.h"
#include "reports/plot/figures.h"
#include "reports/plot/gnuplot.h"
#include "reports/query.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const enum plot_view both = PLOT_BOTH, reads = PLOT_READS, writes = PLOT_WRITES;

// The most asked for first. Reads and writes apart, the next to last ones, are not always drawn.
static const struct plot_drawing drawings[] = {
    {"demand", plot_demand, &both},          {"throughput", plot_throughput, NULL},
    {"waiting", plot_waiting, NULL},         {"wait-causes", plot_wait_causes, NULL},
    {"latency-cdf", plot_latency_cdf, NULL}, {"latency-over-time", plot_latency_over_time, NULL},
    {"latency-map", plot_latency_map, NULL}, {"bucket-levels", plot_bucket_levels, NULL},
    {"fairness", plot_fairness, NULL},       {"demand-reads", plot_demand, &reads},
    {"demand-writes", plot_demand, &writes},
};

#define DRAWING_COUNT (sizeof drawings / sizeof drawings[0])
#define DRAWING_SPLIT 2 // the last ones
#define DRAWING_CAUSES 3

struct plot_order {
    struct report_database *database;
    int64_t run_id;
    const char *directory;
    report_plot_written *written;
    void *context;
    bool is_causes;     // nothing else
    const char *member; // only its; NULL: those of all
    bool is_split;
};

// Of its own file: "wait-causes-NAME", with its number where NAME cannot be in a file's name.
static const char *name_of_member(const char *member, int64_t number, char *name, size_t size)
{
    int used = snprintf(name, size, "%s-%.40s", drawings[DRAWING_CAUSES].name, member);
    bool is_plain = strlen(member) <= 40;
    for (char *c = name; *c != '\0'; c++) {
        if (isalnum((unsigned char)*c) || strchr("-_.", *c) != NULL)
            continue;
        *c = '_';
        is_plain = false;
    }
    if (!is_plain)
        snprintf(name + used, size - (size_t)used, "-%" PRId64, number);
    return name;
}

static bool draw(const struct plot_order *order, struct report_error *error)
{
    char prefix[32];
    const struct plot_target target = {order->directory, prefix, order->written, order->context};
    struct plot_run run;
    struct plot_script script = {.run = &run, .member = order->member};
    snprintf(prefix, sizeof prefix, "run%" PRId64 "-", order->run_id);
    if (!report_query_run_exists(order->database, order->run_id, error) ||
        (order->member != NULL && !report_explain_member(order->database, order->run_id,
                                                         order->member, &script.member_id, error)))
        return false;
    char name[64];
    struct plot_drawing causes = drawings[DRAWING_CAUSES];
    if (order->member != NULL)
        causes.name = name_of_member(order->member, script.member_id, name, sizeof name);
    bool good = plot_run_load(&run, order->database, order->run_id, order->is_split, error);
    size_t count = run.is_split ? DRAWING_COUNT : DRAWING_COUNT - DRAWING_SPLIT;
    good = good && (order->is_causes ? plot_draw(&target, &causes, 1, &script, error)
                                     : plot_draw(&target, drawings, count, &script, error));
    plot_run_free(&run);
    return good;
}

bool report_plot(struct report_database *database, int64_t run_id, bool is_split,
                 const char *directory, report_plot_written *written, void *context,
                 struct report_error *error)
{
    return draw(
        &(struct plot_order){database, run_id, directory, written, context, false, NULL, is_split},
        error);
}

bool report_plot_causes(struct report_database *database, int64_t run_id, const char *member,
                        const char *directory, report_plot_written *written, void *context,
                        struct report_error *error)
{
    return draw(
        &(struct plot_order){database, run_id, directory, written, context, true, member, false},
        error);
}
