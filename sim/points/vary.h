// SPDX-License-Identifier: GPL-2.0-or-later
// A setting that is varied, and its values: "gold.iops-total=100:2000:100".
#ifndef SIM_POINTS_VARY_H
#define SIM_POINTS_VARY_H

#include "sim/base/error.h"
#include "sim/scenario/scenario.h"

#define VARY_VALUES_MAX 100000

struct vary {
    char *address; // as scenario_set has it, or "engine"
    char **values; // as texts, in the order in which they were given, each once
    size_t count;  // at least 1
};

// Values are separated by commas. Each is a text, or a range FIRST:LAST:STEP of numbers, times
// (1ms:10ms:1ms) or sizes (1MB:10MB:1MB), both ends included; a STEP of x2 goes on by that factor,
// rounded to whole numbers. False with a usage error; vary_free is needed in any case.
bool vary_parse(struct vary *vary, const char *text, struct sim_error *error);
void vary_free(struct vary *vary);

// Points of a grid: as many as there are combinations. 0: more than 2^53.
uint64_t vary_points(const struct vary *varies, size_t count);

// How many points further a setting has its next value: the last one changes first.
uint64_t vary_stride(const struct vary *varies, size_t count, size_t setting);

// The values of a point, from 0, into as many values as there are settings.
void vary_point(const struct vary *varies, size_t count, uint64_t point,
                struct scenario_value *values);

#endif
