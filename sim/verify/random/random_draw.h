// SPDX-License-Identifier: GPL-2.0-or-later
// What random cases are drawn with. Only integers: the same numbers on every machine.
#ifndef SIM_VERIFY_RANDOM_RANDOM_DRAW_H
#define SIM_VERIFY_RANDOM_RANDOM_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gsl/gsl_rng.h>

// NULL: out of memory. To be freed by gsl_rng_free.
gsl_rng *random_draw_new(uint64_t seed);

// 0 to limit - 1; the limit is at least 1.
uint64_t random_draw_below(gsl_rng *rng, uint64_t limit);

int64_t random_draw_between(gsl_rng *rng, int64_t least, int64_t most);

// True in so many of a hundred cases.
bool random_draw_percent(gsl_rng *rng, unsigned percent);

// All magnitudes are equally likely: as many of one digit as of six. From 1 to `most`.
int64_t random_draw_magnitude(gsl_rng *rng, int64_t most);

int64_t random_draw_pick(gsl_rng *rng, const int64_t *values, size_t count);
#define RANDOM_DRAW_PICK(rng, values)                                                              \
    random_draw_pick(rng, values, sizeof(values) / sizeof((values)[0]))

// An index, as often as its weight says.
size_t random_draw_weighted(gsl_rng *rng, const unsigned *weights, size_t count);

#endif
