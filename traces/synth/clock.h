// SPDX-License-Identifier: GPL-2.0-or-later
// A time that is moved by fractions of ns: whole ns, and a fraction that is carried on, so that
// nothing is lost however long a trace is.
#ifndef TRACES_SYNTH_CLOCK_H
#define TRACES_SYNTH_CLOCK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNTH_NEVER INT64_MAX

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

#endif
