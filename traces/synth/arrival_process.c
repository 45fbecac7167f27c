// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/arrival_process.h"

#include "traces/synth/exact_math.h"

#include <math.h>
#include <string.h>

// ---- Bursts ----
// The rate of a volume whose rate changes: on-off periods, or the states of an MMPP, its own or
// common to several volumes.
//
// Common periods are drawn by each volume for itself, from the same stream. Whether a volume
// follows the common ones is drawn anew after exponential times, independent of all periods; so at
// any moment two volumes follow them at once with probability correlation, and else are
// independent.

#define FOLLOW_CYCLES 4

static void plan_bursts(struct synth_burst_plan *plan, const struct synth_volume *volume)
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

// The names are of the volume, and of whom it shares the common periods with.
static void start_bursts(struct synth_bursts *bursts, const struct synth_burst_plan *plan,
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

// Moves the clock on until that much work is done; to SYNTH_NEVER if it would be at end_ns or
// later, or if it is stopped.
static void work_bursts(struct synth_bursts *bursts, const struct synth_burst_plan *plan,
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

// ---- Plans ----

static bool is_before(const void *left, const void *right)
{
    const struct synth_event *a = left;
    const struct synth_event *b = right;
    if (a->clock.time_ns != b->clock.time_ns)
        return a->clock.time_ns < b->clock.time_ns;
    return a->order < b->order;
}

const struct trace_heap_kind synth_events = {sizeof(struct synth_event), is_before};

void synth_arrival_plan_init(struct synth_arrival_plan *plan, const struct synth_volume *volume,
                             int64_t end_ns)
{
    const struct synth_arrivals *arrivals = &volume->arrivals;
    *plan = (struct synth_arrival_plan){.volume = volume, .end_ns = end_ns};
    synth_sampler_init(&plan->gap, &arrivals->gap_ns);
    synth_sampler_init(&plan->think, &arrivals->think_ns);
    synth_sampler_init(&plan->batch_gap, &arrivals->batch_gap_ns);
    if (arrivals->batch_mean > 1)
        plan->batch_logarithm = exact_log1p(-1 / arrivals->batch_mean);
    if (arrivals->process == SYNTH_DIURNAL)
        plan->peak_gap_ns = 1e9 / (arrivals->rate_per_s * (1 + arrivals->amplitude));
    if (arrivals->process == SYNTH_ON_OFF || arrivals->process == SYNTH_MMPP)
        plan_bursts(&plan->bursts, volume);
}

// ---- Processes ----

// Arrivals at the highest rate, of which each stays with the probability that the rate has of it.
static void advance_diurnal(struct synth_arrivals_state *state,
                            const struct synth_arrival_plan *plan)
{
    const struct synth_arrivals *arrivals = &plan->volume->arrivals;
    for (;;) {
        synth_clock_advance(&state->clock, plan->peak_gap_ns * synth_exponential(&state->gaps));
        if (state->clock.time_ns >= plan->end_ns || synth_is_stopped(plan->stop))
            return;
        int64_t phase_ns = (state->clock.time_ns - arrivals->peak_ns) % arrivals->period_ns;
        double turns = (double)phase_ns / (double)arrivals->period_ns;
        double rate = 1 + arrivals->amplitude * exact_cos_turns(turns);
        if (synth_stream_share(&state->gaps) * (1 + arrivals->amplitude) < rate)
            return;
    }
}

// To the next arrival of the process.
static void advance_process(struct synth_arrivals_state *state,
                            const struct synth_arrival_plan *plan, bool is_first)
{
    double work = 0;
    enum synth_process process = plan->volume->arrivals.process;
    if (process == SYNTH_DIURNAL) {
        advance_diurnal(state, plan);
        return;
    }
    if (process == SYNTH_MMPP)
        work = synth_exponential(&state->gaps);
    else if (is_first)
        work = synth_sampler_rest(&plan->gap, &state->gaps);
    else
        work = synth_sampler_draw(&plan->gap, &state->gaps);
    if (process == SYNTH_RENEWAL)
        synth_clock_advance(&state->clock, work);
    else
        work_bursts(&state->bursts, &plan->bursts, &state->clock, work, plan->end_ns);
}

// ---- Batches ----

// The next arrival of the process begins a batch: what follows it is put into the heap.
static bool begin_batch(struct synth_arrivals_state *state, const struct synth_arrival_plan *plan)
{
    if (plan->batch_logarithm == 0) // none
        return true;
    // P(more than n) = P(it goes on)^n.
    double more = -synth_exponential(&state->batches) / plan->batch_logarithm;
    struct synth_event event = {state->clock, state->batch_count++, (uint64_t)more};
    if (event.left == 0)
        return true;
    synth_clock_advance(&event.clock, synth_sampler_draw(&plan->batch_gap, &state->batches));
    return trace_heap_push(&state->heap, &synth_events, &event);
}

static void advance_batch(struct synth_arrivals_state *state, const struct synth_arrival_plan *plan)
{
    struct synth_event *event = state->heap.entries;
    if (--event->left == 0) {
        trace_heap_pop(&state->heap, &synth_events);
        return;
    }
    synth_clock_advance(&event->clock, synth_sampler_draw(&plan->batch_gap, &state->batches));
    trace_heap_settle(&state->heap, &synth_events);
}

// At the same ns, requests of batches under way go first.
static bool is_batch_next(const struct synth_arrivals_state *state)
{
    const struct synth_event *event = state->heap.entries;
    return state->heap.count > 0 && event->clock.time_ns <= state->clock.time_ns;
}

// ---- Clients ----

// Each begins somewhere in its thinking.
static bool init_clients(struct synth_arrivals_state *state, const struct synth_arrival_plan *plan)
{
    state->clock.time_ns = SYNTH_NEVER;
    for (uint32_t i = 0; i < plan->volume->arrivals.clients; i++) {
        struct synth_event client = {.order = i};
        synth_clock_advance(&client.clock, synth_sampler_rest(&plan->think, &state->gaps));
        if (!trace_heap_push(&state->heap, &synth_events, &client))
            return false;
    }
    return true;
}

static void advance_client(struct synth_arrivals_state *state,
                           const struct synth_arrival_plan *plan, int64_t latency_ns)
{
    struct synth_event *event = state->heap.entries;
    synth_clock_advance(&event->clock, (double)latency_ns);
    synth_clock_advance(&event->clock, synth_sampler_draw(&plan->think, &state->gaps));
    trace_heap_settle(&state->heap, &synth_events);
}

// ---- Arrivals ----

bool synth_arrivals_init(struct synth_arrivals_state *state, const struct synth_arrival_plan *plan,
                         uint64_t seed, const char *name, const char *common_name)
{
    memset(state, 0, sizeof *state);
    enum synth_process process = plan->volume->arrivals.process;
    synth_stream_init(&state->gaps, seed, name, SYNTH_FOR_GAPS);
    synth_stream_init(&state->batches, seed, name, SYNTH_FOR_BATCHES);
    if (process == SYNTH_CLOSED)
        return init_clients(state, plan);
    if (process == SYNTH_ON_OFF || process == SYNTH_MMPP)
        start_bursts(&state->bursts, &plan->bursts, seed, name, common_name);
    advance_process(state, plan, true);
    return true;
}

void synth_arrivals_free(struct synth_arrivals_state *state)
{
    trace_heap_free(&state->heap);
}

int64_t synth_arrivals_next_ns(const struct synth_arrivals_state *state)
{
    const struct synth_event *event = state->heap.entries;
    return is_batch_next(state) ? event->clock.time_ns : state->clock.time_ns;
}

uint32_t synth_arrivals_client(const struct synth_arrivals_state *state,
                               const struct synth_arrival_plan *plan)
{
    const struct synth_event *event = state->heap.entries;
    return plan->volume->arrivals.process == SYNTH_CLOSED ? (uint32_t)event->order + 1 : 0;
}

bool synth_arrivals_advance(struct synth_arrivals_state *state,
                            const struct synth_arrival_plan *plan, int64_t latency_ns)
{
    if (plan->volume->arrivals.process == SYNTH_CLOSED) {
        advance_client(state, plan, latency_ns);
    } else if (is_batch_next(state)) {
        advance_batch(state, plan);
    } else {
        if (!begin_batch(state, plan))
            return false;
        advance_process(state, plan, false);
    }
    return true;
}
