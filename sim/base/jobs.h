// SPDX-License-Identifier: GPL-2.0-or-later
// Pieces of work, several at a time. Threads take them in order, so that what comes of them does
// not depend on how many threads there are.
#ifndef SIM_BASE_JOBS_H
#define SIM_BASE_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#define JOBS_MAX 256

struct jobs {
    uint64_t count;   // of the pieces
    unsigned threads; // at most JOBS_MAX
    // Does one, in any thread. False: none is begun any more.
    bool (*work)(void *context, uint64_t index);
    // Now and then, in the caller's thread. done: pieces.
    void (*tell)(void *context, uint64_t done);
    void *context;
};

// Returns when all that was begun is done. Signals are for the caller's thread.
void jobs_run(const struct jobs *jobs);

#endif
