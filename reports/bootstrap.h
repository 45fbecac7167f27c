// SPDX-License-Identifier: GPL-2.0-or-later
// Confidence intervals for the changes between two runs of the same requests: the paired circular
// block bootstrap.
//
// Requests that follow each other share their fate, so they are drawn in blocks, the longer the
// more they do, and both runs' latencies of a request are drawn together. The series is closed to a
// circle, so that each request is as likely as any other to be in a block (D. Politis, J. Romano,
// 1992). An interval goes from the 2.5 % to the 97.5 % quantile of the change over the resamples.
//
// INFLATION c is how many times larger the variance of a mean is than if neighbours were
// independent: n requests tell as much as n / c that are. Blocks have (2 n c^2)^(1/3) requests;
// where n / c is too small for a number, it has no interval.
//
// COST. At most `most` requests are resampled. Of a longer series, where neighbours are much alike,
// one in so many is taken (at most c / 8: it tells nearly as much); then blocks of it, spread
// evenly with a random place each, whole blocks are drawn, and deviations are smaller by
// sqrt(requests drawn from / requests), as for m out of n. A resample costs a step per
// request and, for each quantile, a step per block and about one per rank that the quantile moves:
// no resample is sorted.
//
// REPEATABLE. Quantiles are integers; sums are doubles, added in a fixed order; the stream is
// GSL's mt19937, begun anew with the seed for each series.
#ifndef REPORTS_BOOTSTRAP_H
#define REPORTS_BOOTSTRAP_H

#include "reports/database.h"

#define BOOTSTRAP_NEVER INT64_MAX // infinite
#define BOOTSTRAP_UNKNOWN (-1)
#define BOOTSTRAP_LEAST 30   // requests / inflation, for any interval at all
#define BOOTSTRAP_BEYOND 10  // requests / inflation beyond a quantile, for one of it
#define BOOTSTRAP_BLOCKS 8   // in a series, at least
#define BOOTSTRAP_MOST 65536 // requests that are resampled

// In order of arrival: [0] in A, [1] in B. total is UNKNOWN on both sides or on none; wait is
// known.
struct bootstrap_series {
    const int64_t *wait_ns[2];
    const int64_t *total_ns[2];
    size_t count;
};

enum {
    BOOTSTRAP_TOTAL,
    BOOTSTRAP_WAIT,
    BOOTSTRAP_COLUMNS,
    BOOTSTRAP_QUANTILES = 3,
};

extern const unsigned bootstrap_percents[BOOTSTRAP_QUANTILES]; // 50, 90, 99

// Of a change, B less A, as distances from it: the change + low is the lower end. NAN: none.
struct bootstrap_interval {
    double low, high;
};

struct bootstrap_result {
    struct bootstrap_interval quantiles[BOOTSTRAP_COLUMNS][BOOTSTRAP_QUANTILES];
    struct bootstrap_interval mean[BOOTSTRAP_COLUMNS];
    struct bootstrap_interval wait_share; // sum of waits / sum of total latencies
};

struct bootstrap_config {
    uint32_t seed;
    unsigned resamples;
    size_t most; // requests that are resampled, at least BOOTSTRAP_LEAST
};

// Of the column that depends most on its neighbours; at least 1.
double bootstrap_inflation(const struct bootstrap_series *series);

// Length of the blocks for a series of this length: the smallest that is not below
// (2 * count * inflation^2)^(1/3), but at most count / BOOTSTRAP_BLOCKS, and at least 1.
size_t bootstrap_block(size_t count, double inflation);

// False: out of memory.
bool bootstrap_run(const struct bootstrap_series *series, const struct bootstrap_config *config,
                   struct bootstrap_result *result);
#endif
