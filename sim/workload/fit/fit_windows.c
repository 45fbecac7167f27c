// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_windows.h"

#define MS INT64_C(1000000)

const int64_t fit_window_ns[FIT_WINDOW_COUNT] = {
    1 * MS,    3 * MS,     10 * MS,    30 * MS,     100 * MS,    300 * MS,    1000 * MS,
    3000 * MS, 10000 * MS, 30000 * MS, 100000 * MS, 300000 * MS, 1000000 * MS};

void fit_windows_add(struct fit_windows *windows, uint64_t since_ns)
{
    for (int i = 0; i < FIT_WINDOW_COUNT; i++) {
        struct info_counter *counter = &windows->counters[i];
        uint64_t length_ns = (uint64_t)fit_window_ns[i];
        uint64_t index = counter->index;
        // Few requests are the first of a window, and a division takes long.
        if (since_ns >= windows->end_ns[i]) {
            index = since_ns / length_ns;
            windows->end_ns[i] = (index + 1) * length_ns;
        }
        info_counter_add(counter, index);
    }
}

double fit_windows_dispersion(const struct fit_windows *windows, int window, uint64_t least)
{
    const struct info_counter *counter = &windows->counters[window];
    return counter->counts.count < least ? -1 : info_counter_dispersion(counter);
}
