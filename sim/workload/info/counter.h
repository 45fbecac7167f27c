// SPDX-License-Identifier: GPL-2.0-or-later
// How the counts of windows [k w, (k + 1) w) that follow each other vary.
#ifndef SIM_WORKLOAD_INFO_COUNTER_H
#define SIM_WORKLOAD_INFO_COUNTER_H

#include "sim/workload/info/moments.h"

#include <stdint.h>

// All zero is before the first window.
struct info_counter {
    uint64_t index;             // of the window that is being counted
    uint64_t requests;          // in it so far
    struct info_moments counts; // of the windows that have passed
};

// A request arrives in the window of this index, which never decreases.
void info_counter_add(struct info_counter *counter, uint64_t index);

// The variance of the counts divided by their mean; negative: fewer than two windows have passed.
double info_counter_dispersion(const struct info_counter *counter);

#endif
