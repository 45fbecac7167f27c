// SPDX-License-Identifier: GPL-2.0-or-later
// The distribution of a sample, as far as estimates need it: a few hundred points of its
// distribution function, taken from a histogram.
#ifndef SIM_WORKLOAD_FIT_POINTS_H
#define SIM_WORKLOAD_FIT_POINTS_H

#include "reports/histogram.h"

#include <stddef.h>
#include <stdint.h>

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

#endif
