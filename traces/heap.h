// SPDX-License-Identifier: GPL-2.0-or-later
// What is to come, the earliest first: a binary heap of entries of any kind. All is inline, so that
// for each kind the compiler makes copies and comparisons of its own.
#ifndef TRACES_HEAP_H
#define TRACES_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_HEAP_ENTRY_BYTES_MAX 64

struct trace_heap_kind {
    size_t bytes;                                  // of an entry, at most the above
    bool (*is_before)(const void *, const void *); // of two entries, which are never equal
};

// All zero is empty.
struct trace_heap {
    void *entries; // of its kind; the first is the earliest
    size_t count;
    size_t capacity;
};

static inline void *trace_heap_at(const struct trace_heap *heap, const struct trace_heap_kind *kind,
                                  size_t number)
{
    return (char *)heap->entries + number * kind->bytes;
}

// False: out of memory, and the heap is as it was.
static inline bool trace_heap_push(struct trace_heap *heap, const struct trace_heap_kind *kind,
                                   const void *entry)
{
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity == 0 ? 4 : 2 * heap->capacity;
        void *entries = realloc(heap->entries, capacity * kind->bytes);
        if (entries == NULL)
            return false;
        heap->entries = entries;
        heap->capacity = capacity;
    }
    size_t at = heap->count++;
    for (; at > 0 && kind->is_before(entry, trace_heap_at(heap, kind, (at - 1) / 2));
         at = (at - 1) / 2)
        memcpy(trace_heap_at(heap, kind, at), trace_heap_at(heap, kind, (at - 1) / 2), kind->bytes);
    memcpy(trace_heap_at(heap, kind, at), entry, kind->bytes);
    return true;
}

// In the place of the first.
static inline void trace_heap_replace(struct trace_heap *heap, const struct trace_heap_kind *kind,
                                      const void *entry)
{
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        child += child + 1 < heap->count && kind->is_before(trace_heap_at(heap, kind, child + 1),
                                                            trace_heap_at(heap, kind, child));
        if (!kind->is_before(trace_heap_at(heap, kind, child), entry))
            break;
        memcpy(trace_heap_at(heap, kind, at), trace_heap_at(heap, kind, child), kind->bytes);
    }
    memcpy(trace_heap_at(heap, kind, at), entry, kind->bytes);
}

// The first has been put off, or has not changed.
static inline void trace_heap_settle(struct trace_heap *heap, const struct trace_heap_kind *kind)
{
    _Alignas(max_align_t) char moved[TRACE_HEAP_ENTRY_BYTES_MAX];
    memcpy(moved, heap->entries, kind->bytes);
    trace_heap_replace(heap, kind, moved);
}

// Drops the first, of at least one.
static inline void trace_heap_pop(struct trace_heap *heap, const struct trace_heap_kind *kind)
{
    heap->count--;
    if (heap->count > 0)
        trace_heap_replace(heap, kind, trace_heap_at(heap, kind, heap->count));
}

static inline void trace_heap_free(struct trace_heap *heap)
{
    free(heap->entries);
    *heap = (struct trace_heap){0};
}

#endif
