// SPDX-License-Identifier: GPL-2.0-or-later
// A bounded window that puts requests into order of arrival: requests in, in the order of the file;
// requests out, by (arrival, order of the file).
//
// The window holds at most TRACE_REORDER_MAX requests, so a request comes out right if fewer than
// that many others lie between its place in the file and its place in time. One that comes later
// than that is let out next, at the arrival of the one before it, and counted: times never
// decrease.
//
// Requests in order cost a copy into a ring and one out of it. Those that come after a later one go
// back to their place in it, or if that is far, into a heap.
#ifndef TRACES_REORDER_H
#define TRACES_REORDER_H

#include "traces/heap.h"
#include "traces/notices.h"

#define TRACE_REORDER_MAX 65536

struct trace_reorder_entry {
    struct trace_request request;
    uint64_t sequence; // order of the file, which decides between equal arrivals
};

struct trace_reorder {
    struct trace_reorder_entry *ring; // in order, from ring_first
    struct trace_heap heap;           // of those that came much too late for it
    size_t ring_first;
    size_t ring_count;
    size_t capacity;    // of ring and heap together, a power of two
    uint64_t pushed;    // the sequence of the next, which may be set to a higher one
    int64_t last_ns;    // arrival of the last request let out
    uint64_t displaced; // pushed after a later one
    uint64_t late;      // of these, too late for the window
    int64_t late_ns;    // the most that one of these was moved
};

// fills: there is room for all from the start, 8 MiB; otherwise it has to grow. False: out of
// memory, error filled.
bool trace_reorder_init(struct trace_reorder *reorder, bool fills, struct trace_error *error);

// No room, but not full. Only as long as none has been let out.
static inline bool trace_reorder_must_grow(const struct trace_reorder *reorder)
{
    return reorder->ring_count + reorder->heap.count == reorder->capacity &&
           reorder->capacity < TRACE_REORDER_MAX;
}
bool trace_reorder_grow(struct trace_reorder *reorder, struct trace_error *error);

// Allowed on a zeroed one.
void trace_reorder_free(struct trace_reorder *reorder);

// Full: let one out before the next comes in.
static inline bool trace_reorder_full(const struct trace_reorder *reorder)
{
    return reorder->ring_count + reorder->heap.count == TRACE_REORDER_MAX;
}

static inline struct trace_reorder_entry *trace_reorder_at(const struct trace_reorder *reorder,
                                                           size_t i)
{
    return &reorder->ring[(reorder->ring_first + i) & (TRACE_REORDER_MAX - 1)];
}

// Where to make the next that is pushed. Not when full, or to grow.
static inline struct trace_request *trace_reorder_room(const struct trace_reorder *reorder)
{
    return &trace_reorder_at(reorder, reorder->ring_count)->request;
}

void trace_reorder_displace(struct trace_reorder *reorder);

// What was made there is pushed. Arrivals may be anything, also negative.
static inline void trace_reorder_push_made(struct trace_reorder *reorder)
{
    struct trace_reorder_entry *entry = trace_reorder_at(reorder, reorder->ring_count);
    entry->sequence = reorder->pushed++;
    if (reorder->ring_count > 0 &&
        entry->request.arrival_ns <
            trace_reorder_at(reorder, reorder->ring_count - 1)->request.arrival_ns)
        trace_reorder_displace(reorder);
    else
        reorder->ring_count++;
}

static inline void trace_reorder_push(struct trace_reorder *reorder,
                                      const struct trace_request *request)
{
    *trace_reorder_room(reorder) = *request;
    trace_reorder_push_made(reorder);
}

bool trace_reorder_pop_any(struct trace_reorder *reorder, struct trace_request *request);

// The earliest in the window; false: it is empty. For the right order, only when it is full or
// nothing more will come.
static inline bool trace_reorder_pop(struct trace_reorder *reorder, struct trace_request *request)
{
    const struct trace_request *first = &trace_reorder_at(reorder, 0)->request;
    if (reorder->heap.count > 0 || reorder->ring_count == 0 || first->arrival_ns < reorder->last_ns)
        return trace_reorder_pop_any(reorder, request);
    *request = *first;
    reorder->last_ns = first->arrival_ns;
    reorder->ring_first++;
    reorder->ring_count--;
    return true;
}

// The requests of a window from which none was taken yet, in the order of the file, which take the
// place of the ring: afterwards only trace_reorder_free is allowed.
const struct trace_reorder_entry *trace_reorder_unsort(struct trace_reorder *reorder,
                                                       size_t *count);

// Does one of the last quarter of such a window, in the order of the file, belong before one of the
// first? Then others may come too late. Not if it is empty.
bool trace_reorder_is_far_off(const struct trace_reorder *reorder);

// The notice `too-late`. That requests were displaced at all is for the format to report: to some
// it is normal.
void trace_reorder_report(const struct trace_reorder *reorder, struct trace_notices *notices,
                          const char *source);

#endif
