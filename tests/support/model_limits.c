// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/model_limits.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const average_keys[MODEL_KINDS][MODEL_SHARES] = {
    {"bps-total", "bps-read", "bps-write"},
    {"iops-total", "iops-read", "iops-write"},
};
static const char *const max_keys[MODEL_KINDS][MODEL_SHARES] = {
    {"bps-total-max", "bps-read-max", "bps-write-max"},
    {"iops-total-max", "iops-read-max", "iops-write-max"},
};
static const char *const length_keys[MODEL_KINDS][MODEL_SHARES] = {
    {"bps-total-max-length", "bps-read-max-length", "bps-write-max-length"},
    {"iops-total-max-length", "iops-read-max-length", "iops-write-max-length"},
};

struct model_limits model_limits_initial(void)
{
    struct model_limits limits = {.op_size = 0};
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++)
            limits.length[kind][share] = 1;
    }
    return limits;
}

// Where the value of a key is kept.
static int64_t *field(struct model_limits *limits, const char *key)
{
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            if (strcmp(key, average_keys[kind][share]) == 0)
                return &limits->average[kind][share];
            if (strcmp(key, max_keys[kind][share]) == 0)
                return &limits->max[kind][share];
            if (strcmp(key, length_keys[kind][share]) == 0)
                return &limits->length[kind][share];
        }
    }
    assert(strcmp(key, "iops-size") == 0);
    return &limits->op_size;
}

void model_limits_merge(struct model_limits *limits, const struct engine_algorithm *algorithm,
                        const struct engine_parameters *parameters)
{
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        if ((parameters->given & (UINT32_C(1) << row)) != 0)
            *field(limits, algorithm->parameters[row].key) = parameters->value[row];
    }
}

void model_limits_list(const struct model_limits *limits, const struct engine_algorithm *algorithm,
                       struct engine_parameters *parameters)
{
    struct model_limits copy = *limits;
    parameters->given = 0;
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        parameters->given |= UINT32_C(1) << row;
        parameters->value[row] = *field(&copy, algorithm->parameters[row].key);
    }
}

// Section 4, the rules about one bucket. Those about a product are tested by a division.
static bool bucket_valid(int64_t average, int64_t max, int64_t length)
{
    const int64_t most = INT64_C(1000000000000000);
    if (average < 0 || average > most || max < 0 || max > most)
        return false;
    if (length < 1 || length > INT64_C(4294967295))
        return false;
    if (length > 1 && (max == 0 || length > most / max))
        return false;
    return max == 0 || (average != 0 && max >= average);
}

static bool total_beside_others(const int64_t value[MODEL_SHARES])
{
    return value[MODEL_TOTAL] != 0 && (value[MODEL_READ] != 0 || value[MODEL_WRITE] != 0);
}

bool model_limits_valid(const struct model_limits *limits)
{
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            if (!bucket_valid(limits->average[kind][share], limits->max[kind][share],
                              limits->length[kind][share]))
                return false;
        }
        if (total_beside_others(limits->average[kind]) || total_beside_others(limits->max[kind]))
            return false;
    }
    const int64_t *iops = limits->average[MODEL_IOPS];
    bool any_iops = iops[MODEL_TOTAL] != 0 || iops[MODEL_READ] != 0 || iops[MODEL_WRITE] != 0;
    return limits->op_size >= 0 && (limits->op_size == 0 || any_iops);
}

bool model_limits_have_average(const struct model_limits *limits)
{
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            if (limits->average[kind][share] > 0)
                return true;
        }
    }
    return false;
}

void model_buckets_set(struct model_buckets *buckets, const struct model_limits *limits,
                       int64_t now_ns)
{
    buckets->limits = *limits;
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++)
            buckets->bucket[kind][share] = (struct model_bucket){0};
    }
    buckets->previous_leak_ns = now_ns;
}

void model_buckets_fill(struct model_buckets *buckets, double share, int64_t now_ns)
{
    struct model_limits limits = buckets->limits;
    model_buckets_set(buckets, &limits, now_ns);
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int i = 0; i < MODEL_SHARES; i++) {
            double size = (double)limits.average[kind][i] / 10;
            if (limits.max[kind][i] != 0)
                size = (double)((uint64_t)limits.max[kind][i] * (uint64_t)limits.length[kind][i]);
            buckets->bucket[kind][i].level = size * share;
        }
    }
}

// Section 1, "Leak at now".
void model_buckets_leak(struct model_buckets *buckets, int64_t now_ns)
{
    int64_t delta = now_ns - buckets->previous_leak_ns;
    buckets->previous_leak_ns = now_ns;
    if (delta <= 0)
        return;
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            struct model_bucket *bucket = &buckets->bucket[kind][share];
            double average = (double)buckets->limits.average[kind][share];
            double max = (double)buckets->limits.max[kind][share];
            bucket->level = fmax(bucket->level - (average * (double)delta) / 1e9, 0);
            if (bucket->level == 0)
                bucket->ran_out = false;
            if (buckets->limits.length[kind][share] > 1)
                bucket->burst_level = fmax(bucket->burst_level - (max * (double)delta) / 1e9, 0);
        }
    }
}

