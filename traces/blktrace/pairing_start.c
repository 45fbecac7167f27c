// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that were in flight when the recording began show as completions of what nobody asked
// for. They are known before any other request is handed out, and go before all of them.
#include "traces/blktrace/blktrace_pair.h"

#include <stdlib.h>

#define STARTED_MAX 1024U // more than any device takes at once

void blktrace_started_free(struct blktrace_started *started)
{
    free(started->items);
    started->items = NULL;
}

bool blktrace_pairing_unasked(struct blktrace_pairing *pairing,
                              const struct blktrace_record *record, uint32_t volume, bool whole)
{
    struct blktrace_started *started = &pairing->started;
    pairing->no_arrival++;
    // Where records are missing, it may be an arrival that is.
    if (!started->is_open || !whole || pairing->lossy || pairing->suspect > 0 || record->after_gap)
        return true;
    if (started->count == STARTED_MAX) {
        started->is_open = false;
        started->count = 0;
        return true;
    }
    if (started->items == NULL)
        started->items = malloc(STARTED_MAX * sizeof *started->items);
    if (started->items == NULL)
        return false;
    started->items[started->count++] = (struct blktrace_started_request){
        .end_ns = (int64_t)record->time_ns,
        .offset = record->offset,
        .bytes = record->bytes,
        .volume = volume,
        .op = blktrace_record_op(record),
    };
    return true;
}

// So many of a recording's requests may have been in flight when it began.
static bool is_plausible(const struct blktrace_pairing *pairing)
{
    return pairing->started.count <= pairing->requests;
}

bool blktrace_started_take(struct blktrace_pairing *pairing, struct trace_request *request)
{
    struct blktrace_started *started = &pairing->started;
    while (started->next < started->count && is_plausible(pairing)) {
        const struct blktrace_started_request *first = &started->items[started->next++];
        const struct blktrace_volume *volume = &pairing->volumes[first->volume];
        if (volume->is_below || !volume->arrives)
            continue;
        *request = (struct trace_request){
            .arrival_ns = started->origin_ns,
            .latency_ns = first->end_ns - started->origin_ns,
            .offset = first->offset,
            .bytes = first->bytes,
            .volume = first->volume,
            .op = first->op,
        };
        started->taken++;
        pairing->no_arrival--;
        return true;
    }
    started->is_open = false;
    blktrace_started_free(started);
    return false;
}
