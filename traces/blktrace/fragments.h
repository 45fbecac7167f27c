// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of requests that have not been completed (or, of queued ones, issued), found by where
// they start.
//
// Fragments with the same key (volume, kind, start) form a ring from the oldest to the newest; the
// fragments of one request form another ring. Every operation is O(1), but for
// blktrace_fragments_around and blktrace_fragments_next.
#ifndef TRACES_BLKTRACE_FRAGMENTS_H
#define TRACES_BLKTRACE_FRAGMENTS_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/map.h"

#define BLKTRACE_FRAGMENT_NONE TRACE_MAP_NONE
// Bounds the memory of a trace without completions (20 MiB with the index, 28 MiB with cells).
#define BLKTRACE_FRAGMENTS_MAX (1U << 18)

// Reads and writes of the same bytes are never mixed up; a flush has no bytes.
enum blktrace_kind {
    BLKTRACE_KIND_READ,
    BLKTRACE_KIND_WRITE,
    BLKTRACE_KIND_FLUSH,
    BLKTRACE_KIND_END, // a write whose data are written, but not yet flushed for good
};

struct blktrace_key {
    uint64_t start; // bytes
    uint32_t volume;
    enum blktrace_kind kind;
};

struct blktrace_fragment {
    uint64_t start;
    uint64_t request; // its number in the window
    uint32_t bytes;
    uint32_t older; // ring of the key; older of the oldest is the newest
    uint32_t newer;
    uint32_t previous; // ring of the request
    uint32_t next;
    uint32_t cell_previous; // list of the cell; NONE at its ends
    uint32_t cell_next;
    uint16_t volume;
    uint8_t kind;
    bool continued : 1;     // the next arrival of exactly this is not a new request
    bool flushed_first : 1; // what was queued has a flush before it,
    bool forced : 1;        // is to be on the medium when it ends (FUA)
};

_Static_assert(sizeof(struct blktrace_fragment) == 48, "2^18 of them are 12 MiB");

static inline enum blktrace_kind blktrace_record_kind(const struct blktrace_record *record)
{
    return blktrace_record_has(record, BLKTRACE_WRITE) ? BLKTRACE_KIND_WRITE : BLKTRACE_KIND_READ;
}

// All zero is empty.
struct blktrace_fragments {
    struct blktrace_fragment *items;
    uint32_t used; // of items, in use or in the free list
    uint32_t capacity;
    uint32_t live;
    uint32_t free_first; // linked by next, `free_count` of them
    uint32_t free_count;
    struct trace_map index; // key to the oldest
    size_t found;           // where in it was what blktrace_fragments_find found: likely to go next
    // What lies in whose middle is known from the first time that it is asked until nothing is
    // left. A fragment of up to 2^n bytes is in the cell of level n where it starts.
    bool has_cells;
    uint64_t levels; // bit n: there have been fragments of level n
    struct trace_map cells;
};

void blktrace_fragments_free(struct blktrace_fragments *fragments);

static inline struct blktrace_fragment *
blktrace_fragment_at(const struct blktrace_fragments *fragments, uint32_t number)
{
    return &fragments->items[number];
}

static inline uint32_t blktrace_key_minor(uint32_t volume, enum blktrace_kind kind)
{
    return volume << 3 | (uint32_t)kind;
}

// The oldest of the key, or BLKTRACE_FRAGMENT_NONE; its `older` is the newest.
static inline uint32_t blktrace_fragments_find(struct blktrace_fragments *fragments,
                                               const struct blktrace_key *key)
{
    if (fragments->index.size == 0)
        return BLKTRACE_FRAGMENT_NONE;
    const struct trace_map_slot *slot =
        trace_map_find(&fragments->index, key->start, blktrace_key_minor(key->volume, key->kind));
    fragments->found = (size_t)(slot - fragments->index.slots);
    return slot->value;
}

// Adds a fragment as the newest of its key, to the ring of `sibling` unless that is NONE.
// BLKTRACE_FRAGMENT_NONE: out of memory. There is room: live < BLKTRACE_FRAGMENTS_MAX.
uint32_t blktrace_fragments_add(struct blktrace_fragments *fragments,
                                const struct blktrace_key *key, uint32_t bytes, uint64_t request,
                                uint32_t sibling);

// Stores, of the fragments in whose middle the key's start lies, the one of the oldest request,
// from this one on, or BLKTRACE_FRAGMENT_NONE. Takes as long as there are sizes of fragments (by
// powers of two), and fragments that overlap around there. False: out of memory.
bool blktrace_fragments_around(struct blktrace_fragments *fragments, const struct blktrace_key *key,
                               uint64_t from, uint32_t *number);

// Where, behind the key's start and before `end`, the next fragment starts, or `end`. Takes as long
// as there are fragments, or sectors between, whichever is less.
uint64_t blktrace_fragments_next(const struct blktrace_fragments *fragments,
                                 const struct blktrace_key *key, uint64_t end);

// Cuts a fragment (or NONE) where the key starts, which is in its middle: the back becomes a
// fragment of its own, whose number is stored, or BLKTRACE_FRAGMENT_NONE. False: out of memory.
bool blktrace_fragments_cut(struct blktrace_fragments *fragments, uint32_t around,
                            const struct blktrace_key *key, uint32_t *number);

// Returns a sibling that is left, or BLKTRACE_FRAGMENT_NONE.
uint32_t blktrace_fragments_remove(struct blktrace_fragments *fragments, uint32_t number);

// Cuts `bytes`, fewer than it has, off its front, and makes it another kind; it becomes the newest
// of its new key. False: out of memory.
bool blktrace_fragments_change(struct blktrace_fragments *fragments, uint32_t number,
                               uint32_t bytes, enum blktrace_kind kind);

// The fragment at the key, or what is left of one from there on, or BLKTRACE_FRAGMENT_NONE. False:
// out of memory.
bool blktrace_fragments_take(struct blktrace_fragments *fragments, const struct blktrace_key *key,
                             uint32_t *number);

// Takes its first bytes away, or all of it. False: out of memory.
bool blktrace_fragments_consume(struct blktrace_fragments *fragments, uint32_t number,
                                uint32_t bytes);

#endif
