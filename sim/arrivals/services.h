// SPDX-License-Identifier: GPL-2.0-or-later
// How long requests take of which a recording does not say it: the median of their kind, or, where
// nothing else of their kind is known, of all of the member's. Source: docs/model.md.
#ifndef SIM_ARRIVALS_SERVICES_H
#define SIM_ARRIVALS_SERVICES_H

#include "sim/scenario/scenario.h"

struct services_of_member;

// All zero is empty.
struct services {
    struct services_of_member *members;
    size_t count;
};

// False: out of memory; services_close is needed in any case.
bool services_open(struct services *services, size_t member_count);
void services_close(struct services *services);

// One whose latency is known. False: out of memory.
bool services_learn(struct services *services, uint32_t member,
                    const struct trace_request *request);

// All has been learned.
void services_conclude(struct services *services);

// TRACE_LATENCY_UNKNOWN: of the member nothing is known.
int64_t services_find(const struct services *services, uint32_t member,
                      const struct trace_request *request);

#endif
