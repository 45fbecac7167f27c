// SPDX-License-Identifier: GPL-2.0-or-later
// How many requests came in each bin of time since the trace began. Bins have one length, 1 ms at
// first; when there would be too many, each two become one.
#ifndef SIM_WORKLOAD_FIT_BINS_H
#define SIM_WORKLOAD_FIT_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIT_BIN_NS INT64_C(1000000)
#define FIT_BINS_MAX 32768

// All zero is empty, to be freed after use.
struct fit_bins {
    uint32_t *counts;
    size_t count; // up to the last that is not empty
    size_t capacity;
    int64_t bin_ns;
};

// since_ns: never negative. bound: how many bins there may be, a power of two. False: out of
// memory.
bool fit_bins_add(struct fit_bins *bins, int64_t since_ns, size_t bound);
// Joins bins until they are at least bin_ns long.
void fit_bins_join(struct fit_bins *bins, int64_t bin_ns);
void fit_bins_free(struct fit_bins *bins);

// How the momentary rates of two streams go together, -1 to 1: the correlation of their counts in
// windows of at least window_ns, without what each varies by at random. 0 where it is not known.
double fit_bins_correlation(const struct fit_bins *left, const struct fit_bins *right,
                            int64_t window_ns);

#endif
