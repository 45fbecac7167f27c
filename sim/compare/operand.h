// SPDX-License-Identifier: GPL-2.0-or-later
// What `throttlesim compare` is given: a stored run, or a scenario that is run for it.
#ifndef SIM_COMPARE_OPERAND_H
#define SIM_COMPARE_OPERAND_H

#include "reports/database.h"
#include "sim/base/error.h"
#include "sim/scenario/scenario.h"

// A stored run as users name it: "FILE.db:RUN", or "FILE.db" for its newest.
struct stored_run {
    char *path;
    int64_t number; // from 1; 0: none is given
};

// Only takes the name apart: a colon that belongs to the name of an existing file is part of the
// path. False with a usage error; stored_run_free is needed in any case.
bool stored_run_parse(struct stored_run *run, const char *text, struct sim_error *error);
void stored_run_free(struct stored_run *run);

// Opens the database to read and finds the run. NULL with the error filled.
struct report_database *stored_run_open(const struct stored_run *run, int64_t *run_id,
                                        struct sim_error *error);

// What went wrong with a database, as an error of the program; false.
bool stored_run_fail(const struct report_error *report_error, struct sim_error *error);

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
