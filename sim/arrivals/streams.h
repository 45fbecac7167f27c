// SPDX-License-Identifier: GPL-2.0-or-later
// The streams of a recording: who submitted its requests, and how each goes about it.
//
// A stream is a thread, on all devices; writeback (kworker/...) is one of each device; of other
// threads of the kernel, whose names have a slash (jbd2/vda-8), one name is one stream. What no
// thread is known of is one stream per device. A first reading of the recording tells what kind
// each is (streams_learn, streams_conclude). Source of rules and constants: docs/model.md.
#ifndef SIM_ARRIVALS_STREAMS_H
#define SIM_ARRIVALS_STREAMS_H

#include "engine/timer_heap.h"
#include "sim/arrivals/arrivals.h"
#include "sim/base/names.h"
#include "sim/scenario/scenario.h"

// What makes a stream one.
enum stream_origin {
    STREAM_OF_THREAD,
    STREAM_MADE,         // a thread that was made: nothing of it is inferred (traces/trace.h)
    STREAM_OF_WRITEBACK, // of one device
    STREAM_OF_DEVICE,    // of a device of which no thread is known: a guess
    STREAM_OPEN,         // of a device whose requests come as recorded
    STREAM_CLOSED,       // of a device that is taken for a closed loop
};

#define STREAM_NONE UINT32_MAX
#define STREAM_IDLE_NS INT64_C(300000) // who pauses no longer may not have been called
#define STREAM_PROMPT_NS 1000000       // as fast as this it is the completion that it waited for
#define STREAM_CYCLES_MAX 4096         // that the regression of a clock looks at

struct stream_cycle {
    int64_t busy_ns;
    int64_t think_ns;
};

struct stream {
    char *name;
    uint32_t recording;
    uint32_t device; // of a stream of one, otherwise STREAM_NONE
    enum stream_origin origin;
    enum scenario_stream_kind kind; // concluded, or told; of STREAM_CLOSED INFERRED
    uint32_t depth; // the most outstanding, own request included, or as told; at least 1
    bool is_depth_told;
    bool is_kind_told;
    int64_t start_after_ns;    // it starts after a completion if that is no longer ago; 0: never
    int64_t lifetime_ns;       // after its first arrival it sends no more than so long
    enum scenario_think think; // of STREAM_CLOSED
    bool is_saturated;         // nearly every arrival follows a completion at once
    bool is_between;           // nearly of the other kind
    uint64_t requests;         // with a recorded completion
    uint64_t endless;          // without
    int64_t first_ns;          // arrivals
    int64_t last_ns;
    // What is counted meanwhile.
    uint64_t completions;
    uint64_t shallow; // arrivals that found fewer than 8 outstanding
    uint64_t hits;    // arrivals long after the one before while something was outstanding
    uint64_t prompt;  // arrivals just after an own completion
    uint64_t thinks;  // arrivals when nothing was outstanding, after the first
    double think_ns;  // how long these came after the last completion, together
    uint64_t during;  // arrivals while an own request was in flight, over all of them
    uint64_t after;   // the same in as long a time after it
    int64_t last_end_ns;
    int64_t cycle_from_ns; // the busy time's first arrival
    struct stream_cycle *cycles;
    uint32_t cycle_count;
    uint64_t cycles_seen;
    double slope; // of thinks by busy times, with its standard error; 0, 0: unknown
    double slope_error;
};

// A caller and whom it wakes, as sqlite3 and the journal: a request of the callee that comes out of
// the blue within window_ns after a completion of the caller is taken as its consequence.
struct stream_call {
    uint32_t caller; // groups
    uint32_t callee;
    int64_t window_ns;
    uint64_t counted; // starts that it explains
    double expected;  // as many would be there by chance
};

// Streams of one name on one device.
struct stream_group {
    uint32_t device;
    uint32_t stream; // the first
    uint64_t outstanding;
    int64_t last_ns; // arrival or completion
    bool is_seen;
};

// What is remembered of a device for finding calls.
struct stream_moment {
    int64_t time_ns;
    uint32_t group;
    uint32_t device;
    int64_t idle_ns; // of a start: since the group's last arrival or completion
};

struct stream_moments {
    struct stream_moment *items;
    size_t count;
    size_t capacity;
};

// Of whom the last requests were: to find a stream again is what costs.
#define STREAM_CACHE 1024
struct stream_cached {
    uint64_t key, minor; // 0, 0: none
    struct stream_who who;
};

struct streams {
    struct stream_cached *cache;
    struct stream_who *whos; // of every thread and device seen: it stays what it was at first
    uint32_t who_count;
    uint32_t who_capacity;
    struct stream *items;
    uint32_t count;
    uint32_t capacity;
    struct stream_group *groups;
    uint32_t group_count;
    uint32_t group_capacity;
    struct names keys;
    char **key_texts; // theirs
    uint32_t key_count;
    uint32_t key_capacity;
    struct timer_heap probes; // of a first reading
    struct stream_probe *free_probes;
    void *slabs;
    struct stream_moments starts;
    struct stream_moments ends;
    struct stream_call *calls; // concluded, the surest first
    size_t call_count;
};

void streams_free(struct streams *streams);

// Whose a request is. A device is a member, or a volume of the only recording.
struct stream_key {
    enum stream_origin origin; // OF_THREAD, OPEN or CLOSED: what it is meant to be
    uint32_t recording;
    uint32_t thread;  // its number there; 0: not known
    const char *name; // of the thread
    uint32_t device;
    const char *device_name;
};

// Is it among those that were found last? Names do not matter.
bool streams_find_again(const struct streams *streams, const struct stream_key *key,
                        struct stream_who *who);

// False: out of memory.
bool streams_find(struct streams *streams, const struct stream_key *key, struct stream_who *who);

// The stream if it has been found before, or STREAM_NONE. The names of the key do not matter.
uint32_t streams_known(const struct streams *streams, const struct stream_key *key);

// The next arrival of the recording, in order. False: out of memory.
bool streams_learn(struct streams *streams, const struct stream_who *who, int64_t time_ns,
                   int64_t latency_ns);

// All has been read. Then what the user says may be applied. False: out of memory.
bool streams_conclude(struct streams *streams);
void streams_tell(struct stream *stream, const struct scenario_stream *told);

// Parts of that: what kind it is; who calls whom, which fills calls.
void stream_conclude(struct stream *stream);
bool streams_find_calls(struct streams *streams);

// An arrival of it when nothing was outstanding, after at least one completion. False: out of
// memory.
bool stream_end_cycle(struct stream *stream, int64_t time_ns);

#endif
