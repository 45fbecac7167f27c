// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/timer_heap.h"

#include <assert.h>
#include <stdlib.h>

#define ARITY 4

bool timer_heap_reserve(struct timer_heap *heap, size_t capacity)
{
    if (capacity <= heap->capacity)
        return true;
    if (capacity < 2 * heap->capacity)
        capacity = 2 * heap->capacity;
    struct timer_slot *slots = realloc(heap->slots, capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    heap->slots = slots;
    heap->capacity = capacity;
    return true;
}

void timer_heap_free(struct timer_heap *heap)
{
    free(heap->slots);
    *heap = (struct timer_heap){0};
}

static bool before(const struct timer_slot *a, const struct timer_slot *b)
{
    if (a->deadline_ns != b->deadline_ns)
        return a->deadline_ns < b->deadline_ns;
    return a->sequence < b->sequence;
}

static void place(struct timer_heap *heap, size_t index, struct timer_slot slot)
{
    heap->slots[index] = slot;
    slot.timer->index = index;
}

// Moves the hole at `index` towards the root until `slot` fits, and puts it there.
static void sift_up(struct timer_heap *heap, size_t index, struct timer_slot slot)
{
    while (index > 0) {
        size_t parent = (index - 1) / ARITY;
        if (!before(&slot, &heap->slots[parent]))
            break;
        place(heap, index, heap->slots[parent]);
        index = parent;
    }
    place(heap, index, slot);
}

// The same towards the leaves.
static void sift_down(struct timer_heap *heap, size_t index, struct timer_slot slot)
{
    for (;;) {
        size_t first = index * ARITY + 1;
        if (first >= heap->count)
            break;
        size_t last = first + ARITY < heap->count ? first + ARITY : heap->count;
        size_t least = first;
        for (size_t child = first + 1; child < last; child++) {
            if (before(&heap->slots[child], &heap->slots[least]))
                least = child;
        }
        if (!before(&heap->slots[least], &slot))
            break;
        place(heap, index, heap->slots[least]);
        index = least;
    }
    place(heap, index, slot);
}

void timer_heap_arm(struct timer_heap *heap, struct timer *timer, int64_t deadline_ns)
{
    if (timer_is_pending(timer))
        timer_heap_cancel(heap, timer);
    assert(heap->count < heap->capacity);
    struct timer_slot slot = {deadline_ns, heap->next_sequence++, timer};
    sift_up(heap, heap->count++, slot);
}

void timer_heap_cancel(struct timer_heap *heap, struct timer *timer)
{
    size_t index = timer->index;
    assert(index < heap->count && heap->slots[index].timer == timer);
    timer->index = TIMER_IDLE;
    struct timer_slot last = heap->slots[--heap->count];
    if (index == heap->count)
        return;
    if (index > 0 && before(&last, &heap->slots[(index - 1) / ARITY]))
        sift_up(heap, index, last);
    else
        sift_down(heap, index, last);
}

struct timer *timer_heap_take(struct timer_heap *heap)
{
    struct timer *timer = heap->slots[0].timer;
    timer_heap_cancel(heap, timer);
    return timer;
}
