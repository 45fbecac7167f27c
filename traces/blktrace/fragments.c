// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace/fragments.h"

#include <assert.h>
#include <stdlib.h>

#define FRAGMENTS_FIRST_CAPACITY 64
#define FRAGMENT_FREE UINT64_MAX // as the number of a request

void blktrace_fragments_free(struct blktrace_fragments *fragments)
{
    free(fragments->items);
    trace_map_free(&fragments->index);
    trace_map_free(&fragments->cells);
    *fragments = (struct blktrace_fragments){0};
}

// Makes a fragment findable as the newest of its key.
static inline bool link_newest(struct blktrace_fragments *fragments, uint32_t number)
{
    struct blktrace_fragment *added = &fragments->items[number];
    uint32_t minor = blktrace_key_minor(added->volume, added->kind);
    struct trace_map_slot *slot = trace_map_slot(&fragments->index, added->start, minor);
    if (slot == NULL)
        return false;
    if (slot->value == TRACE_MAP_NONE) {
        added->older = number;
        added->newer = number;
        trace_map_fill(&fragments->index, slot, added->start, minor, number);
        return true;
    }
    struct blktrace_fragment *first = &fragments->items[slot->value];
    added->older = first->older;
    added->newer = slot->value;
    fragments->items[first->older].newer = number;
    first->older = number;
    return true;
}

static inline void unlink_key(struct blktrace_fragments *fragments, uint32_t number)
{
    const struct blktrace_fragment *gone = &fragments->items[number];
    struct trace_map_slot *oldest = &fragments->index.slots[fragments->found];
    // A fragment is the oldest of one key at most.
    if (fragments->found >= fragments->index.size || oldest->value != number)
        oldest = trace_map_find(&fragments->index, gone->start,
                                blktrace_key_minor(gone->volume, gone->kind));
    if (gone->newer == number) {
        trace_map_clear(&fragments->index, oldest);
        return;
    }
    if (oldest->value == number)
        oldest->value = gone->newer;
    fragments->items[gone->older].newer = gone->newer;
    fragments->items[gone->newer].older = gone->older;
}

// ---- Cells ----
// What lies around a place starts in its cell or in the one before, of each level.

// Of 0 bytes: 0.
static inline unsigned find_level(uint32_t bytes)
{
    return bytes < 2 ? 0 : 32U - (unsigned)__builtin_clz(bytes - 1);
}

static inline uint32_t cell_minor(unsigned level, uint32_t volume, uint8_t kind)
{
    return level << 19 | blktrace_key_minor(volume, (enum blktrace_kind)kind);
}

static bool enter_cell(struct blktrace_fragments *fragments, uint32_t number)
{
    struct blktrace_fragment *entered = &fragments->items[number];
    unsigned level = find_level(entered->bytes);
    uint32_t minor = cell_minor(level, entered->volume, entered->kind);
    struct trace_map_slot *slot = trace_map_slot(&fragments->cells, entered->start >> level, minor);
    if (slot == NULL)
        return false;
    entered->cell_previous = BLKTRACE_FRAGMENT_NONE;
    entered->cell_next = slot->value;
    if (slot->value == TRACE_MAP_NONE)
        trace_map_fill(&fragments->cells, slot, entered->start >> level, minor, number);
    else
        fragments->items[slot->value].cell_previous = number;
    slot->value = number;
    fragments->levels |= UINT64_C(1) << level;
    return true;
}

static void leave_cell(struct blktrace_fragments *fragments, uint32_t number)
{
    const struct blktrace_fragment *left = &fragments->items[number];
    if (left->cell_next != BLKTRACE_FRAGMENT_NONE)
        fragments->items[left->cell_next].cell_previous = left->cell_previous;
    if (left->cell_previous != BLKTRACE_FRAGMENT_NONE) {
        fragments->items[left->cell_previous].cell_next = left->cell_next;
        return;
    }
    unsigned level = find_level(left->bytes);
    struct trace_map_slot *first = trace_map_find(&fragments->cells, left->start >> level,
                                                  cell_minor(level, left->volume, left->kind));
    first->value = left->cell_next;
    if (left->cell_next == BLKTRACE_FRAGMENT_NONE)
        trace_map_clear(&fragments->cells, first);
}

