// SPDX-License-Identifier: GPL-2.0-or-later
// Requests and bytes over time, for plots: at most INFO_BINS_MAX bins of equal length. When they do
// not reach, 2 or 5 are joined, so that the length is always a round number.
#ifndef SIM_WORKLOAD_INFO_INFO_SERIES_H
#define SIM_WORKLOAD_INFO_INFO_SERIES_H

#include "reports/plot/plot_trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INFO_BINS_MAX 2000

// All zero is empty, to be freed after use.
struct info_series {
    struct report_trace_bin *bins; // INFO_BINS_MAX
    int64_t bin_ns;
};

// since_ns: since the beginning of the trace, never negative. False: out of memory.
bool info_series_add(struct info_series *series, int64_t since_ns, uint64_t bytes);
// Joins bins until they are bin_ns long, which is a length that another series has.
void info_series_join(struct info_series *series, int64_t bin_ns);
void info_series_free(struct info_series *series);

#endif
