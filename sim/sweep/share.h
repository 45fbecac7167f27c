// SPDX-License-Identifier: GPL-2.0-or-later
// A sweep that several processes do together, the ranks of mpirun, each storing in a database of
// its own beside the one that was named: "out.db.rank-3". When all are done, rank 0 merges them and
// removes them. If it does not come so far, the same command takes them into account, whether or
// not mpirun starts it again. A process alone, with no such files, stores in the one that was
// named.
#ifndef SIM_SWEEP_SHARE_H
#define SIM_SWEEP_SHARE_H

#include "sim/ranks/ranks.h"
#include "sim/sweep/sweep_grid.h"

struct share {
    struct ranks ranks;
    bool has_ranks; // they are open
    const char *db; // what was named
    char *own;      // where this process stores; NULL: nowhere
    const volatile sig_atomic_t *stop;
    struct progress_watch watch; // of all points
    uint64_t count;              // of runs
};

// db NULL: nothing is stored, which only a process alone can do. Must stay. False with the error
// filled; share_close is needed in any case.
bool share_open(struct share *share, const char *db, const volatile sig_atomic_t *stop,
                struct sim_error *error);
void share_close(struct share *share);

// Is this the process that tells and prints?
static inline bool share_is_first(const struct share *share)
{
    return share->ranks.rank == 0;
}

// Does it store in a database of its own, so that there is something to be merged?
static inline bool share_is_split(const struct share *share)
{
    return share->own != NULL && share->own != share->db;
}

// What a sweep of several looks at, instead of the watch.
struct progress_watch share_watch(struct share *share, const struct progress_watch *watch);

// Marks what other databases have of the sweep, which has been opened on the own one.
bool share_find(struct share *share, struct sweep *sweep, struct sim_error *error);

// Runs the points that this process is given, until there are no more. Rank 0 waits for the others.
bool share_run(struct share *share, struct sweep *sweep, struct sim_error *error);

// Of rank 0, when the own database has been closed: all into the one that was named.
bool share_merge(struct share *share, struct sim_error *error);

#endif
