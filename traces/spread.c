// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/spread.h"

#include "traces/bit_mix.h"

#include <assert.h>
#include <stdlib.h>

bool trace_spread_init(struct trace_spread *spread, int64_t period_ns, struct trace_error *error)
{
    *spread = (struct trace_spread){.period_ns = period_ns};
    spread->held = malloc(TRACE_SPREAD_MAX * sizeof *spread->held);
    if (spread->held == NULL)
        trace_error_no_memory(error);
    return spread->held != NULL;
}

void trace_spread_free(struct trace_spread *spread)
{
    free(spread->held);
    *spread = (struct trace_spread){0};
}

// SplitMix64.
static uint64_t draw(struct trace_spread *spread)
{
    return trace_mix(spread->random += TRACE_MIX_STEP);
}

// Gives the held requests their times between start and end.
static void close_period(struct trace_spread *spread, int64_t end_ns)
{
    uint64_t length_ns = (uint64_t)(end_ns - spread->start_ns);
    uint64_t from_ns = 0;
    // A period is at most a second and the count at most 2^18, so the products are below 2^48.
    for (size_t i = 0; i < spread->count; i++) {
        uint64_t to_ns = length_ns * (i + 1) / spread->count;
        uint64_t drawn = draw(spread);
        uint64_t within_ns = to_ns > from_ns ? drawn % (to_ns - from_ns) : 0;
        spread->held[i].arrival_ns = spread->start_ns + (int64_t)(from_ns + within_ns);
        from_ns = to_ns;
    }
    spread->start_ns = end_ns;
    spread->next = 0;
    spread->closed = true;
}

static void begin_period(struct trace_spread *spread, const struct trace_request *request)
{
    int64_t period_ns = spread->period_ns;
    spread->start_ns = request->arrival_ns - request->arrival_ns % period_ns;
    spread->period_start_ns = spread->start_ns;
    spread->end_ns =
        spread->start_ns <= INT64_MAX - period_ns ? spread->start_ns + period_ns : INT64_MAX;
    spread->random = (uint64_t)(spread->start_ns / period_ns);
}

void trace_spread_push(struct trace_spread *spread, const struct trace_request *request)
{
    assert(!spread->closed && request->arrival_ns >= 0);
    bool same = spread->end_ns > 0 && request->arrival_ns >= spread->period_start_ns &&
                request->arrival_ns - spread->period_start_ns < spread->period_ns;
    if (!same && spread->count > 0) {
        spread->following = *request;
        spread->has_following = true;
        close_period(spread, spread->end_ns);
        return;
    }
    if (!same)
        begin_period(spread, request);
    spread->held[spread->count++] = *request;
    if (spread->count == TRACE_SPREAD_MAX)
        close_period(spread, spread->start_ns + (spread->end_ns - spread->start_ns) / 2);
}

void trace_spread_finish(struct trace_spread *spread)
{
    if (!spread->closed)
        close_period(spread, spread->end_ns);
}

bool trace_spread_pop(struct trace_spread *spread, struct trace_request *request)
{
    if (!spread->closed)
        return false;
    if (spread->next < spread->count) {
        *request = spread->held[spread->next++];
        return true;
    }
    spread->count = 0;
    spread->closed = false;
    if (spread->has_following) {
        spread->has_following = false;
        begin_period(spread, &spread->following);
        spread->held[spread->count++] = spread->following;
    }
    return false;
}
