// SPDX-License-Identifier: GPL-2.0-or-later
// A request is outstanding as fragments, at first one. A split cuts a fragment in two; a
// completion eats fragments from its start to its end, so that one completion can end many merged
// requests and several can end one. A request is complete when it has no fragment left.
#include "traces/blktrace/blktrace_pair.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(sizeof(struct blktrace_pending) == 32, "2^20 of them are 32 MiB");

void blktrace_pairing_init(struct blktrace_pairing *pairing, enum trace_arrival arrival, bool lossy)
{
    static const unsigned queue = 1U << BLKTRACE_QUEUE | 1U << BLKTRACE_SPLIT;
    static const unsigned issue = 1U << BLKTRACE_ISSUE | 1U << BLKTRACE_REQUEUE;
    unsigned actions =
        (arrival != TRACE_ARRIVAL_ISSUE ? queue : 0) | (arrival != TRACE_ARRIVAL_QUEUE ? issue : 0);
    *pairing = (struct blktrace_pairing){
        .arrival = arrival, .lossy = lossy, .actions = actions | 1U << BLKTRACE_COMPLETE};
}

void blktrace_pairing_free(struct blktrace_pairing *pairing)
{
    blktrace_window_free(&pairing->window);
    blktrace_fragments_free(&pairing->fragments);
    free(pairing->volumes);
}

// ---- Volumes ----
static inline bool is_by_queue(const struct blktrace_pairing *pairing, uint32_t volume)
{
    return pairing->volumes[volume].arrival != TRACE_ARRIVAL_ISSUE;
}

static void note_completed(struct blktrace_volume *volume)
{
    if (volume->arrival == TRACE_ARRIVAL_AUTO && ++volume->completed == BLKTRACE_UNDECIDED_MAX)
        volume->arrival = TRACE_ARRIVAL_QUEUE;
}

// The oldest fragment of the key, or BLKTRACE_FRAGMENT_NONE. Those of requests that are none go.
static uint32_t find_oldest(struct blktrace_pairing *pairing, const struct blktrace_key *key)
{
    uint64_t from = pairing->volumes[key->volume].from;
    uint32_t number = blktrace_fragments_find(&pairing->fragments, key);
    while (number != BLKTRACE_FRAGMENT_NONE) {
        uint64_t request = blktrace_fragment_at(&pairing->fragments, number)->request;
        if (request >= from)
            break;
        blktrace_window_at(&pairing->window, request)->fragment =
            blktrace_fragments_remove(&pairing->fragments, number);
        number = blktrace_fragments_find(&pairing->fragments, key);
    }
    return number;
}

// One in whose middle the key's start lies. Requests that are none do not count here either.
static uint32_t find_around(const struct blktrace_pairing *pairing, const struct blktrace_key *key)
{
    return blktrace_fragments_around(&pairing->fragments, key, pairing->volumes[key->volume].from);
}

// ---- Completions ----
// Which request a completion belongs to.
//
// Of several fragments with the same start the oldest of the completion's length is meant, else the
// oldest: devices tend to answer in order.
// After records were lost this would be wrong for ever on a sector that is used again and again (a
// journal, all flushes): a request whose completion is missing would take that of the next one. So
// a request from before a loss gives way to a newer one with the same start.

// Where the front of a merged completion has no arrival, the next fragment is looked for in steps
// of a page, this often.
#define PROBE_BYTES 4096
#define PROBES_MAX 16

// Of so many of the oldest with the same start, one that is as long as the completion is preferred.
#define CANDIDATES_MAX 8

static void set_known(struct blktrace_pending *request, int64_t latency_ns)
{
    request->state = BLKTRACE_COMPLETED;
    request->latency_ns = latency_ns;
}

static void drop_fragments(struct blktrace_pairing *pairing, uint32_t fragment)
{
    while (fragment != BLKTRACE_FRAGMENT_NONE)
        fragment = blktrace_fragments_remove(&pairing->fragments, fragment);
}

static void abandon(struct blktrace_pairing *pairing, uint64_t number)
{
    struct blktrace_pending *request = blktrace_window_at(&pairing->window, number);
    drop_fragments(pairing, request->fragment);
    set_known(request, TRACE_LATENCY_UNKNOWN);
    pairing->no_completion++;
}

static uint32_t find_same_length(const struct blktrace_pairing *pairing, uint32_t oldest,
                                 uint64_t bytes)
{
    uint32_t number = oldest;
    for (unsigned i = 0; i < CANDIDATES_MAX; i++) {
        const struct blktrace_fragment *fragment =
            blktrace_fragment_at(&pairing->fragments, number);
        if (fragment->bytes == bytes)
            return number;
        number = fragment->newer;
        if (number == oldest)
            break;
    }
    return oldest;
}

