// SPDX-License-Identifier: GPL-2.0-or-later
// Which law, with which parameters, do positive numbers follow?
#ifndef SIM_WORKLOAD_FIT_LAW_H
#define SIM_WORKLOAD_FIT_LAW_H

#include "reports/histogram.h"
#include "traces/synth.h"

#include <stddef.h>
#include <stdint.h>

// The distribution of a sample, as far as estimates need it: a few hundred points of its
// distribution function, taken from a histogram.

#define FIT_POINTS_MAX 512

struct fit_points {
    uint64_t total; // of values
    double mean;
    size_t count;
    double edge[FIT_POINTS_MAX];  // upwards
    double share[FIT_POINTS_MAX]; // of the values that are at most that; of the last, 1
};

// Of the values from low_ns to high_ns, both within the error of the histogram. A clock that ticks
// each resolution_ns (at least 1) has rounded them: what it shows as v was up to half a tick more.
void fit_points_take(struct fit_points *points, const struct report_histogram *histogram,
                     int64_t low_ns, int64_t high_ns, int64_t resolution_ns);

// The greatest distance between the distribution functions of two samples (Kolmogorov and Smirnov),
// within the error of the histograms; 0 if both are empty, 1 if one is.
double fit_histogram_distance(const struct report_histogram *left,
                              const struct report_histogram *right);

// Four significant digits, so that how a libm rounds does not show.
double fit_round(double value);

// The share of draws that are at most x.
double fit_law_share(const struct synth_draw *draw, double x);

// The greatest distance of the law from the sample (Kolmogorov and Smirnov).
double fit_law_distance(const struct synth_draw *draw, const struct fit_points *points);

// The law that comes nearest the sample: each has the sample's mean and the shape with the least
// mean square distance from it (Cramer and von Mises). Not Pareto, whose mean says little. Among
// them the one with the least distance wins, where a shape must be worth its cost. A sample of
// nothing is a constant 0.
struct synth_draw fit_law_nearest(const struct fit_points *points);

// Sums from which laws are estimated by likelihood, where a histogram of each would be too much.
struct fit_sums {
    uint64_t count;
    double min;
    double sum;
    double squares;
    double logs;
    double log_squares;
};

// value above 0.
void fit_sums_add(struct fit_sums *sums, double value);

// The law with the greatest likelihood, less half the logarithm of the count for each parameter
// (Schwarz): constant, exponential, Gamma, Pareto, lognormal.
struct synth_draw fit_sums_law(const struct fit_sums *sums);

// Gamma or lognormal with the greatest likelihood, its shape within what can be drawn.
struct synth_draw fit_sums_of(const struct fit_sums *sums, enum synth_law law);

#endif
