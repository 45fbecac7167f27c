// SPDX-License-Identifier: GPL-2.0-or-later
// What takes long: how far it has come, and whether it is to be stopped. Measured in requests,
// since all of it is reading some, or making some.
#ifndef SIM_WORKLOAD_FIT_WORK_H
#define SIM_WORKLOAD_FIT_WORK_H

#include "sim/base/error.h"
#include "sim/base/progress.h"

struct fit_work {
    progress_tell *progress; // may be NULL
    void *context;
    uint64_t requests; // read or made
    uint64_t total;    // that there will be, about; 0: unknown
};

// To be called for every request. False with the error filled: a signal came (sim/base/stop.h).
bool fit_work_step(struct fit_work *work, struct sim_error *error);

#endif
