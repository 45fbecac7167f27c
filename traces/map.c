// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/map.h"

#include <assert.h>
#include <stdlib.h>

enum { MAP_FIRST_SIZE = 64, MAP_FIRST_SHIFT = 64 - 6 };

// Multiplicative hashing: the keys are multiples of a sector or a page, so that only the upper bits
// of the product depend on all of theirs. The constants are odd and have no pattern (the first is
// 2^64 over the golden ratio).
static size_t map_home(const struct trace_map *map, uint64_t major, uint32_t minor)
{
    uint64_t hash = (major + minor * UINT64_C(0xd6e8feb86659fd93)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> map->shift);
}

// The key's slot, or the free one where it belongs.
static struct trace_map_slot *map_slot(const struct trace_map *map, uint64_t major, uint32_t minor)
{
    size_t at = map_home(map, major, minor);
    for (;; at = (at + 1) & (map->size - 1)) {
        struct trace_map_slot *slot = &map->slots[at];
        if (slot->value == TRACE_MAP_NONE || (slot->major == major && slot->minor == minor)) {
            return slot;
        }
    }
}

static bool map_resize(struct trace_map *map, size_t size)
{
    struct trace_map larger = {
        .slots = malloc(size * sizeof(*larger.slots)),
        .size = size,
        .shift = map->size == 0 ? MAP_FIRST_SHIFT : map->shift - 1,
        .used = map->used,
    };
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        larger.slots[i].value = TRACE_MAP_NONE;
    }
    for (size_t i = 0; i < map->size; i++) {
        const struct trace_map_slot *slot = &map->slots[i];
        if (slot->value != TRACE_MAP_NONE) {
            *map_slot(&larger, slot->major, slot->minor) = *slot;
        }
    }
    free(map->slots);
    *map = larger;
    return true;
}

void trace_map_free(struct trace_map *map)
{
    free(map->slots);
    *map = (struct trace_map){0};
}

uint32_t trace_map_get(const struct trace_map *map, uint64_t major, uint32_t minor)
{
    return map->size == 0 ? TRACE_MAP_NONE : map_slot(map, major, minor)->value;
}

struct trace_map_slot *trace_map_slot(struct trace_map *map, uint64_t major, uint32_t minor)
{
    // At most half full: a probe is short, and there is always a free slot to stop at.
    if (map->used * 2 >= map->size &&
        !map_resize(map, map->size == 0 ? (size_t)MAP_FIRST_SIZE : map->size * 2)) {
        return NULL;
    }
    return map_slot(map, major, minor);
}

bool trace_map_put(struct trace_map *map, uint64_t major, uint32_t minor, uint32_t value)
{
    assert(value != TRACE_MAP_NONE);
    struct trace_map_slot *slot = trace_map_slot(map, major, minor);
    if (slot == NULL) {
        return false;
    }
    if (slot->value == TRACE_MAP_NONE) {
        trace_map_fill(map, slot, major, minor, value);
    }
    slot->value = value;
    return true;
}

void trace_map_remove(struct trace_map *map, uint64_t major, uint32_t minor)
{
    if (map->size == 0) {
        return;
    }
    struct trace_map_slot *hole = map_slot(map, major, minor);
    if (hole->value == TRACE_MAP_NONE) {
        return;
    }
    map->used--;
    size_t mask = map->size - 1;
    size_t free_at = (size_t)(hole - map->slots);
    // A later entry of the run moves into the hole unless its home lies after the hole.
    for (size_t at = (free_at + 1) & mask; map->slots[at].value != TRACE_MAP_NONE;
         at = (at + 1) & mask) {
        size_t home = map_home(map, map->slots[at].major, map->slots[at].minor);
        if (((at - home) & mask) >= ((at - free_at) & mask)) {
            map->slots[free_at] = map->slots[at];
            free_at = at;
        }
    }
    map->slots[free_at].value = TRACE_MAP_NONE;
}
