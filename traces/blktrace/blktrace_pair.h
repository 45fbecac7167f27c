// SPDX-License-Identifier: GPL-2.0-or-later
// From the events of a block trace to requests with their latencies, in order of arrival.
// The rules and their limits: docs/traces.md.
#ifndef TRACES_BLKTRACE_BLKTRACE_PAIR_H
#define TRACES_BLKTRACE_BLKTRACE_PAIR_H

#include "traces/blktrace/batches.h"
#include "traces/blktrace/fragments.h"
#include "traces/threads.h"

// ---- The window ----
// Requests in order of arrival, from the oldest that has not been handed out to the newest.
//
// Numbered from 0 without end; kept in chunks, so that the window grows and shrinks without
// copying.

// More than any device has outstanding, and little enough to keep in memory (32 MiB).
#define BLKTRACE_WINDOW_MAX (UINT64_C(1) << 20)

enum blktrace_state {
    BLKTRACE_PENDING,   // some of its bytes have not been completed
    BLKTRACE_COMPLETED, // latency_ns holds
    BLKTRACE_WITHDRAWN, // requeued before the device took it: not a request
};

struct blktrace_pending {
    int64_t arrival_ns;
    uint64_t offset;
    union { // apart from the arrival: one wide load of a store just made and an old one would stall
        int64_t latency_ns; // when completed
        uint32_t fragment;  // while pending: one of its outstanding fragments
    };
    uint32_t bytes;
    uint16_t volume;
    uint8_t op;    // enum trace_op
    uint8_t state; // enum blktrace_state
};

#define BLKTRACE_CHUNK_REQUESTS 4096
#define BLKTRACE_CHUNKS 512

// Who sent a request, behind those of a chunk if that is asked for.
struct blktrace_sender {
    uint32_t stream;
    uint32_t also; // as in struct trace_request
};

// All zero is an empty window.
struct blktrace_window {
    bool has_senders;
    uint64_t first; // number of the oldest
    uint64_t next;  // number that the next one gets; next - first <= BLKTRACE_WINDOW_MAX + 1
    struct blktrace_pending *chunks[BLKTRACE_CHUNKS];
    struct blktrace_pending *spare;
};

static inline struct blktrace_pending *blktrace_window_at(const struct blktrace_window *window,
                                                          uint64_t number)
{
    return &window->chunks[number / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS]
                          [number % BLKTRACE_CHUNK_REQUESTS];
}

static inline struct blktrace_sender *blktrace_window_sender(const struct blktrace_window *window,
                                                             uint64_t number)
{
    struct blktrace_pending *chunk =
        window->chunks[number / BLKTRACE_CHUNK_REQUESTS % BLKTRACE_CHUNKS];
    return (struct blktrace_sender *)(void *)&chunk[BLKTRACE_CHUNK_REQUESTS] +
           number % BLKTRACE_CHUNK_REQUESTS;
}

void blktrace_window_free(struct blktrace_window *window);

// The new request, to be filled, with the number next - 1; NULL: out of memory.
struct blktrace_pending *blktrace_window_push(struct blktrace_window *window);

// Drops the oldest; the memory of the chunk before the first is given back.
void blktrace_window_pop(struct blktrace_window *window);

// ---- Pairing ----

// Few traces need it.
#define BLKTRACE_COLD __attribute__((cold, noinline))

// Who completes what is asked of a volume: it is found out for discards and for the rest.
enum blktrace_completer {
    BLKTRACE_COMPLETER_UNKNOWN,
    BLKTRACE_COMPLETER_ITSELF,
    BLKTRACE_COMPLETER_LOWER, // devices below, which it hands its own requests on to
    BLKTRACE_COMPLETER_KINDS = 2,
};

// What was handed on from one device to another by remaps (A): intervals of the lower device with
// where they were on the upper one. Completions of the lower device are those of the upper one's
// requests too, if it has none of its own; until that is known they are kept.
struct blktrace_handed {
    struct blktrace_fragments links; // `request` is the place on the upper volume, `volume` a place
    struct trace_map places;         // by device: partitions are no volumes
    uint32_t place_count;
    struct blktrace_kept *kept;
    uint32_t kept_count;
};

