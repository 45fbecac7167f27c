// SPDX-License-Identifier: GPL-2.0-or-later
// When the event loop is late because something else keeps it: spans of time in which nothing is
// done. What would happen in one happens at its end. Source: docs/model.md.
#ifndef SIM_REPLAY_STALLS_H
#define SIM_REPLAY_STALLS_H

#include "sim/scenario/scenario.h"
#include "traces/synth/law_draw.h"

struct stalls {
    struct synth_stream stream;
    double gap_ns, mean_ns;
    int64_t start_ns, end_ns; // the present or the next one; INT64_MAX: there is none
};

void stalls_open(struct stalls *stalls, const struct scenario_stalls *config);

// Are there any?
static inline bool stalls_are(const struct stalls *stalls)
{
    return stalls->start_ns != INT64_MAX;
}

// Nothing happens before now_ns, which is after the end of the present one: draws the next.
void stalls_next(struct stalls *stalls, int64_t now_ns);

// When what would happen at this time, not after the end, does.
static inline int64_t stalls_delay(const struct stalls *stalls, int64_t time_ns)
{
    return time_ns >= stalls->start_ns && time_ns < stalls->end_ns ? stalls->end_ns : time_ns;
}

#endif
