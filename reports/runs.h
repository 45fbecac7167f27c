// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of the table `run`, as far as they are not the recorder's.
#ifndef REPORTS_RUNS_H
#define REPORTS_RUNS_H

#include "reports/database_internal.h"

// Stores the run with status running, at once. Returns its id, or 0 with the error filled.
int64_t report_run_insert(struct report_database *database, const struct report_run *run,
                          struct report_error *error);

// Marks a run as failed after its rows could not be stored; if that is not possible either, it
// stays running, as after a crash.
void report_run_mark_failed(struct report_database *database, int64_t run_id, const char *why);
#endif