// In flight when the recording began.
struct blktrace_started_request {
    int64_t end_ns;
    uint64_t offset;
    uint32_t bytes;
    uint32_t volume;
    enum trace_op op;
};

// Those that are known before any request is handed out, in the order of their completions.
struct blktrace_started {
    bool is_open;      // they are wanted, and not all have been handed out
    int64_t origin_ns; // of the recording
    struct blktrace_started_request *items;
    uint32_t count;
    uint32_t next;  // to be handed out
    uint64_t taken; // so many have been
};

// What is known of a volume. AUTO becomes ISSUE at its first D: what was queued before is then no
// request. It becomes QUEUE when so many requests were completed without any D, or there is no
// more room to wait for one.
struct blktrace_volume {
    enum trace_arrival arrival;
    bool flushes; // the kernel sends the device flushes of its own
    bool arrives; // there has been a request of it
    // What comes to it was asked of another volume: it has no requests, and stays AUTO. By what
    // they were, so many arrivals are none therefore.
    bool is_below;
    uint64_t hidden[TRACE_ARRIVAL_AUTO];
    uint32_t completed;                           // while nothing is decided
    uint8_t completers[BLKTRACE_COMPLETER_KINDS]; // enum blktrace_completer; [1]: of discards
    uint16_t lower_completions[BLKTRACE_COMPLETER_KINDS]; // while that is not known
    uint64_t from;    // requests of it below this number were queued before its first D
    uint32_t flusher; // the stream of the last flush that was queued
    // The streams whose flushes wait for one of the device, the last of which is the flusher's.
    uint32_t *waiting;
    uint32_t waiting_count;
};

#define BLKTRACE_UNDECIDED_MAX 1024

// What was queued and has not been issued, to tell who sent what is: the thread of an issue is
// whoever ran the queue.
struct blktrace_senders {
    struct trace_threads *threads;    // NULL: nobody wants to know
    struct blktrace_fragments queued; // `request` is the number of the Q and its stream
    uint64_t order;                   // of the last Q
    uint64_t suspect;                 // up to this number, before records went missing
    bool continues;                   // some fragment has been marked as continued
};

struct blktrace_pairing {
    enum trace_arrival arrival; // as asked for
    unsigned actions;           // bit n: records of action n matter, besides gaps and passthrough
    unsigned matter[TRACE_ARRIVAL_AUTO + 1]; // the same of a volume with these arrivals
    bool continues;                          // some fragment has been marked as continued
    bool ends;                               // some fragment has been an END
    bool lossy;       // whole CPUs are missing: completions of any request may be
    bool ended;       // no more events will come
    uint64_t suspect; // requests below this number arrived before records went missing
    struct blktrace_volume *volumes; // by number
    size_t volume_count;
    size_t volume_capacity;
    size_t arriving; // volumes of which there have been requests
    struct blktrace_window window;
    struct blktrace_fragments fragments;
    struct blktrace_handed handed;
    struct blktrace_started started;
    struct blktrace_senders senders;
    struct blktrace_batches batches;
    uint64_t requests;
    uint64_t no_completion;
    uint64_t no_arrival;
    uint64_t passthrough;
    uint64_t zero_bytes;
    uint64_t bad_splits;
};

void blktrace_pairing_init(struct blktrace_pairing *pairing, enum trace_arrival arrival,
                           bool lossy);

void blktrace_pairing_free(struct blktrace_pairing *pairing);

// Requests are to tell who sent them. Before the first event.
void blktrace_pairing_tell_senders(struct blktrace_pairing *pairing, struct trace_threads *threads);

// The next event in order of time, once blktrace_pairing_take has nothing to give. False: out of
// memory.
bool blktrace_pairing_event(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume);

