// SPDX-License-Identifier: GPL-2.0-or-later
// A grid of points, run on all processors, its results in a database from which it can go on.
#ifndef SIM_SWEEP_SWEEP_GRID_H
#define SIM_SWEEP_SWEEP_GRID_H

#include "reports/sweep.h"
#include "sim/points/points.h"

struct sweep_options {
    const struct vary *varies;
    size_t vary_count;
    uint32_t seeds;             // at least 1
    const char *const *figures; // texts: MEMBER.DIRECTION.METRIC; MEMBER may be total or worst
    size_t figure_count;        // at least 1
    const char *keep;           // points stored as whole runs: "3,7-9" or "all"; NULL: none
    bool log_requests;          // of those
    uint64_t shard, shards;     // only points whose number, from 0, modulo shards is shard; 0: all
    unsigned jobs;
    struct report_database *database; // NULL: nothing is stored
    struct progress_watch watch;      // of the points
};

// A sweep and all that it is made of. All zero is closed.
struct sweep {
    const struct sweep_options *options;
    struct points *points;
    struct report_sweep report;
    struct report_figure *figures;
    char **figure_names; // of members in them
    const char **member_names;
    int64_t others; // sweeps of the same scenario in the database that are not this one
    uint64_t found; // runs that it had already
};

// Takes the options apart, and finds what the database has of it. False with the error filled;
// sweep_close is needed in any case. points and options must stay.
bool sweep_open(struct sweep *sweep, struct points *points, const struct sweep_options *options,
                struct sim_error *error);

// Runs those runs from `from` up to `to` (numbers, point by point, seed by seed) that are missing,
// and stores them. A point that fails has its row; it is no error. False with the error filled: it
// was stopped, after what was done has been stored, or the database cannot be written.
bool sweep_run(struct sweep *sweep, uint64_t from, uint64_t to, struct sim_error *error);

// Counts what is there already, when more than its own database was looked at.
void sweep_count_found(struct sweep *sweep);

// How many runs there are.
static inline uint64_t sweep_runs(const struct sweep *sweep)
{
    return sweep->report.points * sweep->report.seeds;
}

void sweep_close(struct sweep *sweep);

#endif