// The fragment that a completion of `bytes` at the key means, or BLKTRACE_FRAGMENT_NONE.
static inline uint32_t pairing_meant(struct blktrace_pairing *pairing,
                                     const struct blktrace_key *key, uint64_t bytes)
{
    uint32_t number = find_oldest(pairing, key);
    while (number != BLKTRACE_FRAGMENT_NONE) {
        const struct blktrace_fragment *oldest = blktrace_fragment_at(&pairing->fragments, number);
        bool suspect = pairing->lossy || oldest->request < pairing->suspect;
        if (oldest->newer == number)
            break;
        if (!suspect)
            return find_same_length(pairing, number, bytes);
        abandon(pairing, oldest->request);
        number = blktrace_fragments_find(&pairing->fragments, key);
    }
    return number;
}

// Completes the first `bytes` of a fragment.
static inline bool pairing_consume(struct blktrace_pairing *pairing, uint32_t number,
                                   uint32_t bytes, int64_t now_ns)
{
    const struct blktrace_fragment *fragment = blktrace_fragment_at(&pairing->fragments, number);
    struct blktrace_pending *request = blktrace_window_at(&pairing->window, fragment->request);
    if (bytes < fragment->bytes)
        return blktrace_fragments_shorten(&pairing->fragments, number, bytes);
    request->fragment = blktrace_fragments_remove(&pairing->fragments, number);
    if (request->fragment == BLKTRACE_FRAGMENT_NONE) {
        set_known(request, now_ns - request->arrival_ns);
        note_completed(&pairing->volumes[request->volume]);
    }
    return true;
}

static bool complete_data(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                          uint32_t volume)
{
    struct blktrace_key key = {record->offset, volume, blktrace_record_kind(record)};
    uint64_t end = record->offset + record->bytes;
    unsigned probes = 0;
    bool unknown = false;
    while (key.start < end && probes < PROBES_MAX) {
        uint32_t number = pairing_meant(pairing, &key, end - key.start);
        if (number == BLKTRACE_FRAGMENT_NONE &&
            !blktrace_fragments_cut(&pairing->fragments, find_around(pairing, &key), &key, &number))
            return false;
        if (number == BLKTRACE_FRAGMENT_NONE) {
            unknown = true;
            probes++;
            key.start += PROBE_BYTES;
            continue;
        }
        uint32_t bytes = blktrace_fragment_at(&pairing->fragments, number)->bytes;
        if (bytes > end - key.start)
            bytes = (uint32_t)(end - key.start);
        if (!pairing_consume(pairing, number, bytes, (int64_t)record->time_ns))
            return false;
        key.start += bytes;
    }
    pairing->no_arrival += unknown;
    return true;
}

// A flush that was queued (it has the write bit) is completed without the flush bit, after the
// kernel has sent the device a flush of its own, which is neither read nor write and whose
// completion has the flush bit. A completion without bytes that finds no flush is the kernel's
// second one for a write with a flush before or after it.
static bool complete_flush(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                           uint32_t volume)
{
    bool flushes = blktrace_record_has(record, BLKTRACE_FLUSH);
    bool of_device = flushes && !blktrace_record_has(record, BLKTRACE_WRITE);
    if (is_by_queue(pairing, volume) ? of_device : !flushes)
        return true;
    struct blktrace_key key = {record->offset, volume, BLKTRACE_KIND_FLUSH};
    uint32_t number = pairing_meant(pairing, &key, 0);
    return number == BLKTRACE_FRAGMENT_NONE ||
           pairing_consume(pairing, number, 0, (int64_t)record->time_ns);
}

static bool take_completion(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume)
{
    return record->bytes > 0 ? complete_data(pairing, record, volume)
                             : complete_flush(pairing, record, volume);
}

// ---- Arrivals, splits, requeues ----

// Makes room for one more request or fragment. What is oldest in the window is pending, since
// everything that is known has been taken.
static void make_room(struct blktrace_pairing *pairing)
{
    const struct blktrace_window *window = &pairing->window;
    if (pairing->fragments.live == BLKTRACE_FRAGMENTS_MAX ||
        window->next - window->first == BLKTRACE_WINDOW_MAX) {
        assert(blktrace_window_at(window, window->first)->state == BLKTRACE_PENDING);
        abandon(pairing, window->first);
    }
}

// The newest fragment of the key, or BLKTRACE_FRAGMENT_NONE.
static uint32_t find_newest(struct blktrace_pairing *pairing, const struct blktrace_key *key)
{
    uint32_t oldest = find_oldest(pairing, key);
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
    pairing->requests++;
    return true;
}