static bool start_cells(struct blktrace_fragments *fragments)
{
    fragments->has_cells = true;
    fragments->levels = 0;
    for (uint32_t i = 0; i < fragments->used; i++)
        if (fragments->items[i].request != FRAGMENT_FREE && !enter_cell(fragments, i))
            return false;
    return true;
}

bool blktrace_fragments_around(struct blktrace_fragments *fragments, const struct blktrace_key *key,
                               uint64_t from, uint32_t *number)
{
    const struct blktrace_fragment *items = fragments->items;
    *number = BLKTRACE_FRAGMENT_NONE;
    if (fragments->live == 0)
        return true;
    if (!fragments->has_cells && !start_cells(fragments))
        return false;
    for (uint64_t levels = fragments->levels; levels != 0; levels &= levels - 1) {
        unsigned level = (unsigned)__builtin_ctzll(levels);
        uint32_t minor = cell_minor(level, key->volume, (uint8_t)key->kind);
        uint64_t cell = key->start >> level;
        for (uint64_t back = 0; back < 2 && back <= cell; back++) {
            uint32_t at = trace_map_get(&fragments->cells, cell - back, minor);
            for (; at != BLKTRACE_FRAGMENT_NONE; at = items[at].cell_next)
                if (items[at].request >= from && items[at].start < key->start &&
                    key->start - items[at].start < items[at].bytes &&
                    (*number == BLKTRACE_FRAGMENT_NONE ||
                     items[at].request < items[*number].request))
                    *number = at;
        }
    }
    return true;
}

uint64_t blktrace_fragments_next(const struct blktrace_fragments *fragments,
                                 const struct blktrace_key *key, uint64_t end)
{
    uint32_t minor = blktrace_key_minor(key->volume, key->kind);
    uint64_t sector = key->start / BLKTRACE_SECTOR_BYTES + 1;
    uint64_t next = end;
    if ((end - key->start) / BLKTRACE_SECTOR_BYTES < fragments->used) {
        while (sector * BLKTRACE_SECTOR_BYTES < end &&
               trace_map_get(&fragments->index, sector * BLKTRACE_SECTOR_BYTES, minor) ==
                   TRACE_MAP_NONE)
            sector++;
        return sector * BLKTRACE_SECTOR_BYTES < end ? sector * BLKTRACE_SECTOR_BYTES : end;
    }
    for (uint32_t i = 0; i < fragments->used; i++) {
        const struct blktrace_fragment *fragment = &fragments->items[i];
        if (fragment->request != FRAGMENT_FREE && fragment->volume == key->volume &&
            fragment->kind == key->kind && fragment->start > key->start && fragment->start < next)
            next = fragment->start;
    }
    return next;
}

// ---- Changes ----

