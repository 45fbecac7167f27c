// SPDX-License-Identifier: GPL-2.0-or-later
// A recording, read again: after what each of its requests comes, as the kind of its stream has it.
// Source of rules and constants: docs/model.md.
#ifndef SIM_ARRIVALS_CONDITIONS_H
#define SIM_ARRIVALS_CONDITIONS_H

#include "sim/arrivals/graph.h"
#include "sim/arrivals/streams.h"

// A stream while it is read again.
struct thread {
    struct graph_counter counter;
    int64_t *ends_ns;     // recorded, of the last completions: a ring
    uint64_t requests;    // that are counted
    uint64_t completions; // recorded
    int64_t last_end_ns;
    struct graph_node *first;
    struct graph_node *previous;
    struct graph_edge *unclaimed; // completed since the previous arrival
    struct graph_node *last_end;  // that completed last
    uint32_t callee;              // whose burst its next arrival waits for, or STREAM_NONE
    uint32_t caller;              // whose call it answered last, or STREAM_NONE
    int64_t called_ns;
    uint64_t dropped;            // requests that would have come after its lifetime
    uint64_t guessed;            // requests whose latencies are guesses
    struct graph_node *returned; // the burst's last, once the callee has been called again
};

// A group while it is read again.
struct place {
    uint64_t outstanding;
    int64_t last_ns;
    bool is_seen;
    struct graph_node *last_end;
};

// Who else waits for what a request of the recording completes, as for a flush: the stream of an
// index from 0, or STREAM_NONE if it has sent nothing. False: there are not so many.
typedef bool conditions_other(void *context, const struct arrival *arrival, size_t index,
                              uint32_t *stream);

struct conditions {
    const struct streams *streams; // concluded
    conditions_other *other;
    void *context;
    struct graph graph;
    struct timer_heap ends; // recorded completions
    struct thread *threads; // by stream
    uint32_t thread_count;
    struct place *places;          // by group
    struct graph_node **last_ends; // by device: what completed last
};

// False: out of memory; conditions_close is needed in any case.
bool conditions_open(struct conditions *conditions, const struct streams *streams,
                     conditions_other *other, void *context);
void conditions_close(struct conditions *conditions);

// Gives the next request of the recording its conditions; its stream and group are set. False: out
// of memory.
bool conditions_add(struct conditions *conditions, struct graph_node *node);

#endif
