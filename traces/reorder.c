// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/reorder.h"

#include <assert.h>
#include <stdlib.h>

// The ring's places are numbers modulo its size.
_Static_assert((TRACE_REORDER_MAX & (TRACE_REORDER_MAX - 1)) == 0, "a power of two");

bool trace_reorder_init(struct trace_reorder *reorder, struct trace_error *error)
{
    *reorder = (struct trace_reorder){.last_ns = INT64_MIN};
    reorder->ring = malloc(TRACE_REORDER_MAX * sizeof *reorder->ring);
    reorder->heap = malloc(TRACE_REORDER_MAX * sizeof *reorder->heap);
    if (reorder->ring == NULL || reorder->heap == NULL) {
        trace_reorder_free(reorder);
        trace_error_no_memory(error);
        return false;
    }
    return true;
}

void trace_reorder_free(struct trace_reorder *reorder)
{
    free(reorder->ring);
    free(reorder->heap);
    *reorder = (struct trace_reorder){0};
}

static bool is_before(const struct trace_reorder_entry *a, const struct trace_reorder_entry *b)
{
    if (a->request.arrival_ns != b->request.arrival_ns)
        return a->request.arrival_ns < b->request.arrival_ns;
    return a->sequence < b->sequence;
}

static struct trace_reorder_entry *ring_at(const struct trace_reorder *reorder, size_t i)
{
    return &reorder->ring[(reorder->ring_first + i) & (TRACE_REORDER_MAX - 1)];
}

static void heap_push(struct trace_reorder *reorder, const struct trace_reorder_entry *entry)
{
    size_t at = reorder->heap_count++;
    while (at > 0 && is_before(entry, &reorder->heap[(at - 1) / 2])) {
        reorder->heap[at] = reorder->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    reorder->heap[at] = *entry;
}

static void heap_pop(struct trace_reorder *reorder)
{
    const struct trace_reorder_entry *last = &reorder->heap[--reorder->heap_count];
    size_t count = reorder->heap_count;
    size_t at = 0;
    for (size_t child = 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_before(&reorder->heap[child + 1], &reorder->heap[child]))
            child++;
        if (!is_before(&reorder->heap[child], last))
            break;
        reorder->heap[at] = reorder->heap[child];
        at = child;
    }
    reorder->heap[at] = *last;
}

void trace_reorder_push(struct trace_reorder *reorder, const struct trace_request *request)
{
    struct trace_reorder_entry entry = {*request, reorder->pushed++};
    assert(!trace_reorder_full(reorder));
    if (reorder->ring_count == 0 ||
        request->arrival_ns >= ring_at(reorder, reorder->ring_count - 1)->request.arrival_ns) {
        *ring_at(reorder, reorder->ring_count++) = entry;
    } else {
        heap_push(reorder, &entry);
        reorder->displaced++;
    }
}

static int64_t gap(int64_t later_ns, int64_t earlier_ns)
{
    uint64_t gap_ns = (uint64_t)later_ns - (uint64_t)earlier_ns;
    return gap_ns > INT64_MAX ? INT64_MAX : (int64_t)gap_ns;
}

bool trace_reorder_pop(struct trace_reorder *reorder, struct trace_request *request)
{
    const struct trace_reorder_entry *first = ring_at(reorder, 0);
    if (reorder->heap_count > 0 &&
        (reorder->ring_count == 0 || is_before(&reorder->heap[0], first))) {
        *request = reorder->heap[0].request;
        heap_pop(reorder);
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
