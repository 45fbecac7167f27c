// SPDX-License-Identifier: GPL-2.0-or-later
// A hash table from a 96-bit key to a small integer: open addressing, linear probing, deletion by
// shifting back, so that it never fills with tombstones. Nothing depends on its order.
#ifndef TRACES_MAP_H
#define TRACES_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_MAP_NONE UINT32_MAX

struct trace_map_slot {
    uint64_t major;
    uint32_t minor;
    uint32_t value; // TRACE_MAP_NONE: free
};

// All zero is an empty map.
struct trace_map {
    struct trace_map_slot *slots;
    size_t size;    // 0 or a power of two
    unsigned shift; // 64 - log2(size)
    size_t used;
};

void trace_map_free(struct trace_map *map);

// Used by trace_map_slot only. False: out of memory.
bool trace_map_grow(struct trace_map *map);

// Multiplicative hashing: the keys are multiples of a sector or a page, so that only the upper bits
// of the product depend on all of theirs. The constants are odd and have no pattern (the first is
// 2^64 over the golden ratio).
static inline size_t trace_map_home(const struct trace_map *map, uint64_t major, uint32_t minor)
{
    uint64_t hash = (major + minor * UINT64_C(0xd6e8feb86659fd93)) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> map->shift);
}

// In a map that is not empty: the key's slot for reading and changing its value, or the free one
// (value TRACE_MAP_NONE) where it would go. Valid until the next change.
static inline struct trace_map_slot *trace_map_find(const struct trace_map *map, uint64_t major,
                                                    uint32_t minor)
{
    size_t at = trace_map_home(map, major, minor);
    for (;; at = (at + 1) & (map->size - 1)) {
        struct trace_map_slot *slot = &map->slots[at];
        if (slot->value == TRACE_MAP_NONE || (slot->major == major && slot->minor == minor))
            return slot;
    }
}

// The value, or TRACE_MAP_NONE.
static inline uint32_t trace_map_get(const struct trace_map *map, uint64_t major, uint32_t minor)
{
    return map->size == 0 ? TRACE_MAP_NONE : trace_map_find(map, major, minor)->value;
}

// As trace_map_find, of any map and with room for the key: trace_map_fill makes a free slot the
// key's. NULL: out of memory.
static inline struct trace_map_slot *trace_map_slot(struct trace_map *map, uint64_t major,
                                                    uint32_t minor)
{
    // At most half full: a probe is short, and there is always a free slot to stop at.
    if (map->used * 2 >= map->size && !trace_map_grow(map))
        return NULL;
    return trace_map_find(map, major, minor);
}

static inline void trace_map_fill(struct trace_map *map, struct trace_map_slot *free_slot,
                                  uint64_t major, uint32_t minor, uint32_t value)
{
    *free_slot = (struct trace_map_slot){major, minor, value};
    map->used++;
}

// Inserts or replaces; value is not TRACE_MAP_NONE. False: out of memory, nothing changed.
bool trace_map_put(struct trace_map *map, uint64_t major, uint32_t minor, uint32_t value);

// Frees a slot that is not free.
void trace_map_clear(struct trace_map *map, struct trace_map_slot *slot);

#endif