// A device mapper tells of a split once it has moved on: the record begins where the rest does.
// What lies before has no completion of its own, and ends no later than the rest.
static bool take_moved_on(struct blktrace_pairing *pairing, const struct blktrace_key *key)
{
    uint32_t back;
    uint32_t front = find_around(pairing, key);
    if (!blktrace_fragments_cut(&pairing->fragments, front, key, &back))
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
    struct blktrace_fragment *front = blktrace_fragment_at(&pairing->fragments, number);
    uint64_t front_bytes = record->split_at - record->offset;
    if (front_bytes >= front->bytes)
        return true;
    key.start = record->split_at;
    uint32_t back_bytes = front->bytes - (uint32_t)front_bytes;
    front->bytes = (uint32_t)front_bytes;
    uint32_t back =
        blktrace_fragments_add(&pairing->fragments, &key, back_bytes, front->request, number);
    if (back == BLKTRACE_FRAGMENT_NONE)
        return false;
    blktrace_fragment_at(&pairing->fragments, back)->continued = true;
    pairing->continues = true;
    return true;
}

// The device did not take it: it will be issued again. What is left of one that was partly
// completed stays the same request.
static void take_requeue(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                         uint32_t volume)
{
    bool flush = blktrace_record_op(record) == TRACE_FLUSH;
    struct blktrace_key key = {record->offset, volume,
                               flush ? BLKTRACE_KIND_FLUSH : blktrace_record_kind(record)};
    uint32_t number = find_newest(pairing, &key);
    if (number == BLKTRACE_FRAGMENT_NONE)
        return;
    struct blktrace_fragment *fragment = blktrace_fragment_at(&pairing->fragments, number);
    struct blktrace_pending *request = blktrace_window_at(&pairing->window, fragment->request);
    if (fragment->bytes < request->bytes) {
        fragment->continued = true;
        pairing->continues = true;
        return;
    }
    blktrace_fragments_remove(&pairing->fragments, number);
    request->state = BLKTRACE_WITHDRAWN;
    pairing->requests--;
}

bool blktrace_pairing_event(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume)
{
    unsigned action = blktrace_record_action(record);
    enum trace_op op;
    if (volume >= pairing->volume_count && !blktrace_pairing_reserve(pairing, (size_t)volume + 1))
        return false;
    struct blktrace_volume *known = &pairing->volumes[volume];
    if (known->arrival == TRACE_ARRIVAL_AUTO &&
        blktrace_record_arrives(record, TRACE_ARRIVAL_ISSUE, &op))
        *known = (struct blktrace_volume){TRACE_ARRIVAL_ISSUE, 0, pairing->window.next};
    bool queue = is_by_queue(pairing, volume);
    if (record->after_gap)
        pairing->suspect = pairing->window.next;
    if (blktrace_record_has(record, BLKTRACE_PASSTHROUGH)) {
        pairing->passthrough += action == BLKTRACE_ISSUE;
        return true;
    }
    if (action == (queue ? BLKTRACE_QUEUE : BLKTRACE_ISSUE)) {
        if (blktrace_record_arrives(record, queue ? TRACE_ARRIVAL_QUEUE : TRACE_ARRIVAL_ISSUE, &op))
            return take_arrival(pairing, record, volume, op);
        pairing->zero_bytes++;
    } else if (action == BLKTRACE_COMPLETE) {
        return take_completion(pairing, record, volume);
    } else if (action == BLKTRACE_SPLIT && queue) {
        return take_split(pairing, record, volume);
    } else if (action == BLKTRACE_REQUEUE && !queue) {
        take_requeue(pairing, record, volume);
    }
    return true;
}

bool blktrace_pairing_take(struct blktrace_pairing *pairing, struct trace_request *request)
{
    struct blktrace_window *window = &pairing->window;
    while (window->first < window->next) {
        const struct blktrace_pending *oldest = blktrace_window_at(window, window->first);
        struct blktrace_volume *volume = &pairing->volumes[oldest->volume];
        if (window->first < volume->from) {
            if (oldest->state == BLKTRACE_PENDING)
                drop_fragments(pairing, oldest->fragment);
            pairing->requests--;
            blktrace_window_pop(window);
            continue;
        }
        if (volume->arrival == TRACE_ARRIVAL_AUTO && !blktrace_pairing_decide(pairing, volume))
            return false;
        if (oldest->state == BLKTRACE_PENDING) {
            if (!pairing->ended)
                return false;
            abandon(pairing, window->first);
        }
        bool withdrawn = oldest->state == BLKTRACE_WITHDRAWN;
        *request = (struct trace_request){
            .arrival_ns = oldest->arrival_ns,
            .latency_ns = oldest->latency_ns,
            .offset = oldest->offset,
            .bytes = oldest->bytes,
            .volume = oldest->volume,
            .op = (enum trace_op)oldest->op,
        };
        blktrace_window_pop(window);
        if (!withdrawn)
            return true;
    }
    return false;
}
