// SPDX-License-Identifier: GPL-2.0-or-later
// A request is outstanding as fragments, at first one. A split cuts a fragment in two; a
// completion eats fragments from its start to its end, so that one completion can end many merged
// requests and several can end one. A request is complete when it has no fragment left.
#include "traces/blktrace/blktrace_pair.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(sizeof(struct blktrace_pending) == 32, "2^20 of them are 32 MiB");

void blktrace_pairing_weigh(struct blktrace_pairing *pairing)
{
    bool any = pairing->batches.order != TRACE_BATCH_ISSUE;
    unsigned queued =
        pairing->senders.threads != NULL ? 1U << BLKTRACE_QUEUE | 1U << BLKTRACE_SPLIT : 0;
    pairing->matter[TRACE_ARRIVAL_AUTO] = UINT32_MAX;
    pairing->matter[TRACE_ARRIVAL_QUEUE] =
        1U << BLKTRACE_QUEUE | 1U << BLKTRACE_SPLIT | 1U << BLKTRACE_COMPLETE;
    pairing->matter[TRACE_ARRIVAL_ISSUE] =
        any ? UINT32_MAX
            : queued | 1U << BLKTRACE_ISSUE | 1U << BLKTRACE_REQUEUE | 1U << BLKTRACE_COMPLETE;
}

void blktrace_pairing_init(struct blktrace_pairing *pairing, enum trace_arrival arrival, bool lossy)
{
    static const unsigned queue = 1U << BLKTRACE_QUEUE | 1U << BLKTRACE_SPLIT;
    static const unsigned issue = 1U << BLKTRACE_ISSUE | 1U << BLKTRACE_REQUEUE;
    unsigned actions =
        (arrival != TRACE_ARRIVAL_ISSUE ? queue : 0) | (arrival != TRACE_ARRIVAL_QUEUE ? issue : 0);
    *pairing = (struct blktrace_pairing){
        .arrival = arrival,
        .lossy = lossy,
        .actions = actions | 1U << BLKTRACE_COMPLETE,
        .batches.hold_from = UINT64_MAX,
        .batches.next_end_ns = INT64_MAX,
    };
    blktrace_pairing_weigh(pairing);
}

void blktrace_pairing_free(struct blktrace_pairing *pairing)
{
    blktrace_window_free(&pairing->window);
    blktrace_fragments_free(&pairing->fragments);
    blktrace_handed_free(&pairing->handed);
    blktrace_started_free(&pairing->started);
    blktrace_fragments_free(&pairing->senders.queued);
    blktrace_batches_free(&pairing->batches);
    for (size_t i = 0; i < pairing->volume_count; i++)
        free(pairing->volumes[i].waiting);
    free(pairing->volumes);
}

// ---- Arrivals, splits, requeues ----

// Makes room for one more request or fragment. What is oldest in the window is pending, since
// everything that is known has been taken.
static inline void make_room(struct blktrace_pairing *pairing)
{
    const struct blktrace_window *window = &pairing->window;
    if (pairing->fragments.live == BLKTRACE_FRAGMENTS_MAX ||
        window->next - window->first == BLKTRACE_WINDOW_MAX) {
        assert(blktrace_window_at(window, window->first)->state == BLKTRACE_PENDING);
        blktrace_pairing_abandon(pairing, window->first);
    }
}

// The newest fragment of the key, or BLKTRACE_FRAGMENT_NONE.
static uint32_t find_newest(struct blktrace_pairing *pairing, const struct blktrace_key *key)
{
    uint32_t oldest = blktrace_pairing_oldest(pairing, key);
    return oldest == BLKTRACE_FRAGMENT_NONE
               ? oldest
               : blktrace_fragment_at(&pairing->fragments, oldest)->older;
}

