// SPDX-License-Identifier: GPL-2.0-or-later
// From the events of a block trace to requests with their latencies, in order of arrival.
// The rules and their limits: docs/traces.md.
#ifndef TRACES_BLKTRACE_BLKTRACE_PAIR_H
#define TRACES_BLKTRACE_BLKTRACE_PAIR_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/map.h"
#include "traces/notices.h"

// ---- Fragments ----
// The parts of requests that have not been completed, found by where they start.
//
// Fragments with the same key (volume, kind, start) form a ring from the oldest to the newest; the
// fragments of one request form another ring. Every operation is O(1), but for
// blktrace_fragments_around and blktrace_fragments_next.

#define BLKTRACE_FRAGMENT_NONE TRACE_MAP_NONE
// Bounds the memory of a trace without completions (20 MiB with the index, 28 MiB with cells).
#define BLKTRACE_FRAGMENTS_MAX (1U << 18)

// Reads and writes of the same bytes are never mixed up; a flush has no bytes.
enum blktrace_kind {
    BLKTRACE_KIND_READ,
    BLKTRACE_KIND_WRITE,
    BLKTRACE_KIND_FLUSH,
    BLKTRACE_KIND_END, // a write whose data are written, but not yet flushed for good
};

struct blktrace_key {
    uint64_t start; // bytes
    uint32_t volume;
    enum blktrace_kind kind;
};

struct blktrace_fragment {
    uint64_t start;
    uint64_t request; // its number in the window
    uint32_t bytes;
    uint32_t older; // ring of the key; older of the oldest is the newest
    uint32_t newer;
    uint32_t previous; // ring of the request
    uint32_t next;
    uint32_t cell_previous; // list of the cell; NONE at its ends
    uint32_t cell_next;
    uint16_t volume;
    uint8_t kind;
    bool continued : 1;     // the next arrival of exactly this is not a new request
    bool flushed_first : 1; // what was queued has a flush before it,
    bool forced : 1;        // is to be on the medium when it ends (FUA)
};

_Static_assert(sizeof(struct blktrace_fragment) == 48, "2^18 of them are 12 MiB");

static inline enum blktrace_kind blktrace_record_kind(const struct blktrace_record *record)
{
    return blktrace_record_has(record, BLKTRACE_WRITE) ? BLKTRACE_KIND_WRITE : BLKTRACE_KIND_READ;
}

// All zero is empty.
struct blktrace_fragments {
    struct blktrace_fragment *items;
    uint32_t used; // of items, in use or in the free list
    uint32_t capacity;
    uint32_t live;
    uint32_t free_first; // linked by next, `free_count` of them
    uint32_t free_count;
    struct trace_map index; // key to the oldest
    // What lies in whose middle is known from the first time that it is asked until nothing is
    // left. A fragment of up to 2^n bytes is in the cell of level n where it starts.
    bool has_cells;
    uint64_t levels; // bit n: there have been fragments of level n
    struct trace_map cells;
};

void blktrace_fragments_free(struct blktrace_fragments *fragments);

static inline struct blktrace_fragment *
blktrace_fragment_at(const struct blktrace_fragments *fragments, uint32_t number)
{
    return &fragments->items[number];
}

static inline uint32_t blktrace_key_minor(uint32_t volume, enum blktrace_kind kind)
{
    return volume << 3 | (uint32_t)kind;
}

// The oldest of the key, or BLKTRACE_FRAGMENT_NONE; its `older` is the newest.
static inline uint32_t blktrace_fragments_find(const struct blktrace_fragments *fragments,
                                               const struct blktrace_key *key)
{
    return trace_map_get(&fragments->index, key->start, blktrace_key_minor(key->volume, key->kind));
}

// Adds a fragment as the newest of its key, to the ring of `sibling` unless that is NONE.
// BLKTRACE_FRAGMENT_NONE: out of memory. There is room: live < BLKTRACE_FRAGMENTS_MAX.
uint32_t blktrace_fragments_add(struct blktrace_fragments *fragments,
                                const struct blktrace_key *key, uint32_t bytes, uint64_t request,
                                uint32_t sibling);

// Stores, of the fragments in whose middle the key's start lies, the one of the oldest request,
// from this one on, or BLKTRACE_FRAGMENT_NONE. Takes as long as there are sizes of fragments (by
// powers of two), and fragments that overlap around there. False: out of memory.
bool blktrace_fragments_around(struct blktrace_fragments *fragments, const struct blktrace_key *key,
                               uint64_t from, uint32_t *number);

// Where, behind the key's start and before `end`, the next fragment starts, or `end`. Takes as long
// as there are fragments, or sectors between, whichever is less.
uint64_t blktrace_fragments_next(const struct blktrace_fragments *fragments,
                                 const struct blktrace_key *key, uint64_t end);

// Cuts a fragment (or NONE) where the key starts, which is in its middle: the back becomes a
// fragment of its own, whose number is stored, or BLKTRACE_FRAGMENT_NONE. False: out of memory.
bool blktrace_fragments_cut(struct blktrace_fragments *fragments, uint32_t around,
                            const struct blktrace_key *key, uint32_t *number);

// Returns a sibling that is left, or BLKTRACE_FRAGMENT_NONE.
uint32_t blktrace_fragments_remove(struct blktrace_fragments *fragments, uint32_t number);

// Cuts `bytes`, fewer than it has, off its front, and makes it another kind; it becomes the newest
// of its new key. False: out of memory.
bool blktrace_fragments_change(struct blktrace_fragments *fragments, uint32_t number,
                               uint32_t bytes, enum blktrace_kind kind);

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

// All zero is an empty window.
struct blktrace_window {
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
    uint64_t from; // requests of it below this number were queued before its first D
};

#define BLKTRACE_UNDECIDED_MAX 1024

struct blktrace_pairing {
    enum trace_arrival arrival; // as asked for
    unsigned actions;           // bit n: records of action n matter, besides gaps and passthrough
    bool continues;             // some fragment has been marked as continued
    bool ends;                  // some fragment has been an END
    bool lossy;                 // whole CPUs are missing: completions of any request may be
    bool ended;                 // no more events will come
    uint64_t suspect;           // requests below this number arrived before records went missing
    struct blktrace_volume *volumes; // by number
    size_t volume_count;
    size_t volume_capacity;
    size_t arriving; // volumes of which there have been requests
    struct blktrace_window window;
    struct blktrace_fragments fragments;
    struct blktrace_handed handed;
    struct blktrace_started started;
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

// ---- Parts of pairing ----

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

// The oldest fragment of the key, or BLKTRACE_FRAGMENT_NONE. Those of requests that are none go.
uint32_t blktrace_pairing_oldest(struct blktrace_pairing *pairing, const struct blktrace_key *key);

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
