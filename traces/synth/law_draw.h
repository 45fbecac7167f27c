// SPDX-License-Identifier: GPL-2.0-or-later
// Drawing: random streams, laws, and places.
#ifndef TRACES_SYNTH_LAW_DRAW_H
#define TRACES_SYNTH_LAW_DRAW_H

#include "traces/synth.h"

// ---- Streams ----
// xoshiro256** by Blackman and Vigna, its state of 256 bits filled by SplitMix64
// from a seed, a name and a purpose, so that the streams of a workload do not depend on each other.

// What a stream is for. The numbers are part of what a specification means: none may change.
enum synth_purpose {
    SYNTH_FOR_GAPS = 1,
    SYNTH_FOR_OWN_BURSTS = 2,
    SYNTH_FOR_COMMON_BURSTS = 3,
    SYNTH_FOR_FOLLOWING = 4,
    SYNTH_FOR_BATCHES = 5,
    SYNTH_FOR_KINDS = 6,
    SYNTH_FOR_SIZES = 7,
    SYNTH_FOR_LATENCIES = 8,
    SYNTH_FOR_SCATTER = 9,
    SYNTH_FOR_DEVICES = 10, // of a simulation,
    SYNTH_FOR_STALLS = 11,  // and of its event loop
    SYNTH_FOR_PLACES = 16,  // and the number of the kind
};

struct synth_stream {
    uint64_t state[4];
};

void synth_stream_init(struct synth_stream *stream, uint64_t seed, const char *name,
                       uint32_t purpose);

uint64_t synth_stream_bits(struct synth_stream *stream);

// Above 0, below 1, symmetric about 1/2: an odd multiple of 2^-53.
double synth_stream_share(struct synth_stream *stream);

// ---- Laws ----

// A law that is ready to be drawn from.
struct synth_sampler {
    enum synth_law law;
    double mean;
    double shape;
    double scale; // mean of a law of scale 1 is mean / scale
};

void synth_sampler_init(struct synth_sampler *sampler, const struct synth_draw *draw);

// Not negative, finite or infinite, and of that mean.
double synth_sampler_draw(const struct synth_sampler *sampler, struct synth_stream *stream);

// What is left of it if one looks at a random moment: a uniform share of a length that is found in
// proportion to itself.
double synth_sampler_rest(const struct synth_sampler *sampler, struct synth_stream *stream);

double synth_exponential(struct synth_stream *stream); // mean 1

// ---- Places: Zipf ranks over many of them, and the scattering of ranks over the volume ----

// Ranks 1 to count, in proportion to rank^-exponent.
struct synth_zipf {
    double exponent; // above 0
    double count;    // 1 to 2^40
    double highest;  // the two ends of the integral that is drawn from
    double lowest;
    double squeeze;
};

void synth_zipf_init(struct synth_zipf *zipf, double exponent, uint64_t count);
uint64_t synth_zipf_draw(const struct synth_zipf *zipf, struct synth_stream *stream);

// A permutation of 0 to count - 1, chosen by the key; count is 1 to 2^40, value below it.
uint64_t synth_scatter(uint64_t value, uint64_t count, uint64_t key);

#endif
