// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/heap.h"

#include <stdlib.h>

static bool is_before(const struct synth_event *a, const struct synth_event *b)
{
    if (a->clock.time_ns != b->clock.time_ns)
        return a->clock.time_ns < b->clock.time_ns;
    return a->order < b->order;
}

bool synth_heap_push(struct synth_heap *heap, const struct synth_event *event)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity == 0 ? 4 : 2 * heap->capacity;
        struct synth_event *events = realloc(heap->events, capacity * sizeof *events);
        if (events == NULL)
            return false;
        heap->events = events;
        heap->capacity = capacity;
    }
    size_t at = heap->count++;
    for (; at > 0 && is_before(event, &heap->events[(at - 1) / 2]); at = (at - 1) / 2)
        heap->events[at] = heap->events[(at - 1) / 2];
    heap->events[at] = *event;
    return true;
}

void synth_heap_settle(struct synth_heap *heap)
{
    struct synth_event *events = heap->events;
    struct synth_event moved = events[0];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && is_before(&events[child + 1], &events[child]))
            child++;
        if (!is_before(&events[child], &moved))
            break;
        events[at] = events[child];
    }
    events[at] = moved;
}

void synth_heap_pop(struct synth_heap *heap)
{
    heap->events[0] = heap->events[--heap->count];
    if (heap->count > 0)
        synth_heap_settle(heap);
}

void synth_heap_free(struct synth_heap *heap)
{
    free(heap->events);
    *heap = (struct synth_heap){0};
}