static bool take_arrival(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                         uint32_t volume, enum trace_op op)
{
    struct blktrace_key key = {record->offset, volume,
                               op == TRACE_FLUSH ? BLKTRACE_KIND_FLUSH
                                                 : blktrace_record_kind(record)};
    uint32_t newest = pairing->continues ? find_newest(pairing, &key) : BLKTRACE_FRAGMENT_NONE;
    if (newest != BLKTRACE_FRAGMENT_NONE) {
        struct blktrace_fragment *fragment = blktrace_fragment_at(&pairing->fragments, newest);
        if (fragment->continued && fragment->bytes == record->bytes) {
            fragment->continued = false;
            return true;
        }
    }
    make_room(pairing);
    uint32_t fragment = blktrace_fragments_add(&pairing->fragments, &key, record->bytes,
                                               pairing->window.next, BLKTRACE_FRAGMENT_NONE);
    if (fragment == BLKTRACE_FRAGMENT_NONE)
        return false;
    struct blktrace_pending *request = blktrace_window_push(&pairing->window);
    if (request == NULL)
        return false;
    if (op == TRACE_WRITE && blktrace_record_has(record, BLKTRACE_FLUSH | BLKTRACE_FUA) &&
        blktrace_pairing_is_by_queue(pairing, volume)) {
        struct blktrace_fragment *added = blktrace_fragment_at(&pairing->fragments, fragment);
        added->flushed_first = blktrace_record_has(record, BLKTRACE_FLUSH);
        added->forced = blktrace_record_has(record, BLKTRACE_FUA);
    }
    *request = (struct blktrace_pending){
        .arrival_ns = (int64_t)record->time_ns,
        .fragment = fragment,
        // Only a flush, whose sector means nothing, can lie beyond 2^63 bytes.
        .offset = record->offset <= INT64_MAX ? record->offset : 0,
        .bytes = record->bytes,
        .volume = (uint16_t)volume,
        .op = (uint8_t)op,
        .state = BLKTRACE_PENDING,
    };
    if (pairing->senders.threads != NULL &&
        !blktrace_senders_find(pairing, record, volume, op,
                               blktrace_window_sender(&pairing->window, pairing->window.next - 1)))
        return false;
    pairing->requests++;
    if (!pairing->volumes[volume].arrives) {
        pairing->volumes[volume].arrives = true;
        pairing->arriving++;
    }
    return true;
}

// A device mapper tells of a split once it has moved on: the record begins where the rest does.
// What lies before has no completion of its own, and ends no later than the rest.
static bool take_moved_on(struct blktrace_pairing *pairing, const struct blktrace_key *key)
{
    uint32_t back;
    uint32_t front;
    if (!blktrace_pairing_around(pairing, key, &front) ||
        !blktrace_fragments_cut(&pairing->fragments, front, key, &back))
        return false;
    if (back == BLKTRACE_FRAGMENT_NONE)
        return true;
    const struct blktrace_fragment *rest = blktrace_fragment_at(&pairing->fragments, back);
    blktrace_window_at(&pairing->window, rest->request)->fragment = back;
    blktrace_fragments_remove(&pairing->fragments, front);
    return true;
}

// The second half is announced again by some kernels, as an arrival of its own.
static bool take_split(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                       uint32_t volume)
{
    if (record->split_at == 0) {
        pairing->bad_splits++;
        return true;
    }
    make_room(pairing);
    struct blktrace_key key = {record->offset, volume, blktrace_record_kind(record)};
    uint32_t number = find_newest(pairing, &key);
    if (number == BLKTRACE_FRAGMENT_NONE && record->split_at == record->offset)
        return take_moved_on(pairing, &key);
    if (number == BLKTRACE_FRAGMENT_NONE || record->split_at <= record->offset)
        return true;
    if (record->split_at - record->offset >=
        blktrace_fragment_at(&pairing->fragments, number)->bytes)
        return true;
    uint32_t back;
    key.start = record->split_at;
    if (!blktrace_fragments_cut(&pairing->fragments, number, &key, &back))
        return false;
    blktrace_fragment_at(&pairing->fragments, back)->continued = true;
    pairing->continues = true;
    return true;
}

// The device did not take it: it will be issued again. What is left of one that was partly
// completed stays the same request.
static bool take_requeue(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                         uint32_t volume)
{
    bool flush = blktrace_record_op(record) == TRACE_FLUSH;
    struct blktrace_key key = {record->offset, volume,
                               flush ? BLKTRACE_KIND_FLUSH : blktrace_record_kind(record)};
    uint32_t number = find_newest(pairing, &key);
    if (number == BLKTRACE_FRAGMENT_NONE)
        return true;
    struct blktrace_fragment *fragment = blktrace_fragment_at(&pairing->fragments, number);
    uint64_t issued = fragment->request;
    struct blktrace_pending *request = blktrace_window_at(&pairing->window, issued);
    if (fragment->bytes < request->bytes) {
        fragment->continued = true;
        pairing->continues = true;
        return true;
    }
    blktrace_fragments_remove(&pairing->fragments, number);
    request->state = BLKTRACE_WITHDRAWN;
    pairing->requests--;
    return pairing->senders.threads == NULL ||
           blktrace_senders_return(pairing, record, volume,
                                   blktrace_window_sender(&pairing->window, issued));
}

