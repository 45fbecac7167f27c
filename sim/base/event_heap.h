// SPDX-License-Identifier: GPL-2.0-or-later
// Things in order of time, then of a number of the caller's. A 4-ary heap, keys inline.
#ifndef SIM_BASE_EVENT_HEAP_H
#define SIM_BASE_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_heap_entry {
    int64_t time_ns;
    uint64_t order;
    void *item;
};

struct event_heap {
    struct event_heap_entry *entries;
    size_t count;
    size_t capacity;
};

// False: out of memory, nothing changed.
bool event_heap_push(struct event_heap *heap, int64_t time_ns, uint64_t order, void *item);

// INT64_MAX if it is empty.
static inline int64_t event_heap_time(const struct event_heap *heap)
{
    return heap->count == 0 ? INT64_MAX : heap->entries[0].time_ns;
}

// Takes the first out; there must be one.
void *event_heap_pop(struct event_heap *heap);

// The first one's time changes to a later one: cheaper than a pop and a push.
void event_heap_postpone(struct event_heap *heap, int64_t time_ns);

void event_heap_free(struct event_heap *heap);

#endif
