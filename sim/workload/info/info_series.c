// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/info_series.h"

#include "sim/workload/info/info_windows.h"

#include <stdlib.h>
#include <string.h>

#define BIN_NS_MIN 1000

// 1, 2, 10, 20, 100, ... us: doubled while the first digit is 1.
static int64_t next_length(int64_t bin_ns)
{
    int64_t power = BIN_NS_MIN;
    while (power < bin_ns)
        power *= 10;
    return power == bin_ns ? 2 * bin_ns : 5 * bin_ns;
}

static void join_once(struct info_series *series)
{
    int64_t longer_ns = next_length(series->bin_ns);
    size_t joined = (size_t)(longer_ns / series->bin_ns);
    for (size_t i = 0; i < INFO_BINS_MAX; i++) {
        struct report_trace_bin bin = series->bins[i];
        series->bins[i] = (struct report_trace_bin){0};
        series->bins[i / joined].requests += bin.requests;
        series->bins[i / joined].bytes = info_sum_bytes(series->bins[i / joined].bytes, bin.bytes);
    }
    series->bin_ns = longer_ns;
}

bool info_series_add(struct info_series *series, int64_t since_ns, uint64_t bytes)
{
    if (series->bins == NULL) {
        series->bins = calloc(INFO_BINS_MAX, sizeof *series->bins);
        series->bin_ns = BIN_NS_MIN;
    }
    if (series->bins == NULL)
        return false;
    while (since_ns / series->bin_ns >= INFO_BINS_MAX)
        join_once(series);
    struct report_trace_bin *bin = &series->bins[since_ns / series->bin_ns];
    bin->requests++;
    bin->bytes = info_sum_bytes(bin->bytes, bytes);
    return true;
}

void info_series_join(struct info_series *series, int64_t bin_ns)
{
    while (series->bins != NULL && series->bin_ns < bin_ns)
        join_once(series);
}

void info_series_free(struct info_series *series)
{
    free(series->bins);
    *series = (struct info_series){0};
}
