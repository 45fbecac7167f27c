// SPDX-License-Identifier: GPL-2.0-or-later
// Hidden states behind counts: in each window the stream is in one of a few states, each with a
// rate of its own, and counts are Poisson. Estimated by Baum's and Welch's expectation and
// maximisation, with the restriction of SYNTH_MMPP: a state is followed by any of the others alike.
#ifndef SIM_WORKLOAD_FIT_HIDDEN_H
#define SIM_WORKLOAD_FIT_HIDDEN_H

#include <stdbool.h>
#include <stddef.h>

#define FIT_HIDDEN_STATES_MAX 4

struct fit_hidden {
    unsigned states;
    double mean[FIT_HIDDEN_STATES_MAX]; // count of a window
    double stay[FIT_HIDDEN_STATES_MAX]; // probability that the next window is in the same state
};

// counts[0 .. windows): at least as many as states. batch: how many requests come at once; counts
// then vary by so much more than Poisson's. False: out of memory.
bool fit_hidden_estimate(struct fit_hidden *hidden, unsigned states, const double *counts,
                         size_t windows, double batch);

#endif
