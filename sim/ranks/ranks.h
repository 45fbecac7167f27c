// SPDX-License-Identifier: GPL-2.0-or-later
// Several processes, the ranks, that mpirun has started to do one piece of work together: who does
// which part of it.
//
// A process that mpirun has not started is rank 0 of 1, for which MPI is never loaded. The
// parts are handed out by a thread of rank 0, which works like the others. A rank that dies (under
// mpirun --enable-recovery; otherwise mpirun ends all) is missed after RANKS_SILENCE_S, and what it
// had been given is not given to another.
#ifndef SIM_RANKS_RANKS_H
#define SIM_RANKS_RANKS_H

#include "sim/base/error.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define RANKS_SILENCE_S 10.0 // they tell every second that they live

struct rank_messages;

struct ranks {
    int rank;
    int size;                             // 1: alone
    const struct rank_messages *messages; // NULL: alone
    // Of what follows.
    pthread_mutex_t lock;
    bool is_shared; // the parts are known
    bool is_ending; // nothing is handed out any more
    uint64_t next;  // part to be handed out, and where they end: of rank 0
    uint64_t end;
    double *heard_s; // by rank, when last; INFINITY: it has said that it is done
    pthread_t thread;
    bool has_thread;
};

// False with the error filled: mpirun has started us, but there is no MPI, or no memory. Needs
// ranks_close in any case.
bool ranks_open(struct ranks *ranks, struct sim_error *error);

// There are so many parts; rank 0 says so, the others wait for it in ranks_claim.
void ranks_share(struct ranks *ranks, uint64_t count);

// The next part, or up to `most` together: [*from, *to). False: there is none.
bool ranks_claim(struct ranks *ranks, uint64_t most, uint64_t *from, uint64_t *to);

// How many parts have been handed out; of rank 0.
uint64_t ranks_claimed(struct ranks *ranks);

// This rank is done. Rank 0 waits for the others, until they are done or silent, or *stop becomes
// non-zero. Behind this none of the other functions may be called.
void ranks_close(struct ranks *ranks, const volatile sig_atomic_t *stop);

#endif
