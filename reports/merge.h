// SPDX-License-Identifier: GPL-2.0-or-later
// The runs and sweeps of several result databases put into one.
#ifndef REPORTS_MERGE_H
#define REPORTS_MERGE_H

#include "reports/database.h"

struct report_merge_counts {
    int64_t runs;       // that were put in
    int64_t runs_known; // that were there already
    int64_t points;     // runs of points of sweeps, likewise
    int64_t points_known;
};

// Puts all runs of the files at these paths into the database, which is open for writing. They get
// numbers behind those that it holds, in the order of the paths and of their own numbers. A run
// that was there before, so one that equals another in all that the table `run` says of it and in
// whether its requests were logged, is not put in again, so that what was stopped can be repeated.
// Points of a sweep come to those of the sweep with the same identity, and points that it has are
// not put in again; runs that were kept of points get their numbers behind the others, in the order
// of the points, so that it does not matter which file they were in.
//
// The files are not changed; they may be of an earlier schema. Each is taken over whole or not at
// all.
//
// only_points: the files are those of ranks, of which only points are wanted and the runs kept of
// them, not what a rank has left that was killed meanwhile.
//
// False with the error filled: those before the one that it names are in.
bool report_merge(struct report_database *database, const char *const *paths, size_t count,
                  bool only_points, struct report_merge_counts *counts, struct report_error *error);

#endif
