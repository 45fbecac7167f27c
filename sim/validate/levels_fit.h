// SPDX-License-Identifier: GPL-2.0-or-later
// How full the buckets of each group were when a recording began.
#ifndef SIM_VALIDATE_LEVELS_FIT_H
#define SIM_VALIDATE_LEVELS_FIT_H

#include "sim/validate/validate.h"

struct levels_fit {
    size_t requests;        // whose latencies tell; 0: nothing was fitted, the rest is 0
    double best;            // as a share of what the buckets hold; 0 if that is as good as the best
    double low, high;       // between these the error is within 1 % of the least
    double best_ns;         // mean absolute error of the latency,
    double empty_ns;        // and with empty buckets
    struct fraction levels; // the best, for a group of the scenario
};

// Room for one of each group. Fits none to groups whose levels the scenario tells. Needs the
// recording, and changes nothing but the validation's outcomes. False with the error filled.
bool levels_fit(struct validating *validating, struct levels_fit *fits, struct sim_error *error);

#endif
