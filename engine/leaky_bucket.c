// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/leaky_bucket.h"

static bool counts_bytes(int index)
{
    return index <= BUCKET_BPS_WRITE;
}

static bool counts_direction(int index, enum direction direction)
{
    static const enum bucket_index own[DIRECTION_COUNT][2] = {
        [DIRECTION_READ] = {BUCKET_BPS_READ, BUCKET_IOPS_READ},
        [DIRECTION_WRITE] = {BUCKET_BPS_WRITE, BUCKET_IOPS_WRITE},
    };
    return index == BUCKET_BPS_TOTAL || index == BUCKET_IOPS_TOTAL ||
           index == (int)own[direction][0] || index == (int)own[direction][1];
}

static void set_up_bucket(struct leaky_bucket *bucket)
{
    bucket->avg_rate = (double)bucket->avg;
    bucket->max_rate = (double)bucket->max;
    bucket->has_burst_part = bucket->burst_length > 1;
    if (bucket->max == 0) {
        bucket->size = bucket->avg_rate / 10.0;
        bucket->burst_size = 0;
    } else {
        bucket->size = (double)(bucket->max * bucket->burst_length);
        bucket->burst_size = bucket->max_rate / 10.0;
    }
}

static void list_add(struct bucket_list *list, int index)
{
    list->index[list->count++] = (uint8_t)index;
}

void leaky_buckets_set_up(struct leaky_buckets *buckets)
{
    buckets->limited.count = 0;
    for (int direction = 0; direction < DIRECTION_COUNT; direction++)
        buckets->limited_for[direction].count = 0;
    for (int i = 0; i < BUCKET_COUNT; i++) {
        set_up_bucket(&buckets->bucket[i]);
        if (buckets->bucket[i].avg == 0)
            continue;
        list_add(&buckets->limited, i);
        for (int direction = 0; direction < DIRECTION_COUNT; direction++) {
            if (counts_direction(i, (enum direction)direction))
                list_add(&buckets->limited_for[direction], i);
        }
    }
}

void leaky_buckets_reset(struct leaky_buckets *buckets, int64_t now_ns)
{
    for (int i = 0; i < BUCKET_COUNT; i++) {
        buckets->bucket[i].level = 0;
        buckets->bucket[i].burst_level = 0;
        buckets->bucket[i].ran_out = false;
    }
    buckets->previous_leak_ns = now_ns;
}

void leaky_buckets_fill(struct leaky_buckets *buckets, double share, int64_t now_ns)
{
    leaky_buckets_reset(buckets, now_ns);
    for (int i = 0; i < buckets->limited.count; i++) {
        struct leaky_bucket *bucket = &buckets->bucket[buckets->limited.index[i]];
        bucket->level = bucket->size * share;
    }
}

static double leaked(double level, double rate, int64_t delta_ns)
{
    double product = rate * (double)delta_ns;
    // Spares the division where its result, a tenth above the level or more, could only empty the
    // bucket.
    if (product > level * 1.1e9)
        return 0;
    double rest = level - product / 1e9;
    return rest > 0 ? rest : 0;
}

void leaky_buckets_leak(struct leaky_buckets *buckets, int64_t now_ns)
{
    int64_t delta_ns = now_ns - buckets->previous_leak_ns;
    buckets->previous_leak_ns = now_ns;
    if (delta_ns <= 0)
        return;
    for (int i = 0; i < buckets->limited.count; i++) {
        struct leaky_bucket *bucket = &buckets->bucket[buckets->limited.index[i]];
        bucket->level = leaked(bucket->level, bucket->avg_rate, delta_ns);
        bucket->ran_out = bucket->ran_out && bucket->level > 0;
        if (bucket->has_burst_part)
            bucket->burst_level = leaked(bucket->burst_level, bucket->max_rate, delta_ns);
    }
}

// Time in which `extra` units leak at `rate`; truncated, so it may be 0.
static int64_t leak_time_ns(double extra, double rate)
{
    double wait = extra * 1e9 / rate;
    // 2^63: converting this or more would be undefined.
    return wait < 9223372036854775808.0 ? (int64_t)wait : ENGINE_NEVER;
}

// *cause: added CAUSE_BURST if it is the burst part that takes time.
static int64_t bucket_wait_ns(const struct leaky_bucket *bucket, int *cause)
{
    double extra = bucket->level - bucket->size;
    if (extra > 0)
        return leak_time_ns(extra, bucket->avg_rate);
    if (bucket->has_burst_part) {
        extra = bucket->burst_level - bucket->burst_size;
        *cause += CAUSE_BURST;
        if (extra > 0)
            return leak_time_ns(extra, bucket->max_rate);
    }
    return 0;
}

int64_t leaky_buckets_wait_ns(const struct leaky_buckets *buckets, enum direction direction,
                              int *cause)
{
    const struct bucket_list *list = &buckets->limited_for[direction];
    int64_t longest_ns = 0;
    for (int i = 0; i < list->count; i++) {
        int part = list->index[i];
        int64_t wait_ns = bucket_wait_ns(&buckets->bucket[list->index[i]], &part);
        if (wait_ns > longest_ns) {
            longest_ns = wait_ns;
            *cause = part;
        }
    }
    return longest_ns;
}

uint32_t leaky_buckets_run_out(struct leaky_buckets *buckets, enum direction direction)
{
    const struct bucket_list *list = &buckets->limited_for[direction];
    uint32_t run_out = 0;
    for (int i = 0; i < list->count; i++) {
        struct leaky_bucket *bucket = &buckets->bucket[list->index[i]];
        if (bucket->max == 0 || bucket->ran_out || bucket->level <= bucket->size)
            continue;
        bucket->ran_out = true;
        run_out |= UINT32_C(1) << list->index[i];
    }
    return run_out;
}

int64_t leaky_buckets_refill_ns(const struct leaky_buckets *buckets, int index)
{
    const struct leaky_bucket *bucket = &buckets->bucket[index];
    double time_ns = bucket->level * 1e9 / bucket->avg_rate;
    int64_t whole_ns = leak_time_ns(bucket->level, bucket->avg_rate);
    return (double)whole_ns < time_ns && whole_ns != ENGINE_NEVER ? whole_ns + 1 : whole_ns;
}

double leaky_buckets_account(struct leaky_buckets *buckets, enum direction direction,
                             uint64_t bytes)
{
    const struct bucket_list *list = &buckets->limited_for[direction];
    double units = 1.0;
    if (buckets->op_size != 0 && bytes > buckets->op_size)
        units = (double)bytes / (double)buckets->op_size;
    for (int i = 0; i < list->count; i++) {
        struct leaky_bucket *bucket = &buckets->bucket[list->index[i]];
        double amount = counts_bytes(list->index[i]) ? (double)bytes : units;
        bucket->level += amount;
        if (bucket->has_burst_part)
            bucket->burst_level += amount;
    }
    return units;
}