// A remap from a device, which is this volume or TRACE_MAP_NONE. False: out of memory.
BLKTRACE_COLD bool blktrace_pairing_remap(struct blktrace_pairing *pairing,
                                          const struct blktrace_record *remap, uint32_t upper);

// Room for so many volumes. False: out of memory.
bool blktrace_pairing_reserve(struct blktrace_pairing *pairing, size_t count);

// Decides for an undecided volume whose request is the next, if it cannot wait for a D any longer.
bool blktrace_pairing_decide(struct blktrace_pairing *pairing, struct blktrace_volume *volume);

// The volume is below others from now on, and was before as far as its requests have not been
// taken.
void blktrace_pairing_hide(struct blktrace_pairing *pairing, struct blktrace_volume *volume);

// What the arrivals of a volume are; AUTO: there are none yet, or it is not decided.
enum trace_arrival blktrace_pairing_arrival(const struct blktrace_pairing *pairing,
                                            uint32_t volume);

// Requests still waiting for their completion get TRACE_LATENCY_UNKNOWN.
static inline void blktrace_pairing_end(struct blktrace_pairing *pairing)
{
    pairing->ended = true;
}

// The oldest request, if it is known what became of it. Before all others those that were in flight
// when the recording began, as far as they are known when this is first called.
bool blktrace_pairing_take(struct blktrace_pairing *pairing, struct trace_request *request);

// Would blktrace_pairing_take give nothing, and find nothing to be decided? It may not although it
// would.
static inline bool blktrace_pairing_waits(const struct blktrace_pairing *pairing)
{
    const struct blktrace_window *window = &pairing->window;
    if (pairing->started.is_open || pairing->batches.order == TRACE_BATCH_AUTO || pairing->ended ||
        pairing->handed.kept_count > 0)
        return false;
    if (window->first == window->next || window->first >= pairing->batches.hold_from)
        return true;
    const struct blktrace_pending *oldest = blktrace_window_at(window, window->first);
    const struct blktrace_volume *volume = &pairing->volumes[oldest->volume];
    return oldest->state == BLKTRACE_PENDING && window->first >= volume->from &&
           volume->arrival != TRACE_ARRIVAL_AUTO;
}

// ---- Parts of pairing ----

// What matters has changed: who wants to know senders, or the order of batches.
void blktrace_pairing_weigh(struct blktrace_pairing *pairing);

// Of so many of the oldest with the same start, one that is as long as what takes it is preferred.
#define BLKTRACE_CANDIDATES_MAX 8

// Is there time and room to wait for what tells more?
static inline bool blktrace_pairing_can_wait(const struct blktrace_pairing *pairing)
{
    return !pairing->ended &&
           pairing->window.next - pairing->window.first < BLKTRACE_WINDOW_MAX / 2 &&
           pairing->fragments.live < BLKTRACE_FRAGMENTS_MAX / 2;
}

static inline bool blktrace_pairing_is_by_queue(const struct blktrace_pairing *pairing,
                                                uint32_t volume)
{
    return pairing->volumes[volume].arrival != TRACE_ARRIVAL_ISSUE;
}

// Removes fragments of requests that are none from the key. Returns what is the oldest then.
BLKTRACE_COLD uint32_t blktrace_pairing_oldest_left(struct blktrace_pairing *pairing,
                                                    const struct blktrace_key *key);

// The oldest fragment of the key, or BLKTRACE_FRAGMENT_NONE. Those of requests that are none go.
static inline uint32_t blktrace_pairing_oldest(struct blktrace_pairing *pairing,
                                               const struct blktrace_key *key)
{
    uint32_t number = blktrace_fragments_find(&pairing->fragments, key);
    if (number == BLKTRACE_FRAGMENT_NONE ||
        blktrace_fragment_at(&pairing->fragments, number)->request >=
            pairing->volumes[key->volume].from)
        return number;
    return blktrace_pairing_oldest_left(pairing, key);
}

