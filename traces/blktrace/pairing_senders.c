// SPDX-License-Identifier: GPL-2.0-or-later
// Who sent a request that was issued: the thread of the earliest of the queued ones in it. An issue
// covers those that it was merged from, or a piece of one that was split.
#include "traces/blktrace/blktrace_pair.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 256U // threads that wait for one flush
#define STREAM_BITS 16   // of a fragment's `request`, behind the number of the Q

_Static_assert(TRACE_VOLUMES_MAX < 1U << STREAM_BITS, "a stream's number fits");

void blktrace_pairing_tell_senders(struct blktrace_pairing *pairing, struct trace_threads *threads)
{
    pairing->senders.threads = threads;
    pairing->window.has_senders = true;
    pairing->actions |= 1U << BLKTRACE_QUEUE | 1U << BLKTRACE_SPLIT;
    blktrace_pairing_weigh(pairing);
}

static uint32_t stream_of(uint64_t request)
{
    return request & ((1U << STREAM_BITS) - 1);
}

static struct blktrace_key key_of(const struct blktrace_record *record, uint32_t volume)
{
    return (struct blktrace_key){record->offset, volume, blktrace_record_kind(record)};
}

// Of several at the key the oldest, of the wanted length if there is one among the first few; but
// what was queued before records went missing may have been issued meanwhile.
static uint32_t choose(struct blktrace_pairing *pairing, const struct blktrace_key *key,
                       uint64_t bytes)
{
    struct blktrace_senders *senders = &pairing->senders;
    uint32_t oldest = blktrace_fragments_find(&senders->queued, key);
    while (oldest != BLKTRACE_FRAGMENT_NONE) {
        const struct blktrace_fragment *first = blktrace_fragment_at(&senders->queued, oldest);
        bool is_suspect = pairing->lossy || first->request >> STREAM_BITS <= senders->suspect;
        if (first->newer == oldest || !is_suspect)
            break;
        blktrace_fragments_remove(&senders->queued, oldest);
        oldest = blktrace_fragments_find(&senders->queued, key);
    }
    uint32_t number = oldest;
    for (unsigned i = 0; i < BLKTRACE_CANDIDATES_MAX && number != BLKTRACE_FRAGMENT_NONE; i++) {
        const struct blktrace_fragment *fragment = blktrace_fragment_at(&senders->queued, number);
        if (fragment->bytes == bytes)
            return number;
        number = fragment->newer;
        if (number == oldest)
            break;
    }
    return oldest;
}

static bool add(struct blktrace_senders *senders, const struct blktrace_key *key, uint32_t bytes,
                uint64_t request, bool forced)
{
    // Nobody issues them.
    if (senders->queued.live == BLKTRACE_FRAGMENTS_MAX)
        blktrace_fragments_free(&senders->queued);
    uint32_t added =
        blktrace_fragments_add(&senders->queued, key, bytes, request, BLKTRACE_FRAGMENT_NONE);
    if (added != BLKTRACE_FRAGMENT_NONE)
        blktrace_fragment_at(&senders->queued, added)->forced = forced;
    return added != BLKTRACE_FRAGMENT_NONE;
}

// ---- Flushes ----
// What is queued with a flush waits for the next one that the device gets, which is one for all
// that wait. A write that is to be on the medium (FUA), but is issued as any other, waits for one
// more behind it.

static bool wait_for_flush(struct blktrace_volume *volume, uint32_t stream)
{
    uint32_t at = 0;
    volume->flusher = stream;
    if (volume->waiting == NULL)
        volume->waiting = malloc(WAITING_MAX * sizeof *volume->waiting);
    if (volume->waiting == NULL)
        return false;
    while (at < volume->waiting_count && volume->waiting[at] != stream)
        at++;
    if (at < volume->waiting_count) {
        volume->waiting_count--;
        memmove(&volume->waiting[at], &volume->waiting[at + 1],
                (volume->waiting_count - at) * sizeof stream);
    }
    if (stream > 0 && volume->waiting_count < WAITING_MAX)
        volume->waiting[volume->waiting_count++] = stream;
    return true;
}

