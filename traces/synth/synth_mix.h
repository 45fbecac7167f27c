// SPDX-License-Identifier: GPL-2.0-or-later
// What the requests of a volume are: kinds, sizes, places, latencies.
#ifndef TRACES_SYNTH_SYNTH_MIX_H
#define TRACES_SYNTH_SYNTH_MIX_H

#include "traces/synth/law_draw.h"

struct synth_kind_plan {
    const struct synth_kind *kind;
    double weights[SYNTH_SIZES_MAX]; // of sizes, each with those before it
    uint64_t places;
    struct synth_zipf zipf;
};

// What the volumes of an entry have in common.
struct synth_mix_plan {
    const struct synth_volume *volume;
    double weights[SYNTH_KINDS_MAX]; // of kinds, each with those before it
    struct synth_kind_plan kinds[SYNTH_KINDS_MAX];
    struct synth_sampler latency;
};

struct synth_kind_state {
    struct synth_stream places;
    uint64_t next; // where the one before ended, from the kind's first byte
    bool has_next;
};

struct synth_mix_state {
    struct synth_stream kinds;
    struct synth_stream sizes;
    struct synth_stream latencies;
    uint64_t scatter_key; // one for all kinds: what is hot to read is hot to write
    struct synth_kind_state by_kind[SYNTH_KINDS_MAX];
};

void synth_mix_plan_init(struct synth_mix_plan *plan, const struct synth_volume *volume);
void synth_mix_init(struct synth_mix_state *state, const struct synth_mix_plan *plan, uint64_t seed,
                    const char *name);

// All but the request's arrival and volume.
void synth_mix_draw(struct synth_mix_state *state, const struct synth_mix_plan *plan,
                    struct trace_request *request);

#endif
