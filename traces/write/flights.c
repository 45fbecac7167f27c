// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/write/flights.h"

#include "traces/write/write_format.h"

#include <assert.h>
#include <stdlib.h>

#define FLIGHTS_FIRST 64

void write_flights_free(struct write_flights *flights)
{
    free(flights->heap);
    *flights = (struct write_flights){0};
}

static bool reserve(struct write_flights *flights)
{
    if (flights->count < flights->capacity)
        return true;
    size_t capacity = flights->capacity == 0 ? FLIGHTS_FIRST : flights->capacity * 2;
    struct write_flight *heap = realloc(flights->heap, capacity * sizeof *heap);
    if (heap == NULL)
        return false;
    flights->heap = heap;
    flights->capacity = capacity;
    return true;
}

static bool is_before(const struct write_flight *a, const struct write_flight *b)
{
    return a->end_ns != b->end_ns ? a->end_ns < b->end_ns : a->sequence < b->sequence;
}

bool write_flights_push(struct write_flights *flights, const struct trace_request *request,
                        int64_t end_ns)
{
    struct write_flight flight = {end_ns, flights->pushed++, *request};
    assert(!write_flights_full(flights));
    if (!reserve(flights))
        return false;
    size_t at = flights->count++;
    while (at > 0 && is_before(&flight, &flights->heap[(at - 1) / 2])) {
        flights->heap[at] = flights->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    flights->heap[at] = flight;
    return true;
}

bool write_flights_pop(struct write_flights *flights, int64_t until_ns,
                       struct trace_request *request)
{
    struct write_flight *heap = flights->heap;
    if (flights->count == 0 || heap[0].end_ns > until_ns)
        return false;
    *request = heap[0].request;
    const struct write_flight last = heap[--flights->count];
    size_t at = 0;
    for (size_t child = 1; child < flights->count; child = 2 * at + 1) {
        if (child + 1 < flights->count && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return true;
}

static void complete(struct write_context *context, int64_t until_ns)
{
    struct trace_request request;
    while (write_flights_pop(&context->flights, until_ns, &request))
        context->format->stage(context, &request, WRITE_COMPLETION);
}

bool write_flights_put(struct write_context *context, const struct trace_request *request,
                       struct trace_error *error)
{
    struct trace_request kept = *request;
    complete(context, request->arrival_ns);
    bool known = request->latency_ns != TRACE_LATENCY_UNKNOWN;
    if (known && write_flights_full(&context->flights)) {
        kept.latency_ns = TRACE_LATENCY_UNKNOWN;
        context->losses.latency_lost++;
        known = false;
    }
    context->format->stage(context, &kept, WRITE_ARRIVAL);
    if (!known ||
        write_flights_push(&context->flights, &kept, request->arrival_ns + request->latency_ns))
        return true;
    trace_error_set(error, "%s: out of memory while writing a trace", context->output.path);
    return false;
}

void write_flights_finish(struct write_context *context)
{
    complete(context, INT64_MAX);
}
