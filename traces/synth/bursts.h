// SPDX-License-Identifier: GPL-2.0-or-later
// The rate of a volume whose rate changes: on-off periods, or the states of an MMPP, its own or
// common to several volumes.
//
// Common periods are drawn by each volume for itself, from the same stream. Whether a volume
// follows the common ones is drawn anew after exponential times, independent of all periods; so at
// any moment two volumes follow them at once with probability correlation, and else are
// independent.
#ifndef TRACES_SYNTH_BURSTS_H
#define TRACES_SYNTH_BURSTS_H

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

void synth_burst_plan_init(struct synth_burst_plan *plan, const struct synth_volume *volume);

// The names are of the volume, and of whom it shares the common periods with.
void synth_bursts_init(struct synth_bursts *bursts, const struct synth_burst_plan *plan,
                       uint64_t seed, const char *name, const char *common_name);

// Moves the clock on until that much work is done; to SYNTH_NEVER if it would be at end_ns or
// later, or if it is stopped.
void synth_bursts_work(struct synth_bursts *bursts, const struct synth_burst_plan *plan,
                       struct synth_clock *clock, double work, int64_t end_ns);

#endif
