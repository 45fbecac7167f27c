// SPDX-License-Identifier: GPL-2.0-or-later
// The runs of several result databases put into one.
#ifndef REPORTS_MERGE_H
#define REPORTS_MERGE_H

#include "reports/database.h"

struct report_merge_counts {
    int64_t runs;       // that were put in
    int64_t runs_known; // that were there already
};

// Puts all runs of the files at these paths into the database, which is open for writing. They get
// numbers behind those that it holds, in the order of the paths and of their own numbers. A run
// that was there before, so one that equals another in all that the table `run` says of it and in
// whether its requests were logged, is not put in again, so that what was stopped can be repeated.
// The files are not changed; they may be of an earlier schema. Each is taken over whole or not at
// all.
//
// False with the error filled: those before the one that it names are in.
bool report_merge(struct report_database *database, const char *const *paths, size_t count,
                  struct report_merge_counts *counts, struct report_error *error);

#endif
