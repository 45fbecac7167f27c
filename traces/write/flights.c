// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/write/flights.h"

#include "traces/write/write_format.h"

static bool is_before(const void *left, const void *right)
{
    const struct write_flight *a = left;
    const struct write_flight *b = right;
    return a->end_ns != b->end_ns ? a->end_ns < b->end_ns : a->sequence < b->sequence;
}

static const struct trace_heap_kind by_end = {sizeof(struct write_flight), is_before};

void write_flights_free(struct write_flights *flights)
{
    trace_heap_free(&flights->heap);
}

bool write_flights_push(struct write_flights *flights, const struct trace_request *request,
                        int64_t end_ns)
{
    struct write_flight flight = {end_ns, flights->pushed++, *request};
    return trace_heap_push(&flights->heap, &by_end, &flight);
}

bool write_flights_pop(struct write_flights *flights, int64_t until_ns,
                       struct trace_request *request)
{
    const struct write_flight *first = flights->heap.entries;
    if (flights->heap.count == 0 || first->end_ns > until_ns)
        return false;
    *request = first->request;
    trace_heap_pop(&flights->heap, &by_end);
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
