// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a scenario on the virtual clock and stores what happens.
#ifndef SIM_REPLAY_RUN_H
#define SIM_REPLAY_RUN_H

#include "reports/database.h"
#include "sim/replay/replay.h"

struct run_options {
    bool log_requests;
    bool omit_series; // the database is gone with the program: only what is printed matters
    unsigned jobs;    // threads that it may use; what comes of it is the same
    struct progress_watch watch; // to stop: the run is interrupted
    const struct senders *kept;  // the traces, read before; NULL: they are read now
};

// False with the error filled if the run failed; what was stored until then stays, and says so.
// *run_id is set as soon as there is a run (0 before). *status says how it ended.
bool run_scenario(const struct scenario *scenario, const struct run_options *options,
                  struct report_database *database, int64_t *run_id, enum report_status *status,
                  struct sim_error *error);

#endif
