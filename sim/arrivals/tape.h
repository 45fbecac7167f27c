// SPDX-License-Identifier: GPL-2.0-or-later
// Arrivals kept, to be read again by any number of replays at once: 20 bytes each, in memory, and
// from a certain size on in a temporary file. What is rare costs more: 32 bytes besides, where a
// time or a place does not fit.
#ifndef SIM_ARRIVALS_TAPE_H
#define SIM_ARRIVALS_TAPE_H

#include "reports/spill.h"
#include "sim/arrivals/arrivals.h"
#include "sim/arrivals/streams.h"

struct tape_item;
struct tape_rare;

// Whose a request is. There are few that differ.
struct tape_sender {
    uint32_t member, source, volume, stream, also;
    struct stream_who who; // if its arrivals answer
};

// All zero is empty.
struct tape {
    struct tape_item **blocks;   // of as many items each
    struct report_spill *spills; // by block: where it lies if that is no memory
    size_t block_count;
    struct tape_rare *rare;
    uint32_t rare_count, rare_capacity;
    struct tape_sender *senders;
    uint32_t sender_count, sender_capacity;
    uint32_t latest;  // number of the sender that was found last
    uint32_t *places; // of the senders, by hash; 0: none, else 1 + its number
    uint32_t place_count;
    uint64_t count; // arrivals
    uint64_t first; // number of the first
    int64_t last_ns;
};

// Adds one, not before the one before it. False with the error filled; tape_free is needed in any
// case.
bool tape_add(struct tape *tape, const struct arrival *arrival, struct sim_error *error);
void tape_free(struct tape *tape);
// Empty again; its memory is kept.
void tape_restart(struct tape *tape);

// Bytes that it takes, in memory or in a file.
uint64_t tape_size(const struct tape *tape);

// Of all that it holds, in its order.
uint64_t tape_checksum(const struct tape *tape);

// One reading. `arrivals` is to be given on; the tape must stay, and may no longer change.
struct tape_reader {
    struct arrivals arrivals; // first: they lead back to it
    const struct tape *tape;
    uint64_t next; // the number of the one behind arrivals.next
    struct arrival arrival;
};

void tape_start(struct tape_reader *reader, const struct tape *tape);

#endif
