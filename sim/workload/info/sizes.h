// SPDX-License-Identifier: GPL-2.0-or-later
// How often requests have which size. Exact up to INFO_SIZES_MAX different sizes, as block devices
// have far fewer; beyond, quantiles have the histogram's error (0.4 %), and sizes that were first
// seen after the others are not told apart.
#ifndef SIM_WORKLOAD_INFO_SIZES_H
#define SIM_WORKLOAD_INFO_SIZES_H

#include "reports/histogram.h"
#include "reports/plot/plot_trace.h"

#define INFO_SIZES_MAX 4096

// All zero is empty, to be freed after use.
struct info_sizes {
    struct report_trace_size *table; // by a hash of the size; no requests: free
    size_t capacity;                 // a power of two, at least twice `used`
    size_t used;
    uint64_t others; // requests of sizes that found no place
    struct report_histogram histogram;
};

// bytes <= INT64_MAX. False: out of memory.
bool info_sizes_add(struct info_sizes *sizes, uint64_t bytes);
bool info_sizes_merge(struct info_sizes *into, const struct info_sizes *from);
void info_sizes_free(struct info_sizes *sizes);

// All in the table, by size or the commonest first (then by size); to be freed. NULL: out of
// memory, or none.
struct report_trace_size *info_sizes_by_size(const struct info_sizes *sizes);
struct report_trace_size *info_sizes_by_count(const struct info_sizes *sizes);

// By nearest rank; 0 of nothing. False: out of memory.
bool info_sizes_quantile(const struct info_sizes *sizes, unsigned per_mille, uint64_t *bytes);

#endif