bool blktrace_pairing_event(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume)
{
    unsigned action = blktrace_record_action(record);
    enum trace_op op;
    if (volume >= pairing->volume_count && !blktrace_pairing_reserve(pairing, (size_t)volume + 1))
        return false;
    struct blktrace_volume *known = &pairing->volumes[volume];
    if ((pairing->matter[known->arrival] >> (action & 31) & 1) == 0 && !record->after_gap &&
        !blktrace_record_has(record, BLKTRACE_PASSTHROUGH))
        return true;
    if (known->arrival == TRACE_ARRIVAL_AUTO) {
        bool issues = blktrace_record_arrives(record, TRACE_ARRIVAL_ISSUE, &op);
        if (known->is_below) {
            known->hidden[TRACE_ARRIVAL_ISSUE] += issues;
            known->hidden[TRACE_ARRIVAL_QUEUE] +=
                blktrace_record_arrives(record, TRACE_ARRIVAL_QUEUE, &op);
            return action != BLKTRACE_COMPLETE || pairing->handed.place_count == 0 ||
                   blktrace_pairing_complete_watched(pairing, record, volume);
        }
        if (issues) {
            known->arrival = TRACE_ARRIVAL_ISSUE;
            known->from = pairing->window.next;
        }
    }
    if (pairing->senders.threads != NULL && !blktrace_senders_watch(pairing, record, volume))
        return false;
    bool queue = blktrace_pairing_is_by_queue(pairing, volume);
    if (record->after_gap)
        pairing->suspect = pairing->window.next;
    if (blktrace_record_has(record, BLKTRACE_PASSTHROUGH)) {
        pairing->passthrough += action == BLKTRACE_ISSUE;
        return true;
    }
    uint64_t next = pairing->window.next;
    bool batches =
        pairing->batches.order != TRACE_BATCH_ISSUE && known->arrival != TRACE_ARRIVAL_QUEUE;
    if (action == (queue ? BLKTRACE_QUEUE : BLKTRACE_ISSUE)) {
        if (blktrace_record_arrives(record, queue ? TRACE_ARRIVAL_QUEUE : TRACE_ARRIVAL_ISSUE, &op))
            return take_arrival(pairing, record, volume, op) &&
                   (!batches || blktrace_batches_watch(pairing, record, volume, next));
        pairing->zero_bytes++;
    }
    if (batches && !blktrace_batches_watch(pairing, record, volume, next))
        return false;
    if (action == BLKTRACE_COMPLETE) {
        return pairing->handed.place_count == 0
                   ? blktrace_pairing_complete(pairing, record, volume)
                   : blktrace_pairing_complete_watched(pairing, record, volume);
    } else if (action == BLKTRACE_SPLIT && queue) {
        return take_split(pairing, record, volume);
    } else if (action == BLKTRACE_REQUEUE && !queue) {
        return take_requeue(pairing, record, volume);
    }
    return true;
}

bool blktrace_pairing_take(struct blktrace_pairing *pairing, struct trace_request *request)
{
    struct blktrace_window *window = &pairing->window;
    if (pairing->started.is_open && blktrace_started_take(pairing, request))
        return true;
    if (pairing->batches.order == TRACE_BATCH_AUTO)
        blktrace_batches_decide(pairing);
    while (window->first < window->next && window->first < pairing->batches.hold_from) {
        const struct blktrace_pending *oldest = blktrace_window_at(window, window->first);
        struct blktrace_volume *volume = &pairing->volumes[oldest->volume];
        if (window->first < volume->from) {
            if (oldest->state == BLKTRACE_PENDING)
                blktrace_pairing_drop(pairing, oldest->fragment);
            pairing->requests--;
            blktrace_window_pop(window);
            continue;
        }
        if (volume->arrival == TRACE_ARRIVAL_AUTO && !blktrace_pairing_decide(pairing, volume))
            return false;
        if (oldest->state == BLKTRACE_PENDING &&
            ((!pairing->ended && pairing->handed.kept_count == 0) ||
             !blktrace_pairing_give_up(pairing)))
            return false;
        bool withdrawn = oldest->state == BLKTRACE_WITHDRAWN;
        *request = (struct trace_request){
            .arrival_ns = oldest->arrival_ns,
            .latency_ns = oldest->latency_ns,
            .offset = oldest->offset,
            .bytes = oldest->bytes,
            .volume = oldest->volume,
            .op = (enum trace_op)oldest->op,
        };
        if (window->has_senders) {
            request->stream = blktrace_window_sender(window, window->first)->stream;
            request->also = blktrace_window_sender(window, window->first)->also;
        }
        blktrace_window_pop(window);
        if (!withdrawn)
            return true;
    }
    return false;
}
