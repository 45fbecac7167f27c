// SPDX-License-Identifier: GPL-2.0-or-later
// Requests on their way through throttle and device. They live in slabs: no allocation per request,
// and all that are live can be walked.
//
// Very many may wait, so a request is a line of a cache, 64 bytes, and holds nothing twice. What
// few have is behind it, if the pool says so.
#ifndef SIM_ARRIVALS_REQUEST_POOL_H
#define SIM_ARRIVALS_REQUEST_POOL_H

#include "engine/engine.h"
#include "engine/timer_heap.h"

#include <assert.h>

// What a request's mark says.
enum request_mark {
    REQUEST_WAITS = 1,     // in the throttle
    REQUEST_AT_DEVICE = 2, // it has left the throttle: engine.dispatch_ns
    REQUEST_THROTTLED = 4, // its member is in a group, and its kind is throttled there
    REQUEST_GUESSED = 8,   // recorded_ns is what is usual, and not recorded
    REQUEST_HAS_MORE = 16, // there is a struct request_more behind it
};

// One request. What its member, kind, bytes and times are stands in the engine's part.
struct sim_request {
    struct engine_request engine; // first: an engine's request leads back to it. Its `next` links
                                  // free ones, and those dispatched together
    int64_t recorded_ns;          // total latency that the recording shows, or REQUEST_UNKNOWN
    uint32_t seq_low;             // see sim_request_seq
    union {
        uint32_t number_low; // which of its member's it is, until it is at a device
        struct timer due;    // when that is done with it, among others
    };
};

static_assert(sizeof(struct sim_request) == 64, "a request that waits takes 64 bytes");

// Of arrivals that listen, of a loop that stalls, of an algorithm with notes, of members with
// several throttles.
struct request_more {
    void *origin;    // of the arrivals
    int64_t late_ns; // it came so long before engine.arrival_ns, in a stall of the loop
    int64_t notes[ENGINE_NOTE_COUNT];
    int64_t waits_ns[]; // of the pool's wait_count: by throttle, upwards, and cause
};

#define REQUEST_NOTES_AT (sizeof(struct sim_request) + offsetof(struct request_more, notes))
#define REQUEST_UNKNOWN (-1)                // a latency that is not known
#define REQUEST_SEQ_MAX (UINT64_C(1) << 48) // all that arrive are fewer

static inline bool sim_request_is(const struct sim_request *request, enum request_mark mark)
{
    return (request->engine.mark & mark) != 0;
}

// In order of arrival, over all members, from 0. Its high bits are in the engine's tag.
static inline uint64_t sim_request_seq(const struct sim_request *request)
{
    return (uint64_t)request->engine.tag << 32 | request->seq_low;
}

static inline void sim_request_set_seq(struct sim_request *request, uint64_t seq)
{
    assert(seq < REQUEST_SEQ_MAX);
    request->seq_low = (uint32_t)seq;
    request->engine.tag = (uint16_t)(seq >> 32);
}

// The same of its member's alone, of which so many have arrived; fewer than 2^32 are on their way.
static inline uint64_t sim_request_number(const struct sim_request *request, uint64_t arrived)
{
    return arrived - (uint32_t)((uint32_t)arrived - request->number_low);
}

// Only of one that has more.
static inline struct request_more *sim_request_more(const struct sim_request *request)
{
    return (struct request_more *)(uintptr_t)(request + 1);
}

static inline void *sim_request_origin(const struct sim_request *request)
{
    return sim_request_is(request, REQUEST_HAS_MORE) ? sim_request_more(request)->origin : NULL;
}

static inline int64_t sim_request_late_ns(const struct sim_request *request)
{
    return sim_request_is(request, REQUEST_HAS_MORE) ? sim_request_more(request)->late_ns : 0;
}

// When it came to the throttle, which may have been looked at later.
static inline int64_t sim_request_arrival_ns(const struct sim_request *request)
{
    return request->engine.arrival_ns - sim_request_late_ns(request);
}

struct request_slab;

// All zero is empty.
struct request_pool {
    struct engine_request *free; // given back
    char *fresh;                 // never taken yet, of the first slab: up to its end
    char *fresh_end;
    struct request_slab *slabs;
    uint64_t count;    // in all slabs
    uint64_t max;      // no more than so many, or a few; 0: without bound
    bool has_more;     // its requests do; to be set while it is empty, and so is
    size_t wait_count; // how long they waited for how many causes: there is room for them
};

// As request_pool_take, where nothing has been given back.
struct sim_request *request_pool_take_fresh(struct request_pool *pool);

// A live request, its mark REQUEST_WAITS and whether it has more, its other fields undefined. NULL:
// out of memory, or the bound is reached.
static inline struct sim_request *request_pool_take(struct request_pool *pool)
{
    struct sim_request *request = (struct sim_request *)pool->free;
    if (request == NULL)
        return request_pool_take_fresh(pool);
    pool->free = request->engine.next;
    request->engine.mark = pool->has_more ? REQUEST_WAITS | REQUEST_HAS_MORE : REQUEST_WAITS;
    return request;
}

static inline void request_pool_give(struct request_pool *pool, struct sim_request *request)
{
    request->engine.mark = 0;
    request->engine.next = pool->free;
    pool->free = &request->engine;
}

// Is the bound reached, so that nothing can be taken?
bool request_pool_is_spent(const struct request_pool *pool);

typedef void request_visit(void *context, const struct sim_request *request);

// Calls `each` with every live request, in no particular order.
void request_pool_walk(const struct request_pool *pool, request_visit *each, void *context);

void request_pool_free(struct request_pool *pool);

#endif
