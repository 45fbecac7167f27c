// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that make and check random cases share.
#ifndef SIM_VERIFY_RANDOM_RANDOM_CASE_INTERNAL_H
#define SIM_VERIFY_RANDOM_RANDOM_CASE_INTERNAL_H

#include "sim/verify/random/random_case.h"
#include "sim/verify/random/random_limits.h"

// What operations have made of the groups so far.
struct random_state {
    struct engine_parameters limits[RANDOM_CASE_GROUPS_MAX]; // in force; missing: initial
    struct random_group groups[RANDOM_CASE_MEMBERS_MAX];     // where the members are
};

void random_state_begin(struct random_state *state, const struct random_case *random_case);

// False, and nothing changes: the operation would be refused, or is not one that a case may have.
bool random_state_apply(struct random_state *state, const struct random_case *random_case,
                        const struct random_event *operation);

// Is RANDOM_CASE_WAIT_MAX_NS kept even if all requests are accounted at once and then leak at the
// slowest rate that comes up?
bool random_case_waits_are_bounded(const struct random_case *random_case);

#define RANDOM_REQUESTS_MAX 250

// Into events that have room for so many: first the requests, then operations between them.
void random_requests_draw(gsl_rng *rng, struct random_case *random_case);

#endif
