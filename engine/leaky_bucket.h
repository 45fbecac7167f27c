// SPDX-License-Identifier: GPL-2.0-or-later
// The six leaky buckets of a throttle group and their arithmetic. Pure: time is an argument.
//
// Source: section 1 of the specification, docs/model.md. The doubles are evaluated exactly in the
// order written there: results must be the same bits on every compiler. What depends on the limits
// alone (sizes, limits as doubles, which buckets have a limit) is worked out once, when they are
// set; the bits are the same. A bucket without a limit is neither filled nor leaked: nobody waits
// for it, and all levels become 0 when limits are set.
#ifndef ENGINE_LEAKY_BUCKET_H
#define ENGINE_LEAKY_BUCKET_H

#include "engine/engine.h"

#include <assert.h>
#include <float.h>

static_assert(FLT_EVAL_METHOD == 0, "doubles must be evaluated as doubles");

enum direction {
    DIRECTION_READ,
    DIRECTION_WRITE,
    DIRECTION_COUNT,
};

enum bucket_index {
    BUCKET_BPS_TOTAL,
    BUCKET_BPS_READ,
    BUCKET_BPS_WRITE,
    BUCKET_IOPS_TOTAL,
    BUCKET_IOPS_READ,
    BUCKET_IOPS_WRITE,
    BUCKET_COUNT,
};

// Why a request waits: a bucket, a bucket's burst part, or neither.
enum cause {
    CAUSE_BURST = BUCKET_COUNT, // the burst parts, in the order of the buckets
    CAUSE_TURN = 2 * BUCKET_COUNT,
    CAUSE_QUEUE, // and of the same direction, unless the engine has one FIFO for both
    CAUSE_TIMER, // the loop's granularity; or what it waited for is over (slice-2011)
    CAUSE_DRAIN, // above the throttle
    CAUSE_COUNT,
};

struct leaky_bucket {
    uint64_t avg;          // units/s, 0: no limit
    uint64_t max;          // units/s, 0: no burst
    uint64_t burst_length; // s; above 1 there is a burst part
    double level;
    double burst_level;
    bool ran_out; // it made a request wait, and has not been empty since

    // Derived by leaky_buckets_set_up.
    double avg_rate;
    double max_rate;
    double size; // what it holds before requests wait
    double burst_size;
    bool has_burst_part;
};

// Some of the buckets, in the order of their numbers.
struct bucket_list {
    uint8_t count;
    uint8_t index[BUCKET_COUNT];
};

struct leaky_buckets {
    struct leaky_bucket bucket[BUCKET_COUNT];
    uint64_t op_size; // bytes per accounted operation, 0: each request is one
    int64_t previous_leak_ns;

    // Derived by leaky_buckets_set_up: the buckets with a limit.
    struct bucket_list limited;
    struct bucket_list limited_for[DIRECTION_COUNT];
};

// To be called when avg, max or burst_length of a bucket have changed.
void leaky_buckets_set_up(struct leaky_buckets *buckets);

// Empties the buckets and starts leaking from now.
void leaky_buckets_reset(struct leaky_buckets *buckets, int64_t now_ns);

// Fills those with a limit to this share of their size; what they hold leaks from now. Nothing has
// gone in as a burst.
void leaky_buckets_fill(struct leaky_buckets *buckets, double share, int64_t now_ns);

void leaky_buckets_leak(struct leaky_buckets *buckets, int64_t now_ns);

// How long a request of this direction has to wait in these buckets as they are: ns, 0 if not at
// all, ENGINE_NEVER if for ever. If it has to, *cause is the bucket, or burst part, that takes
// longest.
int64_t leaky_buckets_wait_ns(const struct leaky_buckets *buckets, enum direction direction,
                              int *cause);

// A request of this direction has to wait: bit i is set for a bucket i with a burst allowance of
// which nothing is left, unless it was set before and the bucket has not been empty since.
uint32_t leaky_buckets_run_out(struct leaky_buckets *buckets, enum direction direction);

// Until this bucket is empty if nothing more leaves: ns, rounded up, or ENGINE_NEVER.
int64_t leaky_buckets_refill_ns(const struct leaky_buckets *buckets, int index);

// A request leaves. Does not leak. As how many operations it counts: 1, or more because of op_size.
double leaky_buckets_account(struct leaky_buckets *buckets, enum direction direction,
                             uint64_t bytes);

#endif
