// SPDX-License-Identifier: GPL-2.0-or-later
// The seven plots: each writes a whole gnuplot script.
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
// Their clauses of a plot command, each after a comma; columns: "" or "using ...".
void plot_members_clauses(const struct plot_script *script, const char *name, const char *columns);
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
#endif