// One in whose middle the key's start lies. Requests that are none do not count here either. False:
// out of memory.
static inline bool blktrace_pairing_around(struct blktrace_pairing *pairing,
                                           const struct blktrace_key *key, uint32_t *number)
{
    return blktrace_fragments_around(&pairing->fragments, key, pairing->volumes[key->volume].from,
                                     number);
}

// Removes the fragment (or NONE) and its siblings.
void blktrace_pairing_drop(struct blktrace_pairing *pairing, uint32_t fragment);

// A pending request, whose latency will not be known.
void blktrace_pairing_abandon(struct blktrace_pairing *pairing, uint64_t number);

// A completion. False: out of memory.
bool blktrace_pairing_complete(struct blktrace_pairing *pairing,
                               const struct blktrace_record *record, uint32_t volume);

// The same, away from where most come by: the compiler is to inline that one.
BLKTRACE_COLD bool blktrace_pairing_complete_late(struct blktrace_pairing *pairing,
                                                  const struct blktrace_record *record,
                                                  uint32_t volume);

// ---- Who sent it ----

// An event of a volume whose requests are issued, or may be. False: out of memory.
BLKTRACE_COLD bool blktrace_senders_watch(struct blktrace_pairing *pairing,
                                          const struct blktrace_record *record, uint32_t volume);

// Who sent what arrives. False: out of memory.
BLKTRACE_COLD bool blktrace_senders_find(struct blktrace_pairing *pairing,
                                         const struct blktrace_record *record, uint32_t volume,
                                         enum trace_op op, struct blktrace_sender *sender);

// What was issued waits again. False: out of memory.
BLKTRACE_COLD bool blktrace_senders_return(struct blktrace_pairing *pairing,
                                           const struct blktrace_record *record, uint32_t volume,
                                           const struct blktrace_sender *sender);

// ---- Batches ----

// Before the first event. False: out of memory.
bool blktrace_pairing_order_batches(struct blktrace_pairing *pairing, enum trace_batch_order order);

// An event of a volume whose requests are issued, or may be. The window had `next` as its next
// number before: it has the request that was issued there, if it is one. False: out of memory.
BLKTRACE_COLD bool blktrace_batches_watch(struct blktrace_pairing *pairing,
                                          const struct blktrace_record *record, uint32_t volume,
                                          uint64_t next);

// Ends the batches that are too old at that time to go on; UINT64_MAX: all. False: out of memory.
BLKTRACE_COLD bool blktrace_batches_end(struct blktrace_pairing *pairing, uint64_t now_ns);

// Decides for one order, if that is not done yet. No request has been taken.
void blktrace_batches_decide(struct blktrace_pairing *pairing);

void blktrace_batches_free(struct blktrace_batches *batches);
void blktrace_batches_report(const struct blktrace_batches *batches, const char *source,
                             struct trace_notices *notices);

void blktrace_handed_free(struct blktrace_handed *handed);
void blktrace_started_free(struct blktrace_started *started);

// One that was in flight, while `started.is_open`. False: there are no more.
BLKTRACE_COLD bool blktrace_started_take(struct blktrace_pairing *pairing,
                                         struct trace_request *request);

// A completion has bytes that no request asked for; whole: none of them. False: out of memory.
BLKTRACE_COLD bool blktrace_pairing_unasked(struct blktrace_pairing *pairing,
                                            const struct blktrace_record *record, uint32_t volume,
                                            bool whole);

// The same while devices hand on what they get: also of what was handed on to the volume, which may
// be below others. False: out of memory.
BLKTRACE_COLD bool blktrace_pairing_complete_watched(struct blktrace_pairing *pairing,
                                                     const struct blktrace_record *record,
                                                     uint32_t number);

// Is the oldest request, which is pending, to wait no longer? What was kept is used if so.
BLKTRACE_COLD bool blktrace_pairing_give_up(struct blktrace_pairing *pairing);

void blktrace_pairing_report(const struct blktrace_pairing *pairing, const char *source,
                             struct trace_notices *notices);

#endif
