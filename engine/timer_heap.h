// SPDX-License-Identifier: GPL-2.0-or-later
// Timers in order of deadline; equal deadlines in the order of arming.
//
// A 4-ary heap with the keys inline. Space is reserved ahead, so arming never allocates. Cost:
// O(log n) to arm, cancel or take; O(1) to look at the first.
#ifndef ENGINE_TIMER_HEAP_H
#define ENGINE_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_IDLE SIZE_MAX

// Embedded in its owner, whose it is.
struct timer {
    size_t index; // in the heap, or TIMER_IDLE
};

struct timer_slot {
    int64_t deadline_ns;
    uint64_t sequence; // of arming
    struct timer *timer;
};

struct timer_heap {
    struct timer_slot *slots;
    size_t count;
    size_t capacity;
    uint64_t next_sequence;
};

// Room for at least `capacity` timers. False: out of memory, nothing changed.
bool timer_heap_reserve(struct timer_heap *heap, size_t capacity);
void timer_heap_free(struct timer_heap *heap);

static inline void timer_init(struct timer *timer)
{
    timer->index = TIMER_IDLE;
}

static inline bool timer_is_pending(const struct timer *timer)
{
    return timer->index != TIMER_IDLE;
}

// A pending timer is armed anew.
void timer_heap_arm(struct timer_heap *heap, struct timer *timer, int64_t deadline_ns);
void timer_heap_cancel(struct timer_heap *heap, struct timer *timer);

// INT64_MAX if there is none.
static inline int64_t timer_heap_deadline(const struct timer_heap *heap)
{
    return heap->count == 0 ? INT64_MAX : heap->slots[0].deadline_ns;
}

// Takes the first timer out. There must be one.
struct timer *timer_heap_take(struct timer_heap *heap);

#endif
