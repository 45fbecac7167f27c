// SPDX-License-Identifier: GPL-2.0-or-later
// Work is what lies between two arrivals, measured where time passes as fast as the momentary rate
// is high: on-off, the ns of on periods; MMPP, an exponential number of mean 1.
#include "traces/synth/bursts.h"

#include <math.h>

#define FOLLOW_CYCLES 4

void synth_burst_plan_init(struct synth_burst_plan *plan, const struct synth_volume *volume)
{
    const struct synth_arrivals *arrivals = &volume->arrivals;
    double cycle_ns = 0;
    plan->process = arrivals->process;
    if (arrivals->process == SYNTH_ON_OFF) {
        plan->state_count = 2;
        synth_sampler_init(&plan->periods[0], &arrivals->off_ns);
        synth_sampler_init(&plan->periods[1], &arrivals->on_ns);
        plan->speeds[0] = 0;
        plan->speeds[1] = 1;
    } else {
        plan->state_count = arrivals->state_count;
        for (uint32_t i = 0; i < plan->state_count; i++) {
            const struct synth_state *state = &arrivals->states[i];
            const struct synth_draw draw = {SYNTH_EXPONENTIAL, state->mean_ns, 0};
            synth_sampler_init(&plan->periods[i], &draw);
            plan->speeds[i] = state->rate_per_s / 1e9;
        }
    }
    for (uint32_t i = 0; i < plan->state_count; i++)
        cycle_ns += plan->periods[i].mean;
    plan->common_share = sqrt(volume->correlation);
    bool may_change = volume->correlation > 0 && volume->correlation < 1;
    plan->follow_mean_ns = may_change ? FOLLOW_CYCLES * cycle_ns : INFINITY;
}

static uint32_t first_state(const struct synth_burst_plan *plan, struct synth_stream *stream)
{
    double total_ns = 0, before_ns = 0;
    uint32_t state = 0;
    for (uint32_t i = 0; i < plan->state_count; i++)
        total_ns += plan->periods[i].mean;
    double place_ns = synth_stream_share(stream) * total_ns;
    for (; state + 1 < plan->state_count; state++) {
        before_ns += plan->periods[state].mean;
        if (place_ns < before_ns)
            break;
    }
    return state;
}

static void periods_start(struct synth_periods *periods, const struct synth_burst_plan *plan,
                          uint64_t seed, const char *name, enum synth_purpose purpose)
{
    synth_stream_init(&periods->stream, seed, name, purpose);
    periods->state = first_state(plan, &periods->stream);
    periods->end = (struct synth_clock){0};
    synth_clock_advance(&periods->end,
                        synth_sampler_rest(&plan->periods[periods->state], &periods->stream));
}

static void periods_next(struct synth_periods *periods, const struct synth_burst_plan *plan)
{
    uint32_t step = 1;
    if (plan->state_count > 2)
        step += (uint32_t)(synth_stream_share(&periods->stream) * (plan->state_count - 1));
    periods->state = (periods->state + step) % plan->state_count;
    synth_clock_advance(&periods->end,
                        synth_sampler_draw(&plan->periods[periods->state], &periods->stream));
}

static void follow_next(struct synth_bursts *bursts, const struct synth_burst_plan *plan)
{
    bursts->follows = synth_stream_share(&bursts->following) < plan->common_share;
    synth_clock_advance(&bursts->follow_end,
                        plan->follow_mean_ns * synth_exponential(&bursts->following));
}

void synth_bursts_init(struct synth_bursts *bursts, const struct synth_burst_plan *plan,
                       uint64_t seed, const char *name, const char *common_name)
{
    periods_start(&bursts->own, plan, seed, name, SYNTH_FOR_OWN_BURSTS);
    periods_start(&bursts->common, plan, seed, common_name, SYNTH_FOR_COMMON_BURSTS);
    synth_stream_init(&bursts->following, seed, name, SYNTH_FOR_FOLLOWING);
    bursts->follow_end = (struct synth_clock){0};
    follow_next(bursts, plan);
}

// The periods that the volume does not follow are moved on only when it does again.
static struct synth_periods *followed(struct synth_bursts *bursts,
                                      const struct synth_burst_plan *plan, int64_t now_ns)
{
    while (bursts->follow_end.time_ns <= now_ns && !synth_is_stopped(plan->stop))
        follow_next(bursts, plan);
    struct synth_periods *periods = bursts->follows ? &bursts->common : &bursts->own;
    while (periods->end.time_ns <= now_ns && !synth_is_stopped(plan->stop))
        periods_next(periods, plan);
    return periods;
}

void synth_bursts_work(struct synth_bursts *bursts, const struct synth_burst_plan *plan,
                       struct synth_clock *clock, double work, int64_t end_ns)
{
    while (clock->time_ns < end_ns && !synth_is_stopped(plan->stop)) {
        const struct synth_periods *periods = followed(bursts, plan, clock->time_ns);
        int64_t edge_ns = periods->end.time_ns;
        if (bursts->follow_end.time_ns < edge_ns)
            edge_ns = bursts->follow_end.time_ns;
        if (edge_ns > end_ns)
            edge_ns = end_ns;
        double speed = plan->speeds[periods->state];
        double possible = speed * synth_clock_until(clock, edge_ns);
        if (work < possible) {
            synth_clock_advance(clock, work / speed);
            return;
        }
        work -= possible > 0 ? possible : 0;
        *clock = (struct synth_clock){.time_ns = edge_ns};
    }
    *clock = (struct synth_clock){.time_ns = SYNTH_NEVER};
}
