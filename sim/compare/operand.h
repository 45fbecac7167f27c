// SPDX-License-Identifier: GPL-2.0-or-later
// What `throttlesim compare` is given: a stored run, or a scenario that is run for it.
#ifndef SIM_COMPARE_OPERAND_H
#define SIM_COMPARE_OPERAND_H

#include "reports/database.h"
#include "sim/base/error.h"
#include "sim/scenario/scenario.h"

struct compare_operand {
    const char *shown;                // as the user wrote it
    struct scenario *scenario;        // NULL: the run is stored
    struct report_database *database; // of a scenario: temporary, and NULL before it is run
    int64_t run_id;
};

// "FILE.db:RUN", "FILE.db" (its newest run) or a scenario, which is loaded. False with the error
// filled; compare_operand_close is needed in any case. text must stay.
bool compare_operand_open(struct compare_operand *operand, const char *text,
                          struct sim_error *error);

// Runs the scenario, if it is one, with the log of requests; *interrupted: stop_signal came.
// eta: as for progress_start.
bool compare_operand_run(struct compare_operand *operand, const char *eta, bool *interrupted,
                         struct sim_error *error);

void compare_operand_close(struct compare_operand *operand);

#endif
