// SPDX-License-Identifier: GPL-2.0-or-later
// Which request a completion belongs to.
#include "traces/blktrace/blktrace_pair.h"

// Every completion of a trace passes through these.
#define INLINED __attribute__((always_inline))

static void note_completed(struct blktrace_volume *volume)
{
    if (volume->arrival == TRACE_ARRIVAL_AUTO && ++volume->completed == BLKTRACE_UNDECIDED_MAX)
        volume->arrival = TRACE_ARRIVAL_QUEUE;
}

uint32_t blktrace_pairing_oldest_left(struct blktrace_pairing *pairing,
                                      const struct blktrace_key *key)
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

// Of several fragments with the same start the oldest of the completion's length is meant, else the
// oldest: devices tend to answer in order.
// After records were lost this would be wrong for ever on a sector that is used again and again (a
// journal, all flushes): a request whose completion is missing would take that of the next one. So
// a request from before a loss gives way to a newer one with the same start.

// A completion that was kept may, if records are missing, meet a request that came after it.
static void set_known(struct blktrace_pending *request, int64_t latency_ns)
{
    request->state = BLKTRACE_COMPLETED;
    request->latency_ns = latency_ns;
}

void blktrace_pairing_drop(struct blktrace_pairing *pairing, uint32_t fragment)
{
    while (fragment != BLKTRACE_FRAGMENT_NONE)
        fragment = blktrace_fragments_remove(&pairing->fragments, fragment);
}

void blktrace_pairing_abandon(struct blktrace_pairing *pairing, uint64_t number)
{
    struct blktrace_pending *request = blktrace_window_at(&pairing->window, number);
    blktrace_pairing_drop(pairing, request->fragment);
    set_known(request, TRACE_LATENCY_UNKNOWN);
    pairing->no_completion++;
}

// A completion that was kept does not mean what came after it.
static bool is_later(const struct blktrace_pairing *pairing, uint32_t number, uint64_t now_ns)
{
    uint64_t request = blktrace_fragment_at(&pairing->fragments, number)->request;
    return blktrace_window_at(&pairing->window, request)->arrival_ns > (int64_t)now_ns;
}

static uint32_t find_same_length(const struct blktrace_pairing *pairing, uint32_t oldest,
                                 uint64_t bytes, uint64_t now_ns)
{
    uint32_t number = oldest;
    for (unsigned i = 0; i < BLKTRACE_CANDIDATES_MAX; i++) {
        const struct blktrace_fragment *fragment =
            blktrace_fragment_at(&pairing->fragments, number);
        if (is_later(pairing, number, now_ns))
            break;
        if (fragment->bytes == bytes)
            return number;
        number = fragment->newer;
        if (number == oldest)
            break;
    }
    return oldest;
}

// The fragment that a completion of `bytes` at the key means, or BLKTRACE_FRAGMENT_NONE.
static inline INLINED uint32_t pairing_meant(struct blktrace_pairing *pairing,
                                             const struct blktrace_key *key, uint64_t bytes,
                                             uint64_t now_ns)
{
    uint32_t number = blktrace_pairing_oldest(pairing, key);
    while (number != BLKTRACE_FRAGMENT_NONE) {
        const struct blktrace_fragment *oldest = blktrace_fragment_at(&pairing->fragments, number);
        bool suspect = pairing->lossy || oldest->request < pairing->suspect;
        if (oldest->newer == number || is_later(pairing, oldest->newer, now_ns))
            break;
        if (!suspect)
            return find_same_length(pairing, number, bytes, now_ns);
        blktrace_pairing_abandon(pairing, oldest->request);
        number = blktrace_fragments_find(&pairing->fragments, key);
    }
    return number;
}

// What was queued to be flushed, but is completed as if it were not, is followed by the kernel's
// own flush, if the device has such (FLUSH without WRITE), and by a completion without bytes.
static bool has_an_end(const struct blktrace_pairing *pairing,
                       const struct blktrace_fragment *fragment,
                       const struct blktrace_record *record)
{
    return (fragment->forced && !blktrace_record_has(record, BLKTRACE_FUA)) ||
           (fragment->flushed_first && pairing->volumes[fragment->volume].flushes &&
            !blktrace_record_has(record, BLKTRACE_FLUSH));
}

static inline void finish(struct blktrace_pairing *pairing, uint32_t number, int64_t now_ns)
{
    const struct blktrace_fragment *fragment = blktrace_fragment_at(&pairing->fragments, number);
    struct blktrace_pending *request = blktrace_window_at(&pairing->window, fragment->request);
    request->fragment = blktrace_fragments_remove(&pairing->fragments, number);
    if (request->fragment == BLKTRACE_FRAGMENT_NONE) {
        set_known(request, now_ns < request->arrival_ns ? TRACE_LATENCY_UNKNOWN
                                                        : now_ns - request->arrival_ns);
        note_completed(&pairing->volumes[request->volume]);
    }
}

