// SPDX-License-Identifier: GPL-2.0-or-later
// The seven plots, and what they share: members, latencies, limits.
#ifndef REPORTS_PLOT_FIGURES_H
#define REPORTS_PLOT_FIGURES_H

#include "reports/histogram.h"
#include "reports/plot/script.h"

plot_figure plot_latency_cdf;
plot_figure plot_latency_over_time;
plot_figure plot_throughput;
plot_figure plot_waiting;
plot_figure plot_bucket_levels;
plot_figure plot_fairness;
plot_figure plot_wait_causes; // the only one that can be of one member

// What a member's stairs show of a bin that is so long; NAN: nothing.
typedef double plot_cell_value(const struct plot_cell *cell, double seconds);

// A data block of stairs, as of plot_script_stairs, of bin_count cells.
void plot_cells_data(const struct plot_script *script, const char *name, size_t number,
                     const struct plot_cell *cells, plot_cell_value *value);
// Data blocks NAME0, NAME1, ... of the members with a name, and NAMEothers of the rest.
void plot_members_data(const struct plot_script *script, const char *name, plot_cell_value *value);
// Their clauses of a plot command, each after a comma; columns: "" or "using ...". The width is
// that of the lines with a name, 0: as wide as bins leave room for.
void plot_members_clauses(const struct plot_script *script, const char *name, const char *columns,
                          double width);
// Their entries in the legend.
void plot_members_legend(const struct plot_script *script);
// The entry for the members without a name, if there are any.
void plot_members_legend_others(const struct plot_script *script);

// Takes in one more distribution, of which `never` requests have no end.
void plot_extent_add(struct plot_extent *extent, const struct report_histogram *latencies,
                     double never);

// The scale of distributions: place of a share (90 % at 2, 99 % at 3, 99.9 % at 4, ...), and the
// axis for curves of at most this many requests.
double plot_latency_place(double share);
void plot_latency_share_axis(const struct plot_script *script, double most);

// The limits of the drawn groups over time.

// From at_ns on the limit has this value; 0: no limit.
struct plot_limit_change {
    size_t group; // index among the drawn ones
    char key[24];
    double at_ns;
    double value; // requests/s or bytes/s
};

struct plot_limits {
    struct plot_limit_change *changes; // in order of group, key, time
    size_t count;
};

// Only averages and maxima; changes that would fall into one column of a picture are thinned out.
bool plot_limits_load(const struct plot_run *run, struct plot_limits *limits,
                      struct report_error *error);
void plot_limits_free(struct plot_limits *limits);

// The value that a limit has at a time, 0 if none.
double plot_limits_at(const struct plot_limits *limits, size_t group, const char *key,
                      double at_ns);
#endif
