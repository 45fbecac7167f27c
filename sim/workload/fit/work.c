// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/work.h"

#include "sim/base/stop.h"

#define REQUESTS_PER_LOOK 4096
#define SHARE_MOST 0.99 // the total is a guess

bool fit_work_step(struct fit_work *work, struct sim_error *error)
{
    if (stop_signal != 0)
        return sim_fail(error, SIM_FAILED, "interrupted");
    if (++work->requests % REQUESTS_PER_LOOK == 0 && work->progress != NULL) {
        uint64_t most = (uint64_t)((double)work->total * SHARE_MOST);
        struct progress_state state = {.requests = work->requests,
                                       .consumed = work->requests < most ? work->requests : most,
                                       .total = work->total};
        work->progress(work->context, &state);
    }
    return true;
}
