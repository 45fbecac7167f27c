// SPDX-License-Identifier: GPL-2.0-or-later
// Arrivals that a thread of its own reads, some thousand ahead of the replay that takes them: they
// are the same, and so is where an error stands among them.
#ifndef SIM_ARRIVALS_AHEAD_H
#define SIM_ARRIVALS_AHEAD_H

#include "sim/arrivals/arrivals.h"

struct ahead;

struct ahead_config {
    struct arrivals *from; // without answers: theirs
    bool has_thread;       // otherwise each is read when it is taken
    int64_t until_ns;      // what is beyond the first later one is read when it is taken
    // Completes an arrival that was read. False with the error filled. NULL: it is complete.
    bool (*complete)(void *context, struct arrival *arrival, struct sim_error *error);
    // How much has been read, as struct progress_state has it.
    double (*share)(const void *context);
    void *context; // used by one thread at a time
};

// NULL with the error filled. What it is given must stay, and is its own until ahead_stop.
struct ahead *ahead_open(const struct ahead_config *config, struct sim_error *error);
void ahead_close(struct ahead *ahead); // NULL is allowed

// The thread ends, if there is one; no more arrivals are taken then.
void ahead_stop(struct ahead *ahead);

struct arrivals *ahead_arrivals(struct ahead *ahead);

// How much had been read when the latest arrivals were.
double ahead_share(struct ahead *ahead);

// In between, nothing is read: what the context holds may be looked at. NULL is allowed.
void ahead_lock(struct ahead *ahead);
void ahead_unlock(struct ahead *ahead);

#endif
