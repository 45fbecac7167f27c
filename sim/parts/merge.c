// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/parts/merge.h"

// All recorded traces count from the earliest of their origins.
static void set_origins(struct merge *merge)
{
    int64_t earliest_ns = INT64_MAX;
    for (size_t i = 0; i < merge->count; i++) {
        const struct trace *trace = merge->streams[i].trace;
        if (!trace_times_are_absolute(trace) && trace_origin_ns(trace) < earliest_ns)
            earliest_ns = trace_origin_ns(trace);
    }
    for (size_t i = 0; i < merge->count; i++) {
        struct cut_stream *stream = &merge->streams[i];
        stream->origin_ns = trace_times_are_absolute(stream->trace) ? 0 : earliest_ns;
    }
}

static bool advance(struct merge *merge, size_t index, bool *more, struct sim_error *error)
{
    bool accepted = false;
    do {
        if (!cut_advance(&merge->streams[index], more, error))
            return false;
        accepted = !*more || merge->accept == NULL;
        if (!accepted && !merge->accept(merge->context, index, &accepted, error))
            return false;
    } while (!accepted);
    return true;
}

bool merge_start(struct merge *merge, struct sim_error *error)
{
    set_origins(merge);
    for (size_t i = 0; i < merge->count; i++) {
        struct cut_stream *stream = &merge->streams[i];
        bool more;
        if (!advance(merge, i, &more, error))
            return false;
        if (more && !event_heap_push(&merge->heap, stream->next_ns, i, stream))
            return sim_fail_memory(error);
    }
    return true;
}

void merge_free(struct merge *merge)
{
    event_heap_free(&merge->heap);
}

size_t merge_next(const struct merge *merge)
{
    if (merge->heap.count == 0)
        return merge->count;
    const struct cut_stream *stream = merge->heap.entries[0].item;
    return (size_t)(stream - merge->streams);
}

bool merge_advance(struct merge *merge, struct sim_error *error)
{
    size_t index = merge_next(merge);
    bool more;
    if (!advance(merge, index, &more, error))
        return false;
    if (more)
        event_heap_postpone(&merge->heap, merge->streams[index].next_ns);
    else
        event_heap_pop(&merge->heap);
    return true;
}

void merge_progress(const struct merge *merge, uint64_t *consumed, uint64_t *total)
{
    *consumed = *total = 0;
    for (size_t i = 0; i < merge->count; i++) {
        uint64_t stream_consumed, stream_total;
        trace_progress(merge->streams[i].trace, &stream_consumed, &stream_total);
        *consumed += stream_consumed;
        *total += stream_total;
    }
}