static inline bool reserve(struct blktrace_fragments *fragments)
{
    if (fragments->free_count > 0 || fragments->used < fragments->capacity)
        return true;
    uint32_t capacity =
        fragments->capacity == 0 ? FRAGMENTS_FIRST_CAPACITY : fragments->capacity * 2;
    struct blktrace_fragment *items = realloc(fragments->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    fragments->items = items;
    fragments->capacity = capacity;
    return true;
}

static void release(struct blktrace_fragments *fragments, uint32_t number)
{
    fragments->items[number].request = FRAGMENT_FREE;
    fragments->items[number].next = fragments->free_first;
    fragments->free_first = number;
    fragments->free_count++;
    fragments->live--;
}

uint32_t blktrace_fragments_add(struct blktrace_fragments *fragments,
                                const struct blktrace_key *key, uint32_t bytes, uint64_t request,
                                uint32_t sibling)
{
    assert(fragments->live < BLKTRACE_FRAGMENTS_MAX);
    if (!reserve(fragments))
        return BLKTRACE_FRAGMENT_NONE;
    uint32_t number = fragments->used;
    if (fragments->free_count > 0) {
        number = fragments->free_first;
        fragments->free_first = fragments->items[number].next;
        fragments->free_count--;
    } else {
        fragments->used++;
    }
    fragments->live++;
    struct blktrace_fragment *added = &fragments->items[number];
    *added = (struct blktrace_fragment){
        .start = key->start,
        .request = request,
        .bytes = bytes,
        .previous = number,
        .next = number,
        .volume = (uint16_t)key->volume,
        .kind = (uint8_t)key->kind,
    };
    if (!link_newest(fragments, number) ||
        (fragments->has_cells && !enter_cell(fragments, number))) {
        release(fragments, number);
        return BLKTRACE_FRAGMENT_NONE;
    }
    if (sibling != BLKTRACE_FRAGMENT_NONE) {
        struct blktrace_fragment *before = &fragments->items[sibling];
        added->previous = sibling;
        added->next = before->next;
        fragments->items[before->next].previous = number;
        before->next = number;
    }
    return number;
}

bool blktrace_fragments_cut(struct blktrace_fragments *fragments, uint32_t around,
                            const struct blktrace_key *key, uint32_t *number)
{
    *number = BLKTRACE_FRAGMENT_NONE;
    if (around == BLKTRACE_FRAGMENT_NONE || fragments->live == BLKTRACE_FRAGMENTS_MAX)
        return true;
    struct blktrace_fragment *front = &fragments->items[around];
    uint32_t front_bytes = (uint32_t)(key->start - front->start);
    uint32_t back_bytes = front->bytes - front_bytes;
    assert(front->start < key->start && key->start - front->start < front->bytes);
    if (fragments->has_cells)
        leave_cell(fragments, around);
    front->bytes = front_bytes;
    if (fragments->has_cells && !enter_cell(fragments, around))
        return false;
    *number = blktrace_fragments_add(fragments, key, back_bytes, front->request, around);
    if (*number == BLKTRACE_FRAGMENT_NONE)
        return false;
    struct blktrace_fragment *back = &fragments->items[*number];
    back->flushed_first = fragments->items[around].flushed_first;
    back->forced = fragments->items[around].forced;
    return true;
}

uint32_t blktrace_fragments_remove(struct blktrace_fragments *fragments, uint32_t number)
{
    const struct blktrace_fragment *gone = &fragments->items[number];
    uint32_t sibling = gone->next == number ? BLKTRACE_FRAGMENT_NONE : gone->next;
    unlink_key(fragments, number);
    if (fragments->has_cells) {
        leave_cell(fragments, number);
        fragments->has_cells = fragments->live > 1;
    }
    if (sibling != BLKTRACE_FRAGMENT_NONE) {
        fragments->items[gone->previous].next = gone->next;
        fragments->items[gone->next].previous = gone->previous;
    }
    release(fragments, number);
    return sibling;
}

bool blktrace_fragments_change(struct blktrace_fragments *fragments, uint32_t number,
                               uint32_t bytes, enum blktrace_kind kind)
{
    struct blktrace_fragment *fragment = &fragments->items[number];
    assert(bytes < fragment->bytes);
    unlink_key(fragments, number);
    if (fragments->has_cells)
        leave_cell(fragments, number);
    fragment->start += bytes;
    fragment->bytes -= bytes;
    fragment->kind = (uint8_t)kind;
    return link_newest(fragments, number) &&
           (!fragments->has_cells || enter_cell(fragments, number));
}

bool blktrace_fragments_take(struct blktrace_fragments *fragments, const struct blktrace_key *key,
                             uint32_t *number)
{
    uint32_t around;
    *number = blktrace_fragments_find(fragments, key);
    return *number != BLKTRACE_FRAGMENT_NONE ||
           (blktrace_fragments_around(fragments, key, 0, &around) &&
            blktrace_fragments_cut(fragments, around, key, number));
}

bool blktrace_fragments_consume(struct blktrace_fragments *fragments, uint32_t number,
                                uint32_t bytes)
{
    const struct blktrace_fragment *fragment = blktrace_fragment_at(fragments, number);
    if (bytes < fragment->bytes)
        return blktrace_fragments_change(fragments, number, bytes,
                                         (enum blktrace_kind)fragment->kind);
    blktrace_fragments_remove(fragments, number);
    return true;
}
