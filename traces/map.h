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

// The value, or TRACE_MAP_NONE.
uint32_t trace_map_get(const struct trace_map *map, uint64_t major, uint32_t minor);

// The key's slot for reading and changing its value, or the free one (value TRACE_MAP_NONE) where
// it would go: then trace_map_fill makes it the key's. NULL: out of memory. Valid until the next
// change.
struct trace_map_slot *trace_map_slot(struct trace_map *map, uint64_t major, uint32_t minor);

static inline void trace_map_fill(struct trace_map *map, struct trace_map_slot *free_slot,
                                  uint64_t major, uint32_t minor, uint32_t value)
{
    *free_slot = (struct trace_map_slot){major, minor, value};
    map->used++;
}

// Inserts or replaces; value is not TRACE_MAP_NONE. False: out of memory, nothing changed.
bool trace_map_put(struct trace_map *map, uint64_t major, uint32_t minor, uint32_t value);

// Does nothing if the key is not there.
void trace_map_remove(struct trace_map *map, uint64_t major, uint32_t minor);

#endif
