// SPDX-License-Identifier: GPL-2.0-or-later
// A stored run as users name it: "FILE.db:RUN", or "FILE.db" for its newest.
#ifndef SIM_COMPARE_STORED_RUN_H
#define SIM_COMPARE_STORED_RUN_H

#include "reports/database.h"
#include "sim/base/error.h"

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

#endif
