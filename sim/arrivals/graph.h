// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that arrive when others have arrived or completed: what is held back of a workload that
// answers.
//
// Each has conditions, "so long after that", and arrives when the last is met; of equal times in
// the order in which they were added. What is held in memory is what has not arrived, what has not
// completed, and what later conditions may still refer to (graph_hold).
// Source: docs/model.md.
#ifndef SIM_ARRIVALS_GRAPH_H
#define SIM_ARRIVALS_GRAPH_H

#include "engine/timer_heap.h"
#include "sim/arrivals/arrivals.h"

#define GRAPH_NOT_YET INT64_MIN // a time that has not come

struct graph_edge {
    struct graph_edge *next;
    struct graph_node *node; // that waits
    int64_t after_ns;
    bool is_call; // without that one it would not come at all
};

struct graph_node {
    struct timer due;       // first: of those whose conditions are met; links back to the node
    struct timer ends;      // the caller's
    struct arrival arrival; // its time is the recorded one until it arrives
    uint64_t order;
    int64_t recorded_ns;     // as the recording shows: arrival
    int64_t recorded_end_ns; // and completion, or INT64_MAX
    int64_t ready_ns;        // the latest of the conditions that are met
    int64_t arrived_ns;      // or GRAPH_NOT_YET
    int64_t completed_ns;    // likewise
    uint32_t unmet;          // conditions that are not met, and one more until it is sealed
    uint32_t holds;
    bool is_dropped; // it will not come
    bool is_counted; // its completion is recorded, so that it is one of those outstanding
    uint32_t stream; // the caller's
    uint32_t group;  // the caller's
    struct graph_edge *on_arrival;
    struct graph_edge *on_completion;
    struct graph_node *next; // of a counter's, or of the free ones
    uint64_t wanted;         // completions of a counter
    int64_t wanted_after_ns;
};

// Completions of a stream are counted, and some of its requests wait for a number of them.
struct graph_counter {
    uint64_t completions;
    int64_t *times_ns;        // when the last of them came: a ring
    uint32_t depth;           // its size
    struct graph_node *first; // of those that wait: by number
    struct graph_node *last;
};

struct graph_slab;

// All zero is empty.
struct graph {
    struct timer_heap ready;
    struct graph_slab *slabs;
    struct graph_node *free_nodes;
    struct graph_edge *free_edges;
    uint64_t next_order;
    uint64_t held; // nodes in memory
    int64_t now_ns;
    bool failed; // out of memory: what follows does nothing
};

void graph_free(struct graph *graph);

// False: out of memory.
bool graph_counter_open(struct graph_counter *counter, uint32_t depth);
void graph_counter_close(struct graph_counter *counter);

// A new one, without conditions, that is not yet waited for. NULL: out of memory.
struct graph_node *graph_add(struct graph *graph, const struct arrival *arrival);

// Conditions of a node that is not sealed. after_ns >= 0.
void graph_at(struct graph_node *node, int64_t time_ns);
void graph_after_arrival(struct graph *graph, struct graph_node *node, struct graph_node *of,
                         int64_t after_ns);
void graph_after_completion(struct graph *graph, struct graph_node *node, struct graph_node *of,
                            int64_t after_ns);
// The same, and dropped with it.
void graph_call(struct graph *graph, struct graph_node *node, struct graph_node *of,
                int64_t after_ns);
// So many completions, 1 or more: not fewer than any before has asked for of this counter, and of
// those that have come one of the last `depth`. One such condition per node.
void graph_after_count(struct graph_node *node, struct graph_counter *counter, uint64_t completions,
                       int64_t after_ns);

// It has all its conditions.
void graph_seal(struct graph *graph, struct graph_node *node);

// Stays in memory until it has been released as often. NULL is allowed.
void graph_hold(struct graph_node *node);
void graph_release(struct graph *graph, struct graph_node *node);

// Adds a node to a list, which holds it; takes one out, which is to be released: NULL, none.
void graph_put(struct graph *graph, struct graph_edge **list, struct graph_node *node);
struct graph_node *graph_take(struct graph *graph, struct graph_edge **list);

// The next to arrive, or NULL.
static inline struct graph_node *graph_next(const struct graph *graph)
{
    return graph->ready.count == 0 ? NULL : (struct graph_node *)graph->ready.slots[0].timer;
}

// The next has arrived, at its time.
void graph_arrived(struct graph *graph, struct graph_node *node);

// The next does not arrive: for those that wait for it, it has and has completed at its time.
void graph_drop(struct graph *graph, struct graph_node *node, struct graph_counter *counter);

// It has completed; counter: its stream's, or NULL.
void graph_completed(struct graph *graph, struct graph_node *node, struct graph_counter *counter,
                     int64_t now_ns);

#endif
