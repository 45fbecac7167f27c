// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/stalls.h"

// Of a longer time in which nothing happens only the last part has stalls: they cost time to draw.
#define IDLE_MAX_NS INT64_C(60000000000)

static int64_t draw_after(struct stalls *stalls, int64_t time_ns, double mean_ns)
{
    double drawn_ns = synth_exponential(&stalls->stream) * mean_ns + 1.5;
    return drawn_ns < (double)(INT64_MAX - time_ns) * 0.99 ? time_ns + (int64_t)drawn_ns
                                                           : INT64_MAX;
}

static void draw(struct stalls *stalls)
{
    stalls->start_ns = draw_after(stalls, stalls->end_ns, stalls->gap_ns);
    stalls->end_ns = draw_after(stalls, stalls->start_ns, stalls->mean_ns);
}

void stalls_open(struct stalls *stalls, const struct scenario_stalls *config)
{
    *stalls = (struct stalls){.start_ns = INT64_MAX, .end_ns = INT64_MAX};
    if (config->rate.numerator == 0 || config->mean_ns == 0)
        return;
    stalls->gap_ns = 1e9 * (double)config->rate.denominator / (double)config->rate.numerator;
    stalls->mean_ns = (double)config->mean_ns;
    synth_stream_init(&stalls->stream, (uint64_t)config->seed, "", SYNTH_FOR_STALLS);
    stalls->end_ns = 0;
    draw(stalls);
}

void stalls_next(struct stalls *stalls, int64_t now_ns)
{
    if (now_ns - stalls->end_ns > IDLE_MAX_NS)
        stalls->end_ns = now_ns - IDLE_MAX_NS;
    draw(stalls);
}
