// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/stream_sets.h"
#include "traces/grow.h"

#include <stdlib.h>
#include <string.h>

void trace_stream_sets_free(struct trace_stream_sets *sets)
{
    free(sets->items);
    free(sets->members);
    trace_map_free(&sets->by_hash);
    *sets = (struct trace_stream_sets){0};
}

static bool reserve(struct trace_stream_sets *sets, uint32_t members)
{
    if (sets->count == TRACE_STREAM_SETS_MAX ||
        members > TRACE_STREAM_SETS_MEMBERS_MAX - sets->member_count)
        return false;
    struct trace_stream_set *items =
        trace_grown(sets->items, sets->count, &sets->capacity, sizeof *items);
    if (items == NULL)
        return false;
    sets->items = items;
    if (members > sets->member_capacity - sets->member_count) {
        uint32_t capacity = 2 * sets->member_capacity + members;
        uint32_t *grown = realloc(sets->members, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        sets->members = grown;
        sets->member_capacity = capacity;
    }
    return true;
}

// FNV-1a, 64 bits.
static uint64_t hash_members(const uint32_t *members, uint32_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ members[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint32_t trace_stream_sets_intern(struct trace_stream_sets *sets, const uint32_t *members,
                                  uint32_t count)
{
    uint64_t hash = hash_members(members, count);
    uint32_t collision = 0;
    if (count == 0)
        return 0;
    for (;; collision++) {
        uint32_t number = trace_map_get(&sets->by_hash, hash, collision);
        size_t known_count;
        if (number == TRACE_MAP_NONE)
            break;
        const uint32_t *known = trace_stream_sets_at(sets, number, &known_count);
        if (known_count == count && memcmp(known, members, count * sizeof *members) == 0)
            return number;
    }
    if (!reserve(sets, count) || !trace_map_put(&sets->by_hash, hash, collision, sets->count + 1)) {
        sets->unknown++;
        return 0;
    }
    memcpy(&sets->members[sets->member_count], members, count * sizeof *members);
    sets->items[sets->count++] = (struct trace_stream_set){sets->member_count, count};
    sets->member_count += count;
    return sets->count;
}

const uint32_t *trace_stream_sets_at(const struct trace_stream_sets *sets, uint32_t number,
                                     size_t *count)
{
    *count = number == 0 ? 0 : sets->items[number - 1].count;
    return number == 0 ? NULL : &sets->members[sets->items[number - 1].first];
}
