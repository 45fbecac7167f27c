// SPDX-License-Identifier: GPL-2.0-or-later
// The ring of a group's members: who comes after whom, and who of them has requests pending.
//
// A member that joins becomes the head, so the ring runs in reverse order of joining and wraps from
// the last to the head. Here: each member has a slot, a newcomer the highest so far, and "after"
// means the next lower slot that is taken, wrapping to the highest. Which slots are taken, and
// which have something pending per direction, is kept in 64-ary bitmaps, so that finding the next
// one costs a few steps for any number of members (one up to 64, two up to 4096).
//
//     slots:     0    1    2    3    4
//     joined:   1st  2nd  (left) 3rd  4th = head        ring: 4 -> 3 -> 1 -> 0 -> 4
#ifndef ENGINE_MEMBER_RING_H
#define ENGINE_MEMBER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Embedded in the member, first.
struct ring_node {
    uint32_t slot;
};

enum ring_set {
    RING_PENDING_READ, // in the order of enum direction
    RING_PENDING_WRITE,
    RING_TAKEN,
    RING_SET_COUNT,
};

#define RING_LEVEL_MAX 6 // 64^6 > 2^32

struct ring_bitmap {
    uint64_t *words[RING_LEVEL_MAX]; // level 0: a bit a slot; above: a bit a non-zero word below
};

struct member_ring {
    struct ring_node **nodes; // by slot, NULL if free
    uint32_t capacity;
    uint32_t top;                   // one above the highest slot taken since the last compaction
    uint32_t count[RING_SET_COUNT]; // nodes in each set
    unsigned levels;
    struct ring_bitmap sets[RING_SET_COUNT];
    uint64_t *words; // of all bitmaps
};

// Room for one more member. May move members to other slots, which changes no order. False: out of
// memory, nothing changed.
bool member_ring_reserve(struct member_ring *ring);
void member_ring_free(struct member_ring *ring);

// Room must have been reserved.
void member_ring_insert(struct member_ring *ring, struct ring_node *node);
// The node must be in no pending set.
void member_ring_remove(struct member_ring *ring, struct ring_node *node);

// The node must not be in the set, or must be in it.
void member_ring_mark(struct member_ring *ring, enum ring_set set, const struct ring_node *node);
void member_ring_unmark(struct member_ring *ring, enum ring_set set, const struct ring_node *node);

static inline bool member_ring_is_empty(const struct member_ring *ring, enum ring_set set)
{
    return ring->count[set] == 0;
}

// The first node of the set after `node` in the ring, `node` itself being the last that is looked
// at. The set must not be empty.
struct ring_node *member_ring_next(const struct member_ring *ring, enum ring_set set,
                                   const struct ring_node *node);

#endif
