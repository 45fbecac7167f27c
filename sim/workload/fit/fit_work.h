// SPDX-License-Identifier: GPL-2.0-or-later
// How far a fit has come, in microseconds of some machine. How many trials there will be is a
// guess, which gets better with every stage of a search that is over, and with every volume.
#ifndef SIM_WORKLOAD_FIT_FIT_WORK_H
#define SIM_WORKLOAD_FIT_FIT_WORK_H

#include "sim/base/error.h"
#include "sim/base/progress.h"
#include "sim/workload/fit/fit_record.h"

struct fit_work {
    progress_tell *progress; // may be NULL
    void *context;
    uint64_t requests; // read or made
    double done, total;
    double later;     // of the total, behind the present volume
    double trials;    // of each volume, about
    uint64_t tried;   // of this one
    unsigned volumes; // that `trials` was learned from, and the first guess
};

// What requests take that are read, made for a trial, or to count the blocks that are touched.
#define FIT_READ_US 1.0
#define FIT_TRIAL_US 0.12
#define FIT_BLOCKS_US 0.2

#define FIT_STAGE_COUNT 6         // of the search for a volume's process
#define FIT_IMPROVED_REQUESTS 200 // of fewer, numbers are as good as they can be

struct fit_work fit_work_begin(progress_tell *progress, void *context);

// To be called for every request. False with the error filled: a signal came (sim/base/stop.h).
bool fit_work_step(struct fit_work *work, double us, struct sim_error *error);

// A trial begins; a process with so many states was sought in so many windows.
void fit_work_trial(struct fit_work *work);
void fit_work_hidden(struct fit_work *work, unsigned states, size_t windows);

// What the search for a volume's process takes, with trials of so many requests.
double fit_work_volume(const struct fit_work *work, const struct fit_volume *volume,
                       uint64_t trial_requests);

// A stage of it is over.
void fit_work_stage(struct fit_work *work, size_t stage, const struct fit_volume *volume,
                    uint64_t trial_requests);

// And all of it.
void fit_work_learn(struct fit_work *work, const struct fit_volume *volume);

#endif
