// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/map.h"

#include <assert.h>
#include <stdlib.h>

#define MAP_FIRST_SIZE 64
#define MAP_FIRST_SHIFT (64 - 6)

bool trace_map_grow(struct trace_map *map)
{
    size_t size = map->size == 0 ? (size_t)MAP_FIRST_SIZE : map->size * 2;
    struct trace_map larger = {
        .slots = malloc(size * sizeof *larger.slots),
        .size = size,
        .shift = map->size == 0 ? MAP_FIRST_SHIFT : map->shift - 1,
        .used = map->used,
    };
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < size; i++)
        larger.slots[i].value = TRACE_MAP_NONE;
    for (size_t i = 0; i < map->size; i++) {
        const struct trace_map_slot *slot = &map->slots[i];
        if (slot->value != TRACE_MAP_NONE)
            *trace_map_find(&larger, slot->major, slot->minor) = *slot;
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

bool trace_map_put(struct trace_map *map, uint64_t major, uint32_t minor, uint32_t value)
{
    assert(value != TRACE_MAP_NONE);
    struct trace_map_slot *slot = trace_map_slot(map, major, minor);
    if (slot == NULL)
        return false;
    if (slot->value == TRACE_MAP_NONE)
        trace_map_fill(map, slot, major, minor, value);
    slot->value = value;
    return true;
}

void trace_map_clear(struct trace_map *map, struct trace_map_slot *slot)
{
    map->used--;
    size_t mask = map->size - 1;
    size_t free_at = (size_t)(slot - map->slots);
    // A later entry of the run moves into the hole unless its home lies after the hole.
    for (size_t at = (free_at + 1) & mask; map->slots[at].value != TRACE_MAP_NONE;
         at = (at + 1) & mask) {
        size_t home = trace_map_home(map, map->slots[at].major, map->slots[at].minor);
        if (((at - home) & mask) >= ((at - free_at) & mask)) {
            map->slots[free_at] = map->slots[at];
            free_at = at;
        }
    }
    map->slots[free_at].value = TRACE_MAP_NONE;
}
