// SPDX-License-Identifier: GPL-2.0-or-later
// Timers, or other things that are to happen, in order of time; of equal times in an order that is
// the caller's, or that of arming.
//
// A 4-ary heap with the keys inline. Each timer knows its place, so any can be moved or taken out.
// Space is reserved ahead, so arming never allocates. Cost: O(log n) to arm, cancel or take; O(1)
// to look at the first.
#ifndef ENGINE_TIMER_HEAP_H
#define ENGINE_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_IDLE UINT32_MAX

// Embedded in its owner, whose it is, and who finds back from it: put it first.
struct timer {
    uint32_t index; // in the heap, or TIMER_IDLE
};

struct timer_slot {
    int64_t deadline_ns;
    uint64_t order; // of equal deadlines
    struct timer *timer;
};

// All zero is empty.
struct timer_heap {
    struct timer_slot *slots;
    uint32_t count;
    uint32_t capacity;
    uint64_t next_order;
};

// Room for at least `capacity` timers. It grows by doubling at least. False: out of memory, nothing
// changed.
bool timer_heap_reserve(struct timer_heap *heap, size_t capacity);
// Its timers are forgotten, not touched.
void timer_heap_free(struct timer_heap *heap);

static inline void timer_init(struct timer *timer)
{
    timer->index = TIMER_IDLE;
}

static inline bool timer_is_pending(const struct timer *timer)
{
    return timer->index != TIMER_IDLE;
}

// The timer must be idle or in this heap: a pending one is armed anew. There must be room.
void timer_heap_arm_in_order(struct timer_heap *heap, struct timer *timer, int64_t deadline_ns,
                             uint64_t order);
// After all that have been armed so for the same time.
static inline void timer_heap_arm(struct timer_heap *heap, struct timer *timer, int64_t deadline_ns)
{
    timer_heap_arm_in_order(heap, timer, deadline_ns, heap->next_order++);
}

// The timer must be in this heap.
void timer_heap_cancel(struct timer_heap *heap, struct timer *timer);

// INT64_MAX if there is none.
static inline int64_t timer_heap_deadline(const struct timer_heap *heap)
{
    return heap->count == 0 ? INT64_MAX : heap->slots[0].deadline_ns;
}

// When this timer is due: INT64_MAX if it is idle.
static inline int64_t timer_deadline_ns(const struct timer_heap *heap, const struct timer *timer)
{
    return timer_is_pending(timer) ? heap->slots[timer->index].deadline_ns : INT64_MAX;
}

// Takes the first timer out. There must be one.
struct timer *timer_heap_take(struct timer_heap *heap);

#endif