// Completes the first `bytes` of a fragment.
static inline INLINED bool pairing_consume(struct blktrace_pairing *pairing, uint32_t number,
                                           uint32_t bytes, const struct blktrace_record *record)
{
    const struct blktrace_fragment *fragment = blktrace_fragment_at(&pairing->fragments, number);
    bool whole = bytes == fragment->bytes;
    if (whole && !has_an_end(pairing, fragment, record)) {
        finish(pairing, number, (int64_t)record->time_ns);
        return true;
    }
    pairing->ends = pairing->ends || whole;
    return whole ? blktrace_fragments_change(&pairing->fragments, number, 0, BLKTRACE_KIND_END)
                 : blktrace_fragments_change(&pairing->fragments, number, bytes,
                                             (enum blktrace_kind)fragment->kind);
}

static inline INLINED bool pairing_complete_data(struct blktrace_pairing *pairing,
                                                 const struct blktrace_record *record,
                                                 uint32_t volume)
{
    struct blktrace_key key = {record->offset, volume, blktrace_record_kind(record)};
    uint64_t end = record->offset + record->bytes;
    bool unknown = false, whole = true;
    while (key.start < end) {
        uint32_t number = pairing_meant(pairing, &key, end - key.start, record->time_ns);
        uint32_t around;
        if (number == BLKTRACE_FRAGMENT_NONE &&
            (!blktrace_pairing_around(pairing, &key, &around) ||
             !blktrace_fragments_cut(&pairing->fragments, around, &key, &number)))
            return false;
        if (number == BLKTRACE_FRAGMENT_NONE) {
            unknown = true;
            key.start = blktrace_fragments_next(&pairing->fragments, &key, end);
            continue;
        }
        whole = false;
        uint32_t bytes = blktrace_fragment_at(&pairing->fragments, number)->bytes;
        if (bytes > end - key.start)
            bytes = (uint32_t)(end - key.start);
        if (!pairing_consume(pairing, number, bytes, record))
            return false;
        key.start += bytes;
    }
    return !unknown || blktrace_pairing_unasked(pairing, record, volume, whole);
}

// A write that waits to be flushed, whose completion without bytes is at its sector, or at that of
// the last piece of its data.
static bool find_end(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                     uint32_t volume, uint32_t *number)
{
    struct blktrace_key key = {record->offset, volume, BLKTRACE_KIND_END};
    *number = BLKTRACE_FRAGMENT_NONE;
    if (!pairing->ends || blktrace_record_has(record, BLKTRACE_FLUSH))
        return true;
    *number = pairing_meant(pairing, &key, 0, record->time_ns);
    return *number != BLKTRACE_FRAGMENT_NONE || blktrace_pairing_around(pairing, &key, number);
}

// A flush that was queued (it has the write bit) is completed without the flush bit, after the
// kernel has sent the device a flush of its own, which is neither read nor write and whose
// completion has the flush bit. So is a write with a flush before or after it, once its data have
// been completed as those of any other.
static bool complete_flush(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                           uint32_t volume)
{
    bool flushes = blktrace_record_has(record, BLKTRACE_FLUSH);
    bool of_device = flushes && !blktrace_record_has(record, BLKTRACE_WRITE);
    bool queue = blktrace_pairing_is_by_queue(pairing, volume);
    uint32_t number = BLKTRACE_FRAGMENT_NONE;
    pairing->volumes[volume].flushes |= of_device;
    if (queue ? of_device : !flushes || (!of_device && pairing->volumes[volume].flushes))
        return true;
    if (queue && !find_end(pairing, record, volume, &number))
        return false;
    if (number == BLKTRACE_FRAGMENT_NONE) {
        struct blktrace_key key = {record->offset, volume, BLKTRACE_KIND_FLUSH};
        number = pairing_meant(pairing, &key, 0, record->time_ns);
    }
    if (number != BLKTRACE_FRAGMENT_NONE)
        finish(pairing, number, (int64_t)record->time_ns);
    return true;
}

static inline INLINED bool complete(struct blktrace_pairing *pairing,
                                    const struct blktrace_record *record, uint32_t volume)
{
    return record->bytes > 0 ? pairing_complete_data(pairing, record, volume)
                             : complete_flush(pairing, record, volume);
}

bool blktrace_pairing_complete(struct blktrace_pairing *pairing,
                               const struct blktrace_record *record, uint32_t volume)
{
    return complete(pairing, record, volume);
}

bool blktrace_pairing_complete_late(struct blktrace_pairing *pairing,
                                    const struct blktrace_record *record, uint32_t volume)
{
    return complete(pairing, record, volume);
}
