// SPDX-License-Identifier: GPL-2.0-or-later
// The model's limits and buckets (model.h).
#ifndef TESTS_SUPPORT_MODEL_LIMITS_H
#define TESTS_SUPPORT_MODEL_LIMITS_H

#include "engine/limits.h"

enum model_kind { MODEL_BPS, MODEL_IOPS, MODEL_KINDS };
enum model_share { MODEL_TOTAL, MODEL_READ, MODEL_WRITE, MODEL_SHARES };

struct model_limits {
    int64_t average[MODEL_KINDS][MODEL_SHARES];
    int64_t max[MODEL_KINDS][MODEL_SHARES];
    int64_t length[MODEL_KINDS][MODEL_SHARES];
    int64_t op_size;
};

struct model_bucket {
    double level;
    double burst_level;
    bool ran_out; // it had a burst allowance, and has not been empty since
};

struct model_buckets {
    struct model_limits limits;
    struct model_bucket bucket[MODEL_KINDS][MODEL_SHARES];
    int64_t previous_leak_ns;
};

// No limit at all.
struct model_limits model_limits_initial(void);
// Those given replace their values. The algorithm tells which row has which key.
void model_limits_merge(struct model_limits *limits, const struct engine_algorithm *algorithm,
                        const struct engine_parameters *parameters);
// The other way round, all given.
void model_limits_list(const struct model_limits *limits, const struct engine_algorithm *algorithm,
                       struct engine_parameters *parameters);
bool model_limits_valid(const struct model_limits *limits);
bool model_limits_have_average(const struct model_limits *limits);

void model_buckets_set(struct model_buckets *buckets, const struct model_limits *limits,
                       int64_t now_ns);
// Section 7, "Levels at the start".
void model_buckets_fill(struct model_buckets *buckets, double share, int64_t now_ns);
void model_buckets_leak(struct model_buckets *buckets, int64_t now_ns);
int64_t model_buckets_wait(const struct model_buckets *buckets, enum direction direction,
                           int *cause);
// If the burst allowance of this bucket has run out, unknown so far: the time that it takes to
// refill. Otherwise 0. Only once until it is whole.
int64_t model_bucket_runs_out(struct model_buckets *buckets, int cause, enum direction direction);
void model_buckets_account(struct model_buckets *buckets, enum direction direction, uint64_t bytes);
// Buckets with an average, for a gauge.
size_t model_buckets_list(const struct model_buckets *buckets, struct engine_bucket_gauge *gauges);

#endif
