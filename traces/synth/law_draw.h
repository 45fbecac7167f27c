// SPDX-License-Identifier: GPL-2.0-or-later
// Drawing from the laws.
#ifndef TRACES_SYNTH_LAW_DRAW_H
#define TRACES_SYNTH_LAW_DRAW_H

#include "traces/synth.h"
#include "traces/synth/synth_stream.h"

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

#endif
