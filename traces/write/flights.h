// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that are under way, for the formats that write what happens in order of time: each
// leaves when it completes, and those that complete together in the order in which they came.
#ifndef TRACES_WRITE_FLIGHTS_H
#define TRACES_WRITE_FLIGHTS_H

#include "traces/heap.h"
#include "traces/trace.h"

// As many as a reader of block events keeps (blktrace/fragments.h): 16 MiB at most.
#define WRITE_FLIGHTS_MAX (1 << 18)

struct write_flight {
    int64_t end_ns;
    uint64_t sequence;
    struct trace_request request;
};

// All zero is empty.
struct write_flights {
    struct trace_heap heap; // the next to complete first
    uint64_t pushed;
};

static inline bool write_flights_full(const struct write_flights *flights)
{
    return flights->heap.count == WRITE_FLIGHTS_MAX;
}

// Of a request that completes at end_ns; there is room. False: out of memory.
bool write_flights_push(struct write_flights *flights, const struct trace_request *request,
                        int64_t end_ns);

// The next that completes at this time or before. False: there is none.
bool write_flights_pop(struct write_flights *flights, int64_t until_ns,
                       struct trace_request *request);

void write_flights_free(struct write_flights *flights);

struct write_context;
struct trace_error;

// A request goes through the `stage` function of the format, after all that completes up to its
// arrival. False: error filled.
bool write_flights_put(struct write_context *context, const struct trace_request *request,
                       struct trace_error *error);

// All that is under way completes.
void write_flights_finish(struct write_context *context);

#endif
