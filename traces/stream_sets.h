// SPDX-License-Identifier: GPL-2.0-or-later
// Sets of streams, each of which is kept once and has a number.
#ifndef TRACES_STREAM_SETS_H
#define TRACES_STREAM_SETS_H

#include "traces/map.h"

// Bounds the memory (4 MiB and the sets' places): of more sets nothing is known.
#define TRACE_STREAM_SETS_MAX 65535U
#define TRACE_STREAM_SETS_MEMBERS_MAX (1U << 20)

// All zero is none. The empty set is number 0.
struct trace_stream_sets {
    struct trace_stream_set {
        uint32_t first; // of members
        uint32_t count;
    } * items; // the first has the number 1
    uint32_t count;
    uint32_t capacity;
    uint32_t *members;
    uint32_t member_count;
    uint32_t member_capacity;
    struct trace_map by_hash; // of (hash of the members, number of the collision)
    uint64_t unknown;         // sets that had no room
};

void trace_stream_sets_free(struct trace_stream_sets *sets);

// The number of a set whose members are in ascending order, each once. 0: empty, or no room.
uint32_t trace_stream_sets_intern(struct trace_stream_sets *sets, const uint32_t *members,
                                  uint32_t count);

// Its members, valid until the next is interned; NULL of 0.
const uint32_t *trace_stream_sets_at(const struct trace_stream_sets *sets, uint32_t number,
                                     size_t *count);

#endif
