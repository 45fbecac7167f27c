// SPDX-License-Identifier: GPL-2.0-or-later
// Requests in flight. They live in slabs: no allocation per request, and all that are live can be
// walked.
#ifndef SIM_REPLAY_REQUEST_POOL_H
#define SIM_REPLAY_REQUEST_POOL_H

#include "engine/engine.h"
#include "reports/recorder.h"

// One request on its way through engine and device.
struct sim_request {
    struct engine_request engine; // first: an engine's request leads back to it
    struct report_request report;
    struct sim_request *next; // free, or dispatched together
    bool is_live;
};

struct request_slab;

struct request_pool {
    struct request_slab *slabs;
    struct sim_request *free;
};

// A live request, its other fields undefined. NULL: out of memory.
struct sim_request *request_pool_take(struct request_pool *pool);
void request_pool_give(struct request_pool *pool, struct sim_request *request);

// Calls `each` with every live request, in no particular order.
void request_pool_walk(struct request_pool *pool, void (*each)(void *context, struct sim_request *),
                       void *context);

void request_pool_free(struct request_pool *pool);

#endif
