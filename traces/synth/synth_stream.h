// SPDX-License-Identifier: GPL-2.0-or-later
// Random streams: xoshiro256** by Blackman and Vigna, its state of 256 bits filled by SplitMix64
// from a seed, a name and a purpose, so that the streams of a workload do not depend on each other.
#ifndef TRACES_SYNTH_SYNTH_STREAM_H
#define TRACES_SYNTH_SYNTH_STREAM_H

#include <stdint.h>

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
    SYNTH_FOR_PLACES = 16, // and the number of the kind
};

struct synth_stream {
    uint64_t state[4];
};

void synth_stream_init(struct synth_stream *stream, uint64_t seed, const char *name,
                       uint32_t purpose);

uint64_t synth_stream_bits(struct synth_stream *stream);

// Above 0, below 1, symmetric about 1/2: an odd multiple of 2^-53.
double synth_stream_share(struct synth_stream *stream);

#endif
