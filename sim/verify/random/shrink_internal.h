// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that shrink share: each pass tries its cuts on the smallest case so far.
#ifndef SIM_VERIFY_RANDOM_SHRINK_INTERNAL_H
#define SIM_VERIFY_RANDOM_SHRINK_INTERNAL_H

#include "sim/verify/random/shrink.h"

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
