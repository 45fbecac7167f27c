// SPDX-License-Identifier: GPL-2.0-or-later
#define _DEFAULT_SOURCE // madvise
#include "traces/reorder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// The ring's places are numbers modulo its size.
_Static_assert((TRACE_REORDER_MAX & (TRACE_REORDER_MAX - 1)) == 0, "a power of two");

#define LARGE_PAGE_BYTES ((size_t)2 << 20)

// Memory that will be filled, in large pages if the system has any: it comes with a fault for each
// 2 MiB, not each 4 KiB.
static void *allocate_large(size_t bytes)
{
    bytes = (bytes + LARGE_PAGE_BYTES - 1) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES;
    void *memory = aligned_alloc(LARGE_PAGE_BYTES, bytes);
#ifdef MADV_HUGEPAGE
    if (memory != NULL)
        madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

// Most recordings that are tried are small.
#define FIRST_ENTRIES 64

static bool fail(struct trace_reorder *reorder, struct trace_error *error)
{
    trace_reorder_free(reorder);
    trace_error_no_memory(error);
    return false;
}

bool trace_reorder_init(struct trace_reorder *reorder, bool fills, struct trace_error *error)
{
    *reorder = (struct trace_reorder){.last_ns = INT64_MIN};
    if (!fills)
        return trace_reorder_grow(reorder, error);
    reorder->ring = allocate_large(TRACE_REORDER_MAX * sizeof *reorder->ring);
    reorder->heap.entries = malloc(TRACE_REORDER_MAX * sizeof *reorder->ring);
    if (reorder->ring == NULL || reorder->heap.entries == NULL)
        return fail(reorder, error);
    reorder->capacity = reorder->heap.capacity = TRACE_REORDER_MAX;
    return true;
}

bool trace_reorder_grow(struct trace_reorder *reorder, struct trace_error *error)
{
    size_t capacity = reorder->capacity == 0 ? FIRST_ENTRIES : 2 * reorder->capacity;
    assert(reorder->ring_first == 0 && capacity <= TRACE_REORDER_MAX);
    struct trace_reorder_entry *ring = realloc(reorder->ring, capacity * sizeof *ring);
    if (ring != NULL)
        reorder->ring = ring;
    void *entries = realloc(reorder->heap.entries, capacity * sizeof *ring);
    if (entries != NULL)
        reorder->heap.entries = entries;
    if (ring == NULL || entries == NULL)
        return fail(reorder, error);
    reorder->capacity = reorder->heap.capacity = capacity;
    return true;
}

void trace_reorder_free(struct trace_reorder *reorder)
{
    free(reorder->ring);
    trace_heap_free(&reorder->heap);
    *reorder = (struct trace_reorder){0};
}

static bool is_before(const void *left, const void *right)
{
    const struct trace_reorder_entry *a = left;
    const struct trace_reorder_entry *b = right;
    if (a->request.arrival_ns != b->request.arrival_ns)
        return a->request.arrival_ns < b->request.arrival_ns;
    return a->sequence < b->sequence;
}

static const struct trace_heap_kind displaced = {sizeof(struct trace_reorder_entry), is_before};

// Requests that are complete one after the other come a few places too late: to move those behind
// them costs a tenth of the way through the heap.
#define NEAR_PLACES 64

// What was made behind the ring goes to its place in it if that is near, else into the heap, where
// there is room.
void trace_reorder_displace(struct trace_reorder *reorder)
{
    size_t place = reorder->ring_count;
    struct trace_reorder_entry entry = *trace_reorder_at(reorder, place);
    reorder->displaced++;
    if (place > NEAR_PLACES &&
        entry.request.arrival_ns <
            trace_reorder_at(reorder, place - NEAR_PLACES)->request.arrival_ns) {
        trace_heap_push(&reorder->heap, &displaced, &entry);
        return;
    }
    for (; place > 0; place--) {
        const struct trace_reorder_entry *earlier = trace_reorder_at(reorder, place - 1);
        if (entry.request.arrival_ns >= earlier->request.arrival_ns)
            break;
        *trace_reorder_at(reorder, place) = *earlier;
    }
    *trace_reorder_at(reorder, place) = entry;
    reorder->ring_count++;
}

static int compare_sequence(const void *left, const void *right)
{
    const struct trace_reorder_entry *a = left;
    const struct trace_reorder_entry *b = right;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

const struct trace_reorder_entry *trace_reorder_unsort(struct trace_reorder *reorder, size_t *count)
{
    assert(reorder->ring_first == 0);
    *count = reorder->ring_count + reorder->heap.count;
    memcpy(reorder->ring + reorder->ring_count, reorder->heap.entries,
           reorder->heap.count * sizeof *reorder->ring);
    qsort(reorder->ring, *count, sizeof *reorder->ring, compare_sequence);
    return reorder->ring;
}

static bool is_behind(const struct trace_reorder_entry *entry, uint64_t place, int64_t time_ns)
{
    return entry->sequence >= place && entry->request.arrival_ns < time_ns;
}

bool trace_reorder_is_far_off(const struct trace_reorder *reorder)
{
    const struct trace_reorder_entry *displaced_entries = reorder->heap.entries;
    uint64_t start = UINT64_MAX;
    int64_t first_max_ns = INT64_MIN;
    // The first of the file, and the latest of a quarter, are never in the heap.
    for (size_t i = 0; i < reorder->ring_count; i++)
        start = reorder->ring[i].sequence < start ? reorder->ring[i].sequence : start;
    uint64_t quarter = (reorder->pushed - start) / 4;
    for (size_t i = 0; i < reorder->ring_count; i++)
        if (reorder->ring[i].sequence < start + quarter)
            first_max_ns = reorder->ring[i].request.arrival_ns;
    bool found = false;
    for (size_t i = 0; i < reorder->ring_count; i++)
        found = found || is_behind(&reorder->ring[i], start + 3 * quarter, first_max_ns);
    for (size_t i = 0; i < reorder->heap.count; i++)
        found = found || is_behind(&displaced_entries[i], start + 3 * quarter, first_max_ns);
    return found;
}

static int64_t gap(int64_t later_ns, int64_t earlier_ns)
{
    uint64_t gap_ns = (uint64_t)later_ns - (uint64_t)earlier_ns;
    return gap_ns > INT64_MAX ? INT64_MAX : (int64_t)gap_ns;
}

bool trace_reorder_pop_any(struct trace_reorder *reorder, struct trace_request *request)
{
    const struct trace_reorder_entry *first = trace_reorder_at(reorder, 0);
    const struct trace_reorder_entry *earlier = reorder->heap.entries;
    if (reorder->heap.count > 0 && (reorder->ring_count == 0 || is_before(earlier, first))) {
        *request = earlier->request;
        trace_heap_pop(&reorder->heap, &displaced);
    } else if (reorder->ring_count > 0) {
        *request = first->request;
        reorder->ring_first++;
        reorder->ring_count--;
    } else {
        return false;
    }
    if (request->arrival_ns < reorder->last_ns) {
        int64_t gap_ns = gap(reorder->last_ns, request->arrival_ns);
        reorder->late++;
        reorder->late_ns = gap_ns > reorder->late_ns ? gap_ns : reorder->late_ns;
        request->arrival_ns = reorder->last_ns;
    }
    reorder->last_ns = request->arrival_ns;
    return true;
}

void trace_reorder_report(const struct trace_reorder *reorder, struct trace_notices *notices,
                          const char *source)
{
    trace_notices_set(notices, "too-late", source, reorder->late,
                      "%llu requests stand more than %d lines behind their time, by up to %lld ns; "
                      "they are taken to arrive with the one before them. Sort the file by time.",
                      (unsigned long long)reorder->late, TRACE_REORDER_MAX,
                      (long long)reorder->late_ns);
}
