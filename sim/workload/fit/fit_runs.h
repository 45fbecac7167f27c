// SPDX-License-Identifier: GPL-2.0-or-later
// A stream of arrivals cut where nothing came for longer than a threshold, for a ladder of
// thresholds: what stands together is a batch, or a period in which the stream is on.
#ifndef SIM_WORKLOAD_FIT_FIT_RUNS_H
#define SIM_WORKLOAD_FIT_FIT_RUNS_H

#include "sim/workload/fit/law.h"

#define FIT_RUNS_ON_MIN 3
#define FIT_RUNS_LEVELS 17 // thresholds of 4 us, 16 us, ... 4^16 us (17 000 s)

struct fit_run {
    int64_t first_ns;  // of the run that is not over
    uint64_t requests; // in it

    // As batches: all runs.
    struct fit_sums cycle; // from a run to the next

    // As periods: runs of FIT_RUNS_ON_MIN requests or more, and of a twentieth of what they have on
    // average. What comes alone in a long pause does not end the pause.
    struct fit_sums length; // from the first to the last arrival, and a gap more; 1 ns at least
    struct fit_sums pause;  // from the last arrival of a period to the first of the next
    uint64_t on_requests;
    int64_t on_last_ns; // of the last period
};

// All zero is empty.
struct fit_runs {
    struct fit_run levels[FIT_RUNS_LEVELS];
    int64_t last_ns;
    bool is_begun;
};

int64_t fit_runs_threshold(int level);
// Arrivals never decrease.
void fit_runs_add(struct fit_runs *runs, int64_t arrival_ns);

#endif
