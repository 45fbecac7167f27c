// SPDX-License-Identifier: GPL-2.0-or-later
// When the requests of a volume arrive: the processes, and the batches of their arrivals.
#ifndef TRACES_SYNTH_ARRIVAL_PROCESS_H
#define TRACES_SYNTH_ARRIVAL_PROCESS_H

#include "traces/heap.h"
#include "traces/synth/bursts.h"

// What is to happen: volumes, clients and batches wait in heaps of such.
struct synth_event {
    struct synth_clock clock;
    uint64_t order; // between events at the same ns; all differ
    uint64_t left;  // of a batch: requests
};
extern const struct trace_heap_kind synth_events;

// What the volumes of an entry have in common.
struct synth_arrival_plan {
    const struct synth_volume *volume;
    struct synth_sampler gap;
    struct synth_sampler think;
    struct synth_sampler batch_gap;
    double batch_logarithm; // of the probability that a batch goes on; 0: no batches
    double peak_gap_ns;     // SYNTH_DIURNAL
    struct synth_burst_plan bursts;
    int64_t end_ns;                    // arrivals are before it
    const volatile sig_atomic_t *stop; // as in synth_stop_on; may be NULL
};

struct synth_arrivals_state {
    struct synth_stream gaps;
    struct synth_stream batches;
    struct synth_bursts bursts;
    struct synth_clock clock; // of the next arrival; not SYNTH_CLOSED
    struct trace_heap heap;   // batches that go on, or clients
    uint64_t batch_count;
};

void synth_arrival_plan_init(struct synth_arrival_plan *plan, const struct synth_volume *volume,
                             int64_t end_ns);

// False: out of memory. On any outcome it is to be freed.
bool synth_arrivals_init(struct synth_arrivals_state *state, const struct synth_arrival_plan *plan,
                         uint64_t seed, const char *name, const char *common_name);
void synth_arrivals_free(struct synth_arrivals_state *state);

// The next arrival; SYNTH_NEVER: none before the end.
int64_t synth_arrivals_next_ns(const struct synth_arrivals_state *state);

// Goes on behind the next arrival, of which there is one; it took latency_ns, which decides when
// its client is back. False: out of memory.
bool synth_arrivals_advance(struct synth_arrivals_state *state,
                            const struct synth_arrival_plan *plan, int64_t latency_ns);

#endif
