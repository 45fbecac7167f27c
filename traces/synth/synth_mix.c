// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/synth_mix.h"

#include <string.h>

static void kind_plan_init(struct synth_kind_plan *plan, const struct synth_kind *kind)
{
    double sum = 0;
    plan->kind = kind;
    for (uint32_t i = 0; i < kind->size_count; i++)
        plan->weights[i] = sum += kind->sizes[i].weight;
    if (kind->op == TRACE_FLUSH)
        return;
    plan->places = kind->span / kind->align;
    plan->places += plan->places == 0;
    if (kind->place == SYNTH_ZIPF)
        synth_zipf_init(&plan->zipf, kind->zipf_exponent, plan->places);
}

void synth_mix_plan_init(struct synth_mix_plan *plan, const struct synth_volume *volume)
{
    double sum = 0;
    plan->volume = volume;
    synth_sampler_init(&plan->latency, &volume->latency_ns);
    for (uint32_t i = 0; i < volume->kind_count; i++) {
        plan->weights[i] = sum += volume->kinds[i].weight;
        kind_plan_init(&plan->kinds[i], &volume->kinds[i]);
    }
}

void synth_mix_init(struct synth_mix_state *state, const struct synth_mix_plan *plan, uint64_t seed,
                    const char *name)
{
    struct synth_stream scatter;
    memset(state, 0, sizeof *state);
    synth_stream_init(&state->kinds, seed, name, SYNTH_FOR_KINDS);
    synth_stream_init(&state->sizes, seed, name, SYNTH_FOR_SIZES);
    synth_stream_init(&state->latencies, seed, name, SYNTH_FOR_LATENCIES);
    synth_stream_init(&scatter, seed, name, SYNTH_FOR_SCATTER);
    state->scatter_key = synth_stream_bits(&scatter);
    for (uint32_t i = 0; i < plan->volume->kind_count; i++)
        synth_stream_init(&state->by_kind[i].places, seed, name, SYNTH_FOR_PLACES + i);
}

// The first whose weight, with those before it, reaches a uniform share of all.
static uint32_t draw_index(const double *weights, uint32_t count, struct synth_stream *stream)
{
    double wanted = synth_stream_share(stream) * weights[count - 1];
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (weights[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// A place, in bytes from the kind's first; one too near to the end is moved to the last that fits.
static uint64_t draw_place(const struct synth_kind_plan *plan, struct synth_stream *stream,
                           uint64_t scatter_key, uint64_t bytes)
{
    const struct synth_kind *kind = plan->kind;
    uint64_t place;
    if (kind->place == SYNTH_ZIPF) {
        place = synth_scatter(synth_zipf_draw(&plan->zipf, stream) - 1, plan->places, scatter_key);
    } else {
        place = (uint64_t)(synth_stream_share(stream) * (double)plan->places);
        if (place >= plan->places)
            place = plan->places - 1;
    }
    uint64_t last = (kind->span - bytes) / kind->align;
    return (place > last ? last : place) * kind->align;
}

static uint64_t draw_offset(struct synth_kind_state *state, const struct synth_kind_plan *plan,
                            uint64_t scatter_key, uint64_t bytes)
{
    const struct synth_kind *kind = plan->kind;
    uint64_t at = state->next > kind->span - bytes ? 0 : state->next; // round again
    bool goes_on = synth_stream_share(&state->places) < kind->sequential;
    if (!goes_on || !state->has_next)
        at = draw_place(plan, &state->places, scatter_key, bytes);
    state->next = at + bytes;
    state->has_next = true;
    return kind->first + at;
}

static int64_t draw_latency_ns(struct synth_mix_state *state, const struct synth_mix_plan *plan)
{
    double latency_ns = synth_sampler_draw(&plan->latency, &state->latencies) + 0.5;
    if (latency_ns < 1)
        return 1;
    return latency_ns < 0x1p60 ? (int64_t)latency_ns : INT64_C(1) << 60;
}

void synth_mix_draw(struct synth_mix_state *state, const struct synth_mix_plan *plan,
                    struct trace_request *request)
{
    uint32_t index = draw_index(plan->weights, plan->volume->kind_count, &state->kinds);
    const struct synth_kind_plan *kind_plan = &plan->kinds[index];
    const struct synth_kind *kind = kind_plan->kind;
    // One draw each, whatever the kind: those of the others do not move.
    uint32_t size = 0;
    if (kind->size_count > 0)
        size = draw_index(kind_plan->weights, kind->size_count, &state->sizes);
    else
        synth_stream_bits(&state->sizes);
    request->op = kind->op;
    request->bytes = kind->op == TRACE_FLUSH ? 0 : kind->sizes[size].bytes;
    request->offset = 0;
    if (kind->op != TRACE_FLUSH)
        request->offset =
            draw_offset(&state->by_kind[index], kind_plan, state->scatter_key, request->bytes);
    request->latency_ns = TRACE_LATENCY_UNKNOWN;
    if (plan->latency.mean > 0)
        request->latency_ns = draw_latency_ns(state, plan);
}
