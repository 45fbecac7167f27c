// SPDX-License-Identifier: GPL-2.0-or-later
// The eighteen limits of a throttle group and iops-size: rows, validity, and their way into
// buckets. Source: sections 4 and 5 of the specification, docs/model.md.
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include "engine/leaky_bucket.h"

// Row numbers: the six buckets in the order of enum bucket_index, three times, then iops-size.
enum {
    LIMIT_AVG = 0,
    LIMIT_MAX = BUCKET_COUNT,
    LIMIT_MAX_LENGTH = 2 * BUCKET_COUNT,
    LIMIT_IOPS_SIZE = 3 * BUCKET_COUNT,
    LIMIT_COUNT,
};

extern const struct engine_parameter limit_rows[LIMIT_COUNT];

// Every row that is not given gets its initial value.
void limits_complete(struct engine_parameters *limits);

// `given` rows replace those of `limits`, the others stay.
void limits_merge(struct engine_parameters *limits, const struct engine_parameters *given);

// Are these (complete) limits valid?
enum engine_status limits_check(const struct engine_parameters *limits, struct engine_fault *fault);

// True if no average is set.
bool limits_are_off(const struct engine_parameters *limits);

// Puts valid limits into buckets; levels are left alone.
void limits_apply(const struct engine_parameters *limits, struct leaky_buckets *buckets);

// The reverse of limits_apply.
void limits_of(const struct leaky_buckets *buckets, struct engine_parameters *limits);

#endif
