// SPDX-License-Identifier: GPL-2.0-or-later
// In what a run differs from what was accepted: for people, and as JSON.
#ifndef SIM_CHECK_DESCRIBE_H
#define SIM_CHECK_DESCRIBE_H

#include "sim/check/comparison.h"
#include "sim/scenario/scenario.h"

#include <jansson.h>

// Lines that are indented, each with what was found and what was accepted.
void describe_difference(const struct comparison *comparison, const struct accepted *found,
                         const struct scenario *scenario, FILE *out);

// Adds to an object: engine, digest, requests, different_requests, first_difference, numbers.
void describe_difference_json(const struct comparison *comparison, const struct accepted *found,
                              const struct scenario *scenario, json_t *object);

#endif
