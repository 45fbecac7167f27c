// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a scenario on the virtual clock and stores what happens.
#ifndef SIM_REPLAY_RUN_H
#define SIM_REPLAY_RUN_H

#include "reports/recorder.h"
#include "sim/base/progress.h"
#include "sim/scenario/scenario.h"

#include <signal.h>

struct run_options {
    bool log_requests;
    bool omit_series; // the database is gone with the program: only what is printed matters
    const volatile sig_atomic_t *stop; // becomes non-zero: the run is interrupted
    progress_tell *progress;           // may be NULL
    void *progress_context;
};

// False with the error filled if the run failed; what was stored until then stays, and says so.
// *run_id is set as soon as there is a run (0 before). *status says how it ended.
bool run_scenario(const struct scenario *scenario, const struct run_options *options,
                  struct report_database *database, int64_t *run_id, enum report_status *status,
                  struct sim_error *error);

struct replay;

// The same in steps, for those who look at every one (replay_next). run_close is needed in any
// case: it stores how the run ended, as *status has it, and closes the replay.
bool run_open(struct replay *replay, const struct scenario *scenario,
              const struct run_options *options, struct report_database *database,
              struct sim_error *error);
bool run_close(struct replay *replay, enum report_status *status, struct sim_error *error);

// As run_open, for a run whose results nobody wants: they go into a database in memory, which is to
// be closed after run_close. NULL there: it came not even so far, and run_close is not needed.
bool run_open_unstored(struct replay *replay, const struct scenario *scenario,
                       struct report_database **database, struct sim_error *error);

#endif
