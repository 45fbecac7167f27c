// SPDX-License-Identifier: GPL-2.0-or-later
// The eighteen limits of a throttle group and iops-size: rows, validity, and their way into
// buckets. Each engine knows the first so many of the rows: averages only, or all but lengths, or
// all. Source: sections 4 and 5 of the specification, docs/model.md.
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include "engine/engine_internal.h"
#include "engine/leaky_bucket.h"

// Row numbers: the six buckets in the order of enum bucket_index, twice, iops-size, and once more.
#define LIMIT_AVG 0
#define LIMIT_MAX BUCKET_COUNT
#define LIMIT_IOPS_SIZE (2 * BUCKET_COUNT)
#define LIMIT_MAX_LENGTH (LIMIT_IOPS_SIZE + 1)
#define LIMIT_COUNT (LIMIT_MAX_LENGTH + BUCKET_COUNT)

extern const struct engine_parameter limit_rows[LIMIT_COUNT];
extern const struct engine_direction limit_directions[DIRECTION_COUNT];
extern const uint8_t limit_direction_of[ENGINE_ATTACH_COUNT][ENGINE_OP_COUNT];
extern const struct engine_bucket limit_buckets[BUCKET_COUNT];
extern const struct engine_cause limit_causes[CAUSE_COUNT];

// What an engine holds of the rules about limits: begins its algorithm's `own`.
struct limit_rules {
    bool total_excludes_rest; // a total limit and one of a direction cannot be set together
    bool max_is_rate;         // the maximum is not below the average
};

// The part of an algorithm's table that is the same for all of QEMU's. It knows the first so many
// rows of the parameters; the others have their initial values.
#define LIMIT_TABLES(rows)                                                                         \
    .parameters = limit_rows, .parameter_count = (rows), .directions = limit_directions,           \
    .direction_count = DIRECTION_COUNT, .direction_of = limit_direction_of,                        \
    .buckets = limit_buckets, .bucket_count = BUCKET_COUNT, .causes = limit_causes,                \
    .cause_count = CAUSE_COUNT, .check = limits_check

// engine_check.
enum engine_status limits_check(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *given, struct engine_fault *fault);

// The whole set that these stand for (missing: initial), if it is valid.
enum engine_status limits_whole(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *given,
                                struct engine_parameters *limits, struct engine_fault *fault);

// Those given replace the limits' (complete) values, the others stay, if the result is valid.
enum engine_status limits_merge(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *given,
                                struct engine_parameters *limits, struct engine_fault *fault);

// True if no average is set.
bool limits_are_off(const struct engine_parameters *limits);

// Puts valid limits into buckets; levels are left alone.
void limits_apply(const struct engine_parameters *limits, struct leaky_buckets *buckets);

// The reverse of limits_apply.
void limits_of(const struct leaky_buckets *buckets, struct engine_parameters *limits);

// engine_limit_facts, of whole limits that fill leaky buckets.
size_t limits_facts(const struct engine_parameters *limits, struct engine_limit_facts *facts);

// Adds the buckets with a limit, as they would be now.
void limits_gauge(const struct leaky_buckets *buckets, int64_t now_ns,
                  struct engine_node_gauge *gauge);

// A request of this direction leaves: the node's buckets count it.
void limits_account(struct engine *engine, struct leaky_buckets *buckets, enum direction direction,
                    const struct engine_request *request, int64_t now_ns);

// A request of this direction has been found to have to wait in the node's buckets.
void limits_tell_ran_out(struct engine *engine, struct leaky_buckets *buckets,
                         enum direction direction, uint32_t node, int64_t now_ns);

#endif
