// SPDX-License-Identifier: GPL-2.0-or-later
// When the requests of a volume arrive: the processes, and the batches of their arrivals.
#ifndef TRACES_SYNTH_ARRIVAL_PROCESS_H
#define TRACES_SYNTH_ARRIVAL_PROCESS_H

#include "traces/heap.h"
#include "traces/synth/law_draw.h"

#include <signal.h>

#define SYNTH_NEVER INT64_MAX

// A time that is moved by fractions of ns: whole ns, and a fraction that is carried on, so that
// nothing is lost however long a trace is.
struct synth_clock {
    int64_t time_ns;
    double fraction_ns; // 0 to below 1
};

// By at least 0, or infinity; what is too far is never.
static inline void synth_clock_advance(struct synth_clock *clock, double by_ns)
{
    int64_t whole_ns = by_ns < 0x1p62 ? (int64_t)by_ns : SYNTH_NEVER;
    if (whole_ns >= SYNTH_NEVER - 1 - clock->time_ns) {
        *clock = (struct synth_clock){.time_ns = SYNTH_NEVER};
        return;
    }
    clock->time_ns += whole_ns;
    clock->fraction_ns += by_ns - (double)whole_ns;
    if (clock->fraction_ns >= 1) {
        clock->fraction_ns -= 1;
        clock->time_ns++;
    }
}

// From the clock to a time that is not before it.
static inline double synth_clock_until(const struct synth_clock *clock, int64_t time_ns)
{
    return (double)(time_ns - clock->time_ns) - clock->fraction_ns;
}

// What goes on without requests looks at it in between.
static inline bool synth_is_stopped(const volatile sig_atomic_t *stop)
{
    return stop != NULL && *stop != 0;
}

// What the volumes of an entry have in common.
struct synth_burst_plan {
    enum synth_process process;
    struct synth_sampler periods[SYNTH_STATES_MAX]; // by state; on-off: off, on
    double speeds[SYNTH_STATES_MAX];                // work for each ns in the state
    uint32_t state_count;
    double common_share; // of the time
    double follow_mean_ns;
    const volatile sig_atomic_t *stop; // as in synth_stop_on; may be NULL
};

struct synth_periods {
    struct synth_stream stream;
    struct synth_clock end;
    uint32_t state;
};

struct synth_bursts {
    struct synth_periods own;
    struct synth_periods common;
    struct synth_stream following;
    struct synth_clock follow_end;
    bool follows; // the common ones
};

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

// The client of SYNTH_CLOSED that makes the next arrival, from 1; 0: another process.
uint32_t synth_arrivals_client(const struct synth_arrivals_state *state,
                               const struct synth_arrival_plan *plan);

// Goes on behind the next arrival, of which there is one; it took latency_ns, which decides when
// its client is back. False: out of memory.
bool synth_arrivals_advance(struct synth_arrivals_state *state,
                            const struct synth_arrival_plan *plan, int64_t latency_ns);

#endif
