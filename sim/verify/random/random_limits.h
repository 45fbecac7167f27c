// SPDX-License-Identifier: GPL-2.0-or-later
// Random limits of a throttle group, valid ones only, and what is asked about them.
#ifndef SIM_VERIFY_RANDOM_RANDOM_LIMITS_H
#define SIM_VERIFY_RANDOM_RANDOM_LIMITS_H

#include "engine/engine.h"

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What random cases are drawn with. Only integers: the same numbers on every machine.

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

// The six buckets of a group, bytes first; each has three limits.
#define RANDOM_LIMITS_BUCKETS 6
#define RANDOM_LIMITS_FIRST_IOPS 3

enum random_limits_part {
    RANDOM_LIMITS_AVERAGE,
    RANDOM_LIMITS_MAX,
    RANDOM_LIMITS_LENGTH,
    RANDOM_LIMITS_PART_COUNT,
};

const struct engine_algorithm *random_limits_algorithm(void);

// Row numbers in struct engine_parameters.
int random_limits_row(unsigned bucket, enum random_limits_part part);
int random_limits_iops_size(void);

// The value, or the initial one if it is not given.
int64_t random_limits_value(const struct engine_parameters *limits, int row);
bool random_limits_are_valid(const struct engine_parameters *limits); // missing: initial
bool random_limits_are_off(const struct engine_parameters *limits);   // no average
// Given ones replace, the others stay.
void random_limits_merge(struct engine_parameters *limits, const struct engine_parameters *given);

// A valid set with at least one average; of the keys that say nothing some are given all the same.
// Extreme: up to the edges of what is valid.
void random_limits_draw(gsl_rng *rng, bool extreme, struct engine_parameters *limits);

// Some keys or all, which make a valid set of those in force.
void random_limits_draw_change(gsl_rng *rng, bool extreme, const struct engine_parameters *in_force,
                               struct engine_parameters *change);

// As random_limits_draw, and all six averages are given.
void random_limits_draw_command(gsl_rng *rng, bool extreme, struct engine_parameters *limits);

// All averages 0: the member leaves its group.
void random_limits_draw_leave(gsl_rng *rng, struct engine_parameters *limits);

#endif
