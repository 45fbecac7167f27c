// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/timer_heap.h"

#include <assert.h>
#include <stdlib.h>

#define ARITY 4

bool timer_heap_reserve(struct timer_heap *heap, size_t capacity)
{
    if (capacity <= heap->capacity)
        return true;
    if (capacity < 2 * (size_t)heap->capacity)
        capacity = 2 * (size_t)heap->capacity;
    if (capacity > UINT32_MAX / ARITY) // so that no index overflows
        return false;
    struct timer_slot *slots = realloc(heap->slots, capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    heap->slots = slots;
    heap->capacity = (uint32_t)capacity;
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
    return a->order < b->order;
}

static void place(struct timer_heap *heap, uint32_t index, struct timer_slot slot)
{
    heap->slots[index] = slot;
    slot.timer->index = index;
}

// Moves the hole at `index` towards the root until `slot` fits, and puts it there.
static void sift_up(struct timer_heap *heap, uint32_t index, struct timer_slot slot)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / ARITY;
        if (!before(&slot, &heap->slots[parent]))
            break;
        place(heap, index, heap->slots[parent]);
        index = parent;
    }
    place(heap, index, slot);
}

// The same towards the leaves.
static void sift_down(struct timer_heap *heap, uint32_t index, struct timer_slot slot)
{
    for (;;) {
        uint32_t first = index * ARITY + 1;
        if (first >= heap->count)
            break;
        uint32_t last = first + ARITY < heap->count ? first + ARITY : heap->count;
        uint32_t least = first;
        for (uint32_t child = first + 1; child < last; child++) {
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

// Puts the slot where it belongs, from the hole at `index` on.
static void sift(struct timer_heap *heap, uint32_t index, struct timer_slot slot)
{
    if (index > 0 && before(&slot, &heap->slots[(index - 1) / ARITY]))
        sift_up(heap, index, slot);
    else
        sift_down(heap, index, slot);
}

void timer_heap_arm_in_order(struct timer_heap *heap, struct timer *timer, int64_t deadline_ns,
                             uint64_t order)
{
    struct timer_slot slot = {deadline_ns, order, timer};
    if (timer_is_pending(timer)) {
        assert(timer->index < heap->count && heap->slots[timer->index].timer == timer);
        sift(heap, timer->index, slot);
        return;
    }
    assert(heap->count < heap->capacity);
    sift_up(heap, heap->count++, slot);
}

void timer_heap_cancel(struct timer_heap *heap, struct timer *timer)
{
    uint32_t index = timer->index;
    assert(index < heap->count && heap->slots[index].timer == timer);
    timer->index = TIMER_IDLE;
    struct timer_slot last = heap->slots[--heap->count];
    if (index < heap->count)
        sift(heap, index, last);
}

struct timer *timer_heap_take(struct timer_heap *heap)
{
    struct timer *timer = heap->slots[0].timer;
    timer_heap_cancel(heap, timer);
    return timer;
}
