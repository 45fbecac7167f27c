// SPDX-License-Identifier: GPL-2.0-or-later
// Spreads requests that were recorded with whole seconds (or another coarse unit) within them.
//
// A second with n requests is cut into n equal slots; the k-th request arrives in the k-th slot, at
// a place in it drawn from a generator that is seeded with the second. So the order stays, the rate
// within a second is even but not in step with anything, and a request's time depends on nothing
// outside its second: not on where the reading began, nor on the volumes selected.
//
// The requests of one second are held, up to TRACE_SPREAD_MAX. Of a second with more, those held go
// into the first half of it, and the rest of it is treated in the same way.
#ifndef TRACES_SPREAD_H
#define TRACES_SPREAD_H

#include "traces/notices.h"

#define TRACE_SPREAD_MAX (1 << 18)

struct trace_spread {
    struct trace_request *held;
    size_t count;
    size_t next;       // of those held, to be let out
    bool closed;       // the held ones have their times
    int64_t period_ns; // the coarse unit
    int64_t period_start_ns;
    int64_t start_ns; // of what is left of the period
    int64_t end_ns;
    uint64_t random;
    struct trace_request following; // the first of the next period
    bool has_following;
};

// False: out of memory, error filled. The memory, 10 MiB, is touched only as far as it is used.
bool trace_spread_init(struct trace_spread *spread, int64_t period_ns, struct trace_error *error);

// Allowed on a zeroed one.
void trace_spread_free(struct trace_spread *spread);

// In order of arrival, which is not negative; only after trace_spread_pop said false.
void trace_spread_push(struct trace_spread *spread, const struct trace_request *request);

// Nothing more comes.
void trace_spread_finish(struct trace_spread *spread);

// False: it needs more requests, or after trace_spread_finish: there are none left.
bool trace_spread_pop(struct trace_spread *spread, struct trace_request *request);

#endif
