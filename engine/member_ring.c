// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/throttle_group.h"

#include <assert.h>
#include <stdlib.h>

#define WORD_BITS 64u
#define NO_SLOT UINT32_MAX

static size_t level_words(uint32_t capacity, unsigned level)
{
    size_t bits = capacity;
    for (unsigned i = 0; i <= level; i++)
        bits = (bits + WORD_BITS - 1) / WORD_BITS;
    return bits;
}

static unsigned level_count(uint32_t capacity)
{
    unsigned levels = 1;
    while (level_words(capacity, levels - 1) > 1)
        levels++;
    return levels;
}

static void bitmap_set(struct ring_bitmap *bitmap, unsigned levels, uint32_t slot)
{
    for (unsigned level = 0; level < levels; level++) {
        bitmap->words[level][slot / WORD_BITS] |= UINT64_C(1) << (slot % WORD_BITS);
        slot /= WORD_BITS;
    }
}

static void bitmap_clear(struct ring_bitmap *bitmap, unsigned levels, uint32_t slot)
{
    for (unsigned level = 0; level < levels; level++) {
        uint64_t *word = &bitmap->words[level][slot / WORD_BITS];
        *word &= ~(UINT64_C(1) << (slot % WORD_BITS));
        if (*word != 0)
            return;
        slot /= WORD_BITS;
    }
}

static uint32_t highest_bit(uint64_t word)
{
    return 63u - (uint32_t)__builtin_clzll(word);
}

// From a bit of `level` down to the highest slot below it.
static uint32_t descend(const struct ring_bitmap *bitmap, unsigned level, uint32_t index)
{
    while (level-- > 0)
        index = index * WORD_BITS + highest_bit(bitmap->words[level][index]);
    return index;
}

// The highest slot of the set below `slot`, or NO_SLOT.
static uint32_t bitmap_below(const struct ring_bitmap *bitmap, unsigned levels, uint32_t slot)
{
    for (unsigned level = 0; level < levels; level++) {
        uint32_t index = slot / WORD_BITS;
        uint64_t below = (UINT64_C(1) << (slot % WORD_BITS)) - 1;
        uint64_t word = bitmap->words[level][index] & below;
        if (word != 0)
            return descend(bitmap, level, index * WORD_BITS + highest_bit(word));
        slot = index;
    }
    return NO_SLOT;
}

// The highest slot of a set that is not empty.
static uint32_t bitmap_highest(const struct ring_bitmap *bitmap, unsigned levels)
{
    return descend(bitmap, levels - 1, highest_bit(bitmap->words[levels - 1][0]));
}

static bool bitmap_has(const struct ring_bitmap *bitmap, uint32_t slot)
{
    return bitmap->words[0][slot / WORD_BITS] >> (slot % WORD_BITS) & 1;
}

// An empty ring with this capacity.
static bool ring_allocate(struct member_ring *ring, uint32_t capacity)
{
    size_t set_words = 0;
    *ring = (struct member_ring){.capacity = capacity, .levels = level_count(capacity)};
    for (unsigned level = 0; level < ring->levels; level++)
        set_words += level_words(capacity, level);
    ring->nodes = calloc(capacity, sizeof *ring->nodes);
    ring->words = calloc(RING_SET_COUNT * set_words, sizeof *ring->words);
    if (ring->nodes == NULL || ring->words == NULL) {
        member_ring_free(ring);
        return false;
    }
    uint64_t *words = ring->words;
    for (int set = 0; set < RING_SET_COUNT; set++) {
        for (unsigned level = 0; level < ring->levels; level++) {
            ring->sets[set].words[level] = words;
            words += level_words(capacity, level);
        }
    }
    return true;
}

void member_ring_free(struct member_ring *ring)
{
    free(ring->nodes);
    free(ring->words);
    *ring = (struct member_ring){0};
}

bool member_ring_reserve(struct member_ring *ring)
{
    if (ring->top < ring->capacity)
        return true;
    // At least half of the new slots are free, so the cost of moving is spread over as many joins.
    struct member_ring bigger;
    uint32_t members = ring->count[RING_TAKEN];
    uint32_t capacity = members < WORD_BITS / 2 ? WORD_BITS : 2 * members;
    if (members > UINT32_MAX / 4 || !ring_allocate(&bigger, capacity))
        return false;
    for (uint32_t slot = 0; slot < ring->top; slot++) {
        struct ring_node *node = ring->nodes[slot];
        if (node == NULL)
            continue;
        member_ring_insert(&bigger, node);
        for (int set = 0; set < RING_TAKEN; set++) {
            if (bitmap_has(&ring->sets[set], slot))
                member_ring_mark(&bigger, (enum ring_set)set, node);
        }
    }
    member_ring_free(ring);
    *ring = bigger;
    return true;
}

void member_ring_insert(struct member_ring *ring, struct ring_node *node)
{
    assert(ring->top < ring->capacity);
    node->slot = ring->top++;
    ring->nodes[node->slot] = node;
    member_ring_mark(ring, RING_TAKEN, node);
}

void member_ring_remove(struct member_ring *ring, struct ring_node *node)
{
    assert(ring->nodes[node->slot] == node);
    assert(!bitmap_has(&ring->sets[RING_PENDING_READ], node->slot));
    assert(!bitmap_has(&ring->sets[RING_PENDING_WRITE], node->slot));
    member_ring_unmark(ring, RING_TAKEN, node);
    ring->nodes[node->slot] = NULL;
}

void member_ring_mark(struct member_ring *ring, enum ring_set set, const struct ring_node *node)
{
    ring->count[set]++;
    bitmap_set(&ring->sets[set], ring->levels, node->slot);
}

void member_ring_unmark(struct member_ring *ring, enum ring_set set, const struct ring_node *node)
{
    ring->count[set]--;
    bitmap_clear(&ring->sets[set], ring->levels, node->slot);
}

struct ring_node *member_ring_next(const struct member_ring *ring, enum ring_set set,
                                   const struct ring_node *node)
{
    const struct ring_bitmap *bitmap = &ring->sets[set];
    assert(!member_ring_is_empty(ring, set));
    uint32_t slot = bitmap_below(bitmap, ring->levels, node->slot);
    if (slot == NO_SLOT)
        slot = bitmap_highest(bitmap, ring->levels);
    return ring->nodes[slot];
}
