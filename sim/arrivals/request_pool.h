// SPDX-License-Identifier: GPL-2.0-or-later
// Requests on their way through throttle and device. They live in slabs: no allocation per request,
// and all that are live can be walked.
#ifndef SIM_ARRIVALS_REQUEST_POOL_H
#define SIM_ARRIVALS_REQUEST_POOL_H

#include "engine/engine.h"
#include "engine/timer_heap.h"

enum request_state {
    REQUEST_FREE,
    REQUEST_WAITS,     // in the throttle
    REQUEST_AT_DEVICE, // it has left the throttle: engine.dispatch_ns
};

// One request. What its member, kind, bytes and times are stands in the engine's part.
struct sim_request {
    struct engine_request engine; // first: an engine's request leads back to it. Its `next` links
                                  // free ones, and those dispatched together
    uint64_t seq;                 // in order of arrival, over all members, from 0
    uint64_t number;              // the same, of its member alone
    void *origin;                 // of the arrivals that listen
    int64_t late_ns;     // it came so long before engine.arrival_ns, in a stall of the loop
    int64_t recorded_ns; // total latency that the recording shows, or REQUEST_UNKNOWN
    struct timer due;    // when a device is done with it, among others
    bool throttled;      // its member is in a group, and its kind is throttled there
    bool guessed;        // recorded_ns is what is usual, and not recorded
    uint8_t state;       // enum request_state
};

#define REQUEST_UNKNOWN (-1) // a latency that is not known

// When it came to the throttle, which may have been looked at later.
static inline int64_t sim_request_arrival_ns(const struct sim_request *request)
{
    return request->engine.arrival_ns - request->late_ns;
}

struct request_slab;

// All zero is empty.
struct request_pool {
    struct request_slab *slabs;
    struct sim_request *free;
    uint64_t count; // in all slabs
    uint64_t max;   // no more than so many, or a few; 0: without bound
};

// A live request, its other fields undefined. NULL: out of memory, or the bound is reached.
struct sim_request *request_pool_take(struct request_pool *pool);
void request_pool_give(struct request_pool *pool, struct sim_request *request);

// Is the bound reached, so that nothing can be taken?
bool request_pool_is_spent(const struct request_pool *pool);

typedef void request_visit(void *context, const struct sim_request *request);

// Calls `each` with every live request, in no particular order.
void request_pool_walk(const struct request_pool *pool, request_visit *each, void *context);

void request_pool_free(struct request_pool *pool);

#endif
