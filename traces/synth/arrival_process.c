// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/arrival_process.h"

#include "traces/synth/exact_math.h"

#include <string.h>

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
        synth_burst_plan_init(&plan->bursts, volume);
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
        synth_bursts_work(&state->bursts, &plan->bursts, &state->clock, work, plan->end_ns);
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
        synth_bursts_init(&state->bursts, &plan->bursts, seed, name, common_name);
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
