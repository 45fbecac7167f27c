// SPDX-License-Identifier: GPL-2.0-or-later
// Where requests go: Zipf ranks over many places, and the scattering of ranks over the volume.
#ifndef TRACES_SYNTH_SYNTH_PLACES_H
#define TRACES_SYNTH_SYNTH_PLACES_H

#include "traces/synth/synth_stream.h"

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
