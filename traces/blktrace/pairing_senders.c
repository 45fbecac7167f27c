// SPDX-License-Identifier: GPL-2.0-or-later
// Who sent a request that was issued: the thread of the earliest of the queued ones in it. An issue
// covers those that it was merged from, or a piece of one that was split.
#include "traces/blktrace/blktrace_pair.h"

#define STREAM_BITS 16 // of a fragment's `request`, behind the number of the Q

_Static_assert(TRACE_VOLUMES_MAX < 1U << STREAM_BITS, "a stream's number fits");

void blktrace_pairing_tell_senders(struct blktrace_pairing *pairing, struct trace_threads *threads)
{
    pairing->senders.threads = threads;
    pairing->window.has_senders = true;
    pairing->actions |= 1U << BLKTRACE_QUEUE | 1U << BLKTRACE_SPLIT;
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
                uint64_t request)
{
    // Nobody issues them.
    if (senders->queued.live == BLKTRACE_FRAGMENTS_MAX)
        blktrace_fragments_free(&senders->queued);
    return blktrace_fragments_add(&senders->queued, key, bytes, request, BLKTRACE_FRAGMENT_NONE) !=
           BLKTRACE_FRAGMENT_NONE;
}

static bool watch_queue(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                        uint32_t volume)
{
    struct blktrace_senders *senders = &pairing->senders;
    struct blktrace_key key = key_of(record, volume);
    enum trace_op op;
    if (!blktrace_record_arrives(record, TRACE_ARRIVAL_QUEUE, &op))
        return true;
    uint32_t stream = trace_threads_stream(senders->threads, record->pid);
    if (op == TRACE_FLUSH || blktrace_record_has(record, BLKTRACE_FLUSH))
        pairing->volumes[volume].flusher = stream;
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
    return add(senders, &key, record->bytes, ++senders->order << STREAM_BITS | stream);
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
        sender->stream = pairing->volumes[volume].flusher;
        return true;
    }
    if (!take_queued(pairing, record, volume, &first))
        return false;
    if (first != UINT64_MAX)
        sender->stream = first & ((1U << STREAM_BITS) - 1);
    return true;
}

bool blktrace_senders_return(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                             uint32_t volume, const struct blktrace_sender *sender)
{
    struct blktrace_key key = key_of(record, volume);
    if (record->bytes == 0 || sender->stream == 0)
        return true;
    return add(&pairing->senders, &key, record->bytes,
               ++pairing->senders.order << STREAM_BITS | sender->stream);
}