static double size_of(uint64_t average, uint64_t max, uint64_t length)
{
    return max == 0 ? (double)average / 10.0 : (double)(max * length);
}

static double burst_size_of(uint64_t max)
{
    return max == 0 ? 0 : (double)max / 10.0;
}

// A quotient of 2^63 or more is a wait for ever.
static int64_t truncated(double wait)
{
    return wait >= 9223372036854775808.0 ? INT64_MAX : (int64_t)wait;
}

// Section 1, "Wait of one bucket".
static int64_t bucket_wait(const struct model_bucket *bucket, uint64_t average, uint64_t max,
                           uint64_t length, bool *is_burst)
{
    if (average == 0)
        return 0;
    double extra = bucket->level - size_of(average, max, length);
    if (extra > 0)
        return truncated(extra * 1e9 / (double)average);
    if (length > 1) {
        extra = bucket->burst_level - burst_size_of(max);
        *is_burst = extra > 0;
        if (extra > 0)
            return truncated(extra * 1e9 / (double)max);
    }
    return 0;
}

static enum model_share share_of(enum direction direction)
{
    return direction == DIRECTION_READ ? MODEL_READ : MODEL_WRITE;
}

// Section 1, "Wait of a direction".
int64_t model_buckets_wait(const struct model_buckets *buckets, enum direction direction,
                           int *cause)
{
    int64_t longest = 0;
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        const enum model_share shares[] = {MODEL_TOTAL, share_of(direction)};
        for (int i = 0; i < 2; i++) {
            enum model_share share = shares[i];
            bool is_burst = false;
            int64_t wait = bucket_wait(&buckets->bucket[kind][share],
                                       (uint64_t)buckets->limits.average[kind][share],
                                       (uint64_t)buckets->limits.max[kind][share],
                                       (uint64_t)buckets->limits.length[kind][share], &is_burst);
            if (wait > longest) {
                longest = wait;
                *cause = (MODEL_SHARES * kind + (int)share + (is_burst ? CAUSE_BURST : 0));
            }
        }
    }
    return longest;
}

int64_t model_bucket_runs_out(struct model_buckets *buckets, int cause, enum direction direction)
{
    int kind = cause / MODEL_SHARES;
    int share = cause % MODEL_SHARES;
    struct model_bucket *bucket = &buckets->bucket[kind][share];
    int64_t average = buckets->limits.average[kind][share];
    int64_t max = buckets->limits.max[kind][share];
    int64_t length = buckets->limits.length[kind][share];
    bool counts = share == MODEL_TOTAL || share == (int)share_of(direction);
    if (!counts || average == 0 || max == 0 || bucket->ran_out ||
        bucket->level <= size_of((uint64_t)average, (uint64_t)max, (uint64_t)length))
        return 0;
    bucket->ran_out = true;
    return truncated(ceil(bucket->level * 1e9 / (double)average));
}

// Section 1, "Account a request".
void model_buckets_account(struct model_buckets *buckets, enum direction direction, uint64_t bytes)
{
    uint64_t op_size = (uint64_t)buckets->limits.op_size;
    double units = 1.0;
    if (op_size != 0 && bytes > op_size)
        units = (double)bytes / (double)op_size;
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        const enum model_share shares[] = {MODEL_TOTAL, share_of(direction)};
        double amount = kind == MODEL_BPS ? (double)bytes : units;
        for (int i = 0; i < 2; i++) {
            struct model_bucket *bucket = &buckets->bucket[kind][shares[i]];
            bucket->level += amount;
            if (buckets->limits.length[kind][shares[i]] > 1)
                bucket->burst_level += amount;
        }
    }
}

size_t model_buckets_list(const struct model_buckets *buckets, struct engine_bucket_gauge *gauges)
{
    size_t count = 0;
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            uint64_t average = (uint64_t)buckets->limits.average[kind][share];
            uint64_t max = (uint64_t)buckets->limits.max[kind][share];
            uint64_t length = (uint64_t)buckets->limits.length[kind][share];
            if (average == 0)
                continue;
            gauges[count++] = (struct engine_bucket_gauge){
                .key = average_keys[kind][share],
                .level = buckets->bucket[kind][share].level,
                .size = size_of(average, max, length),
                .burst_level = buckets->bucket[kind][share].burst_level,
                .burst_size = length > 1 ? burst_size_of(max) : 0,
            };
        }
    }
    return count;
}
