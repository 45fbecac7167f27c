// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/counter.h"

void info_counter_add(struct info_counter *counter, uint64_t index)
{
    if (index != counter->index) {
        info_moments_add(&counter->counts, (double)counter->requests);
        info_moments_add_zeros(&counter->counts, index - counter->index - 1);
        counter->index = index;
        counter->requests = 0;
    }
    counter->requests++;
}

double info_counter_dispersion(const struct info_counter *counter)
{
    const struct info_moments *counts = &counter->counts;
    return counts->count < 2 ? -1 : info_moments_variance(counts) / counts->mean;
}
