// SPDX-License-Identifier: GPL-2.0-or-later
// A failing random case made small: fewer events, members, groups and limits, rounder numbers, as
// long as it still fails.
//
// Asking whether a case fails is what costs, so big cuts come first, and no case is asked about
// twice. What comes out fails, and if the calls suffice, it stops failing (or being valid) when any
// one event is taken out.
#ifndef SIM_VERIFY_RANDOM_SHRINK_H
#define SIM_VERIFY_RANDOM_SHRINK_H

#include "sim/verify/random/random_case.h"

// The same case gives the same answer. Only valid cases are asked about.
typedef bool shrink_fails(void *context, const struct random_case *random_case);

// The smallest that was found with at most so many calls of `fails`; the original, which is not
// asked about, must fail. NULL: out of memory. To be freed by random_case_free.
struct random_case *shrink_case(const struct random_case *original, shrink_fails *fails,
                                void *context, unsigned call_max);

// What the files that shrink share: each pass tries its cuts on the smallest case so far.

struct shrink {
    struct random_case *best; // the smallest that fails
    shrink_fails *fails;
    void *context;
    uint64_t *asked; // hashes of the cases that were asked about
    size_t asked_count;
    unsigned call_max;
    bool is_over; // no call is left, or no memory
};

// A copy of the best, to be cut and offered. NULL: it is over.
struct random_case *shrink_candidate(struct shrink *shrink);

// Takes the candidate: it is the best now if it is valid and fails (true), or is freed.
bool shrink_offer(struct shrink *shrink, struct random_case *candidate);

// Each is true if it has made the case smaller.
typedef bool shrink_pass(struct shrink *shrink);
shrink_pass shrink_events;
shrink_pass shrink_members;
shrink_pass shrink_groups;
shrink_pass shrink_limits;
shrink_pass shrink_sizes;
shrink_pass shrink_times;

#endif
