// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/event_heap.h"

#include <assert.h>
#include <stdlib.h>

#define ARITY 4

static bool is_before(const struct event_heap_entry *a, const struct event_heap_entry *b)
{
    return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->order < b->order);
}

bool event_heap_push(struct event_heap *heap, int64_t time_ns, uint64_t order, void *item)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity == 0 ? 64 : 2 * heap->capacity;
        struct event_heap_entry *entries = realloc(heap->entries, capacity * sizeof *entries);
        if (entries == NULL)
            return false;
        heap->entries = entries;
        heap->capacity = capacity;
    }
    struct event_heap_entry entry = {time_ns, order, item};
    size_t hole = heap->count++;
    while (hole > 0 && is_before(&entry, &heap->entries[(hole - 1) / ARITY])) {
        heap->entries[hole] = heap->entries[(hole - 1) / ARITY];
        hole = (hole - 1) / ARITY;
    }
    heap->entries[hole] = entry;
    return true;
}

// Puts an entry in at the root, whose place is free.
static void settle(struct event_heap *heap, struct event_heap_entry entry)
{
    size_t hole = 0, least;
    for (size_t first; (first = hole * ARITY + 1) < heap->count; hole = least) {
        least = first;
        for (size_t i = first + 1; i < first + ARITY && i < heap->count; i++) {
            if (is_before(&heap->entries[i], &heap->entries[least]))
                least = i;
        }
        if (!is_before(&heap->entries[least], &entry))
            break;
        heap->entries[hole] = heap->entries[least];
    }
    heap->entries[hole] = entry;
}

void *event_heap_pop(struct event_heap *heap)
{
    assert(heap->count > 0);
    void *item = heap->entries[0].item;
    struct event_heap_entry last = heap->entries[--heap->count];
    if (heap->count > 0)
        settle(heap, last);
    return item;
}

void event_heap_postpone(struct event_heap *heap, int64_t time_ns)
{
    heap->entries[0].time_ns = time_ns;
    // Alone, or still before its children, it stays where it is: mostly so.
    for (size_t i = 1; i <= ARITY && i < heap->count; i++) {
        if (is_before(&heap->entries[i], &heap->entries[0])) {
            settle(heap, heap->entries[0]);
            return;
        }
    }
}

void event_heap_free(struct event_heap *heap)
{
    free(heap->entries);
    *heap = (struct event_heap){0};
}
