// SPDX-License-Identifier: GPL-2.0-or-later
// What is prepared once per series so that a resample is cheap.
//
// A resample is a list of blocks, and a weight for each request: how often it was drawn. For each
// column (say, the total latencies in B) the requests are sorted once. Its quantile in the series
// is at `mark` in that order; `before` counts the requests up to the mark along the series, so
// that a block's share of them is one difference. From the mark the quantile of the resample is
// found by walking the order up or down, over weights, until the rank is right.
#ifndef REPORTS_BOOTSTRAP_BOOTSTRAP_INTERNAL_H
#define REPORTS_BOOTSTRAP_BOOTSTRAP_INTERNAL_H

#include "reports/bootstrap.h"

#include <gsl/gsl_rng.h>
#include <stdbool.h>

// Requests before a position of the series, which goes on beyond its end for a block's length.
struct bootstrap_mark {
    size_t place; // in the order
    uint32_t *before;
};

struct bootstrap_column {
    int64_t *values; // of the series
    uint32_t *order; // of the known ones, from the smallest
    size_t known;
    bool finite;
    struct bootstrap_mark marks[BOOTSTRAP_QUANTILES];
    uint32_t *known_before;
    double *sum_before;
};

struct bootstrap_block {
    uint32_t first, length;
};

struct bootstrap_state {
    size_t count;     // of the series, which may be a part of the whole
    double inflation; // of what is drawn from
    size_t stride;    // of the whole series one request in so many is taken
    size_t block;
    bool thinned; // and of those, blocks
    double scale; // of deviations
    gsl_rng *rng;
    struct bootstrap_column columns[BOOTSTRAP_COLUMNS][2];
    bool same[BOOTSTRAP_COLUMNS];   // A and B are equal, request by request
    double *known_wait_before[2];   // waits of requests whose total latency is known
    struct bootstrap_block *blocks; // of the resample
    size_t block_count;
    int32_t *weights;
};

// False: out of memory; bootstrap_release is needed in any case.
bool bootstrap_prepare(struct bootstrap_state *state, const struct bootstrap_series *series,
                       const struct bootstrap_config *config);
void bootstrap_release(struct bootstrap_state *state);
#endif
