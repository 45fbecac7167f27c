// SPDX-License-Identifier: GPL-2.0-or-later
// How well does a process describe the arrivals of a recording? It is tried: the generator makes
// arrivals of it, and they are counted as the recording's were.
//
//     score = distance + dispersion / 4 + parameters / 100
//
// distance: of the two distributions of gaps, Kolmogorov's and Smirnov's. dispersion: by how many
// powers of two the index of dispersion is wrong, on average over the windows from 1 ms up to an
// eighth of the recording, in which the weight of a window is n / (n + 30) when n of it have
// passed. parameters: how many were estimated; of two processes that do as well, the plainer one
// wins.
#ifndef SIM_WORKLOAD_FIT_FIT_TRIAL_H
#define SIM_WORKLOAD_FIT_FIT_TRIAL_H

#include "sim/base/error.h"
#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/work.h"
#include "traces/synth.h"

struct fit_score {
    double distance;
    double dispersion;
    double score; // the less, the better
};

// What is tried, for one volume of a recording.
struct fit_target {
    const struct fit_volume *volume;
    int64_t duration_ns;   // of the whole recording
    int64_t resolution_ns; // of its clock, at least 1
    uint64_t requests_max; // to be made in a trial
    struct fit_work *work;
};

// How many numbers describe the process.
int fit_parameters(const struct synth_arrivals *arrivals);

// A process that the generator does not accept has the score INFINITY. False with the error filled.
bool fit_try(const struct fit_target *target, const struct synth_arrivals *arrivals,
             struct fit_score *score, struct sim_error *error);

#endif