static int compare_streams(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void find_flushers(struct blktrace_pairing *pairing, struct blktrace_volume *volume,
                          struct blktrace_sender *sender)
{
    uint32_t others = volume->waiting_count;
    sender->stream = volume->flusher;
    others -= others > 0 && volume->waiting[others - 1] == volume->flusher;
    if (others > 1)
        qsort(volume->waiting, others, sizeof volume->waiting[0], compare_streams);
    sender->also =
        trace_stream_sets_intern(&pairing->senders.threads->sets, volume->waiting, others);
    volume->waiting_count = 0;
}

// A flush that the device did not take.
static bool return_flush(struct blktrace_pairing *pairing, struct blktrace_volume *volume,
                         const struct blktrace_sender *sender)
{
    size_t count;
    const uint32_t *also =
        trace_stream_sets_at(&pairing->senders.threads->sets, sender->also, &count);
    uint32_t last = volume->waiting_count > 0 ? volume->flusher : sender->stream;
    for (size_t i = 0; i < count; i++)
        if (!wait_for_flush(volume, also[i]))
            return false;
    return wait_for_flush(volume, sender->stream) && wait_for_flush(volume, last);
}

// ---- What waits ----

static bool watch_queue(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                        uint32_t volume)
{
    struct blktrace_senders *senders = &pairing->senders;
    struct blktrace_key key = key_of(record, volume);
    enum trace_op op;
    if (!blktrace_record_arrives(record, TRACE_ARRIVAL_QUEUE, &op))
        return true;
    uint32_t stream = trace_threads_stream(senders->threads, record->pid);
    if (blktrace_record_has(record, BLKTRACE_FLUSH) &&
        !wait_for_flush(&pairing->volumes[volume], stream))
        return false;
    if (op == TRACE_FLUSH)
        return true;
    uint32_t oldest = senders->continues ? blktrace_fragments_find(&senders->queued, &key)
                                         : BLKTRACE_FRAGMENT_NONE;
    if (oldest != BLKTRACE_FRAGMENT_NONE) {
        struct blktrace_fragment *newest = blktrace_fragment_at(
            &senders->queued, blktrace_fragment_at(&senders->queued, oldest)->older);
        if (newest->continued && newest->bytes == record->bytes) {
            newest->continued = false;
            return true;
        }
    }
    return add(senders, &key, record->bytes, ++senders->order << STREAM_BITS | stream,
               blktrace_record_has(record, BLKTRACE_FUA));
}

// The second half may be announced again, as a Q of its own.
static bool watch_split(struct blktrace_senders *senders, const struct blktrace_record *record,
                        uint32_t volume)
{
    struct blktrace_key key = key_of(record, volume);
    uint32_t number = blktrace_fragments_find(&senders->queued, &key);
    if (number == BLKTRACE_FRAGMENT_NONE || record->split_at <= record->offset)
        return true;
    number = blktrace_fragment_at(&senders->queued, number)->older;
    if (record->split_at - record->offset >= blktrace_fragment_at(&senders->queued, number)->bytes)
        return true;
    key.start = record->split_at;
    if (!blktrace_fragments_cut(&senders->queued, number, &key, &number))
        return false;
    if (number != BLKTRACE_FRAGMENT_NONE)
        blktrace_fragment_at(&senders->queued, number)->continued = senders->continues = true;
    return true;
}

bool blktrace_senders_watch(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume)
{
    unsigned action = blktrace_record_action(record);
    if (record->after_gap)
        pairing->senders.suspect = pairing->senders.order;
    if (pairing->volumes[volume].arrival == TRACE_ARRIVAL_QUEUE ||
        blktrace_record_has(record, BLKTRACE_PASSTHROUGH))
        return true;
    return action == BLKTRACE_QUEUE   ? watch_queue(pairing, record, volume)
           : action == BLKTRACE_SPLIT ? watch_split(&pairing->senders, record, volume)
                                      : true;
}

// What was queued of the bytes that are issued is no longer waiting. Stores the first of it, or
// UINT64_MAX.
static bool take_queued(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                        uint32_t volume, uint64_t *first)
{
    struct blktrace_fragments *queued = &pairing->senders.queued;
    struct blktrace_key key = key_of(record, volume);
    uint64_t end = record->offset + record->bytes;
    *first = UINT64_MAX;
    while (key.start < end) {
        uint32_t number = choose(pairing, &key, end - key.start);
        if (number == BLKTRACE_FRAGMENT_NONE && !blktrace_fragments_take(queued, &key, &number))
            return false;
        if (number == BLKTRACE_FRAGMENT_NONE) {
            key.start = blktrace_fragments_next(queued, &key, end);
            continue;
        }
        const struct blktrace_fragment *found = blktrace_fragment_at(queued, number);
        uint64_t left = end - key.start;
        uint32_t bytes = found->bytes < left ? found->bytes : (uint32_t)left;
        *first = found->request < *first ? found->request : *first;
        if (found->forced && !blktrace_record_has(record, BLKTRACE_FUA) &&
            !wait_for_flush(&pairing->volumes[volume], stream_of(found->request)))
            return false;
        key.start += bytes;
        if (!blktrace_fragments_consume(queued, number, bytes))
            return false;
    }
    return true;
}

bool blktrace_senders_find(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                           uint32_t volume, enum trace_op op, struct blktrace_sender *sender)
{
    uint64_t first;
    *sender = (struct blktrace_sender){0};
    if (blktrace_pairing_is_by_queue(pairing, volume)) {
        sender->stream = trace_threads_stream(pairing->senders.threads, record->pid);
        return true;
    }
    if (op == TRACE_FLUSH) {
        find_flushers(pairing, &pairing->volumes[volume], sender);
        return true;
    }
    if (!take_queued(pairing, record, volume, &first))
        return false;
    if (first != UINT64_MAX)
        sender->stream = stream_of(first);
    return true;
}

bool blktrace_senders_return(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                             uint32_t volume, const struct blktrace_sender *sender)
{
    struct blktrace_key key = key_of(record, volume);
    if (record->bytes == 0)
        return return_flush(pairing, &pairing->volumes[volume], sender);
    if (sender->stream == 0)
        return true;
    return add(&pairing->senders, &key, record->bytes,
               ++pairing->senders.order << STREAM_BITS | sender->stream, false);
}
