// SPDX-License-Identifier: GPL-2.0-or-later
// The index of dispersion of a stream's counts over a ladder of window lengths.
#ifndef SIM_WORKLOAD_FIT_FIT_WINDOWS_H
#define SIM_WORKLOAD_FIT_FIT_WINDOWS_H

#include "sim/workload/info/counter.h"

#include <stdint.h>

#define FIT_WINDOW_COUNT 13

// 1 ms, 3 ms, 10 ms, ... 1000 s.
extern const int64_t fit_window_ns[FIT_WINDOW_COUNT];

// All zero is empty.
struct fit_windows {
    struct info_counter counters[FIT_WINDOW_COUNT];
    uint64_t end_ns[FIT_WINDOW_COUNT]; // of the window that is being counted
};

// since_ns: since the first arrival; never decreases.
void fit_windows_add(struct fit_windows *windows, uint64_t since_ns);

// Negative: unknown, as fewer than `least` windows (at least 2) have passed.
double fit_windows_dispersion(const struct fit_windows *windows, int window, uint64_t least);

#endif
