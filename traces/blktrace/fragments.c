// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/blktrace/blktrace_pair.h"

#include <assert.h>
#include <stdlib.h>

#define FRAGMENTS_FIRST_CAPACITY 64
#define FRAGMENT_FREE UINT64_MAX // as the number of a request

// Among so many a fragment is looked for by what lies in it, which takes a look at each.
#define SEARCHED_MAX 4096

void blktrace_fragments_free(struct blktrace_fragments *fragments)
{
    free(fragments->items);
    trace_map_free(&fragments->index);
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
    struct trace_map_slot *oldest = trace_map_find(&fragments->index, gone->start,
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
    if (!link_newest(fragments, number)) {
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

// Such completions are of devices that put requests into pieces, which have few outstanding.
uint32_t blktrace_fragments_around(const struct blktrace_fragments *fragments,
                                   const struct blktrace_key *key, uint64_t from)
{
    uint32_t found = BLKTRACE_FRAGMENT_NONE;
    for (uint32_t i = 0; fragments->used <= SEARCHED_MAX && i < fragments->used; i++) {
        const struct blktrace_fragment *fragment = &fragments->items[i];
        if (fragment->request != FRAGMENT_FREE && fragment->request >= from &&
            fragment->start < key->start && key->start - fragment->start < fragment->bytes &&
            fragment->volume == key->volume && fragment->kind == key->kind &&
            (found == BLKTRACE_FRAGMENT_NONE ||
             fragment->request < fragments->items[found].request))
            found = i;
    }
    return found;
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
    front->bytes = front_bytes;
    *number = blktrace_fragments_add(fragments, key, back_bytes, front->request, around);
    return *number != BLKTRACE_FRAGMENT_NONE;
}

uint32_t blktrace_fragments_remove(struct blktrace_fragments *fragments, uint32_t number)
{
    const struct blktrace_fragment *gone = &fragments->items[number];
    uint32_t sibling = gone->next == number ? BLKTRACE_FRAGMENT_NONE : gone->next;
    unlink_key(fragments, number);
    fragments->items[gone->previous].next = gone->next;
    fragments->items[gone->next].previous = gone->previous;
    release(fragments, number);
    return sibling;
}

bool blktrace_fragments_shorten(struct blktrace_fragments *fragments, uint32_t number,
                                uint32_t bytes)
{
    struct blktrace_fragment *fragment = &fragments->items[number];
    assert(bytes < fragment->bytes);
    unlink_key(fragments, number);
    fragment->start += bytes;
    fragment->bytes -= bytes;
    return link_newest(fragments, number);
}
