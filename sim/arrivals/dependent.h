// SPDX-License-Identifier: GPL-2.0-or-later
// Arrivals that answer: what a recording shows of who waits for whom is kept, not its times.
//
// With nothing that delays them, and completions as recorded, they are the recorded ones, bit for
// bit. Source: docs/model.md.
#ifndef SIM_ARRIVALS_DEPENDENT_H
#define SIM_ARRIVALS_DEPENDENT_H

#include "sim/arrivals/arrivals.h"
#include "sim/arrivals/conditions.h"
#include "sim/arrivals/services.h"
#include "sim/arrivals/streams.h"

struct dependent;

struct dependent_config {
    struct arrivals *recorded;       // in order, from its start; whose they are is known
    const struct streams *streams;   // concluded
    const struct services *services; // likewise
    conditions_other *other;
    void *context;
};

// NULL: out of memory. What it is given must stay.
struct dependent *dependent_open(const struct dependent_config *config);
void dependent_close(struct dependent *dependent); // NULL is allowed

// Requests of the stream that would have come after its lifetime, or were called by such.
uint64_t dependent_dropped(const struct dependent *dependent, uint32_t stream);

// Requests of the stream whose completions are not recorded, and which take what is usual.
uint64_t dependent_guessed(const struct dependent *dependent, uint32_t stream);

// Which request of the recordings it is, from 0, in their order; origin: the arrival's.
uint64_t dependent_place(const void *origin);

// How much later than recorded a request came, at most.
int64_t dependent_late_ns(const struct dependent *dependent);

// Requests that it holds in memory.
uint64_t dependent_held(const struct dependent *dependent);

struct arrivals *dependent_arrivals(struct dependent *dependent);

#endif
