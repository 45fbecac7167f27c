// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot.h"

#include "reports/plot_figures.h"
#include "reports/plot_gnuplot.h"
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
};

struct plot_target {
    const char *directory;
    report_plot_written *written;
    void *context;
};

static bool plot_draw(const struct plot_run *run, size_t figure, const struct plot_target *target,
                      struct report_error *error)
{
    char *text = NULL;
    size_t length = 0;
    struct plot_script script = {.out = open_memstream(&text, &length), .run = run};

    if (!script.out) {
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

bool report_plot(struct report_database *database, int64_t run_id, const char *directory,
                 report_plot_written *written, void *context, struct report_error *error)
{
    const struct plot_target target = {directory, written, context};
    struct plot_run run;

    if (!report_query_run_exists(database, run_id, error))
        return false;
    if (mkdir(directory, 0777) != 0 && errno != EEXIST) {
        snprintf(error->message, sizeof error->message, "making the directory %s: %s", directory,
                 strerror(errno));
        return false;
    }
    bool good = plot_run_load(&run, database, run_id, error);

    for (size_t i = 0; good && i < sizeof figures / sizeof figures[0]; i++)
        good = plot_draw(&run, i, &target, error);
    plot_run_free(&run);
    return good;
}
