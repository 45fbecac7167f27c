// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of ranks. MPI is in a module of its own, throttlesim-mpi.so, that only those load
// whom mpirun has started: to load it takes as long as a short run.
#ifndef SIM_RANKS_MESSAGES_H
#define SIM_RANKS_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#define RANK_MESSAGES_ANY (-1) // rank, tag

struct rank_messages {
    // False: not by several threads, or not at all.
    bool (*start)(int *rank, int *size);
    void (*send)(int rank, int tag, uint64_t first, uint64_t second);
    // Takes a message of this rank and tag, or of any, and says whose it was; false: there is none.
    bool (*receive)(int *rank, int *tag, uint64_t numbers[2]);
    void (*finish)(void); // also if it did not start
};

// Of the module.
extern const struct rank_messages rank_messages;

#endif
