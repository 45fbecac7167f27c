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

// All in registers: a slot that is put together in memory and read as a whole is waited for, which
// made a third of the cost.
static inline bool before(int64_t deadline_ns, uint64_t order, const struct timer_slot *other)
{
    if (deadline_ns != other->deadline_ns)
        return deadline_ns < other->deadline_ns;
    return order < other->order;
}

static inline bool is_first(const struct timer_heap *heap, uint32_t index, uint32_t other)
{
    const struct timer_slot *slot = &heap->slots[index];
    return before(slot->deadline_ns, slot->order, &heap->slots[other]);
}

static inline void place(struct timer_heap *heap, uint32_t index, int64_t deadline_ns,
                         uint64_t order, struct timer *timer)
{
    struct timer_slot *slot = &heap->slots[index];
    slot->deadline_ns = deadline_ns;
    slot->order = order;
    slot->timer = timer;
    timer->index = index;
}

static inline void move(struct timer_heap *heap, uint32_t index, uint32_t from)
{
    const struct timer_slot *slot = &heap->slots[from];
    place(heap, index, slot->deadline_ns, slot->order, slot->timer);
}

// Moves the hole at `index` towards the root until the timer fits, and puts it there.
static inline void sift_up(struct timer_heap *heap, uint32_t index, int64_t deadline_ns,
                           uint64_t order, struct timer *timer)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / ARITY;
        if (!before(deadline_ns, order, &heap->slots[parent]))
            break;
        move(heap, index, parent);
        index = parent;
    }
    place(heap, index, deadline_ns, order, timer);
}

// The same towards the leaves.
static inline void sift_down(struct timer_heap *heap, uint32_t index, int64_t deadline_ns,
                             uint64_t order, struct timer *timer)
{
    for (;;) {
        uint32_t first = index * ARITY + 1;
        if (first >= heap->count)
            break;
        uint32_t last = first + ARITY < heap->count ? first + ARITY : heap->count;
        uint32_t least = first;
        for (uint32_t child = first + 1; child < last; child++) {
            if (is_first(heap, child, least))
                least = child;
        }
        const struct timer_slot *slot = &heap->slots[least];
        if (!before(slot->deadline_ns, slot->order,
                    &(struct timer_slot){deadline_ns, order, timer}))
            break;
        move(heap, index, least);
        index = least;
    }
    place(heap, index, deadline_ns, order, timer);
}

// Puts the timer where it belongs, from the hole at `index` on.
static void sift(struct timer_heap *heap, uint32_t index, int64_t deadline_ns, uint64_t order,
                 struct timer *timer)
{
    if (index > 0 && before(deadline_ns, order, &heap->slots[(index - 1) / ARITY]))
        sift_up(heap, index, deadline_ns, order, timer);
    else
        sift_down(heap, index, deadline_ns, order, timer);
}

void timer_heap_arm_in_order(struct timer_heap *heap, struct timer *timer, int64_t deadline_ns,
                             uint64_t order)
{
    if (timer_is_pending(timer)) {
        assert(timer->index < heap->count && heap->slots[timer->index].timer == timer);
        sift(heap, timer->index, deadline_ns, order, timer);
        return;
    }
    assert(heap->count < heap->capacity);
    sift_up(heap, heap->count++, deadline_ns, order, timer);
}

void timer_heap_cancel(struct timer_heap *heap, struct timer *timer)
{
    uint32_t index = timer->index;
    assert(index < heap->count && heap->slots[index].timer == timer);
    timer->index = TIMER_IDLE;
    const struct timer_slot *last = &heap->slots[--heap->count];
    if (index < heap->count)
        sift(heap, index, last->deadline_ns, last->order, last->timer);
}

struct timer *timer_heap_take(struct timer_heap *heap)
{
    struct timer *timer = heap->slots[0].timer;
    timer_heap_cancel(heap, timer);
    return timer;
}
