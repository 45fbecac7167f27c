// SPDX-License-Identifier: GPL-2.0-or-later
// Random limits and sizes for tests, and the seed they come from.
#ifndef TESTS_ENGINE_DRAW_H
#define TESTS_ENGINE_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include <gsl/gsl_rng.h>

#include "engine/engine.h"

// THROTTLESIM_TEST_SEED, or 1; printed, so that a failure can be repeated.
unsigned long draw_seed(void);

bool draw_bool(gsl_rng *rng, double probability);

// Mostly valid, mostly all keys. Extreme: at the edges of what is valid.
void draw_limits(gsl_rng *rng, bool extreme, struct engine_parameters *parameters);

// Valid, all keys, at least one average.
void draw_valid_limits(gsl_rng *rng, bool extreme, struct engine_parameters *parameters);

uint64_t draw_bytes(gsl_rng *rng, bool extreme);

// A duration of this mean, from 0.
int64_t draw_duration(gsl_rng *rng, int64_t mean_ns);

#endif
