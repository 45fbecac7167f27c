// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a scenario for what there is to accept of it.
#ifndef SIM_CHECK_COLLECT_H
#define SIM_CHECK_COLLECT_H

#include "sim/check/comparison.h"
#include "sim/replay/run.h"

struct collect_options {
    const volatile sig_atomic_t *stop; // becomes non-zero: the run fails, "interrupted"
    progress_tell *progress;           // may be NULL
    void *progress_context;
};

// comparison: is told of every request; may be NULL. *found is to be freed in any case. Its memory
// is bounded: of more requests that wait than ACCEPTED_DECISIONS_MAX none is kept.
bool collect_run(const struct scenario *scenario, const struct collect_options *options,
                 struct comparison *comparison, struct accepted *found, struct sim_error *error);

#endif
