// SPDX-License-Identifier: GPL-2.0-or-later
// The limits of the two algorithms that count in slices of time. If a total limit is set it is
// used, and those of the directions of that kind are ignored.
#ifndef ENGINE_SLICE_LIMITS_H
#define ENGINE_SLICE_LIMITS_H

#include "engine/limits.h"

enum slice_kind {
    SLICE_BPS,
    SLICE_IOPS,
    SLICE_KIND_COUNT,
};

// What was sent in a slice.
struct slice_sent {
    uint64_t of[SLICE_KIND_COUNT][DIRECTION_COUNT]; // stays at its maximum
};

struct slice_limit {
    double rate; // units/s, 0: none
    int cause;   // the row, too: averages come first in both
    bool is_total;
};

static_assert((int)LIMIT_AVG == (int)BUCKET_BPS_TOTAL && (int)BUCKET_COUNT == (int)CAUSE_BURST,
              "the averages are the first rows, in the order of the causes");

// What a request of this direction is held to.
static inline struct slice_limit slice_limit_of(const struct engine_parameters *limits,
                                                enum slice_kind kind, enum direction direction)
{
    int total = LIMIT_AVG + (kind == SLICE_BPS ? BUCKET_BPS_TOTAL : BUCKET_IOPS_TOTAL);
    bool is_total = limits->value[total] != 0;
    int row = is_total ? total : total + 1 + (int)direction;
    return (struct slice_limit){(double)limits->value[row], row, is_total};
}

// What counts against that limit.
static inline double slice_sent_of(const struct slice_sent *sent, enum slice_kind kind,
                                   enum direction direction, bool is_total)
{
    const uint64_t *of = sent->of[kind];
    return is_total ? (double)of[DIRECTION_READ] + (double)of[DIRECTION_WRITE]
                    : (double)of[direction];
}

static inline void slice_sent_add(struct slice_sent *sent, enum direction direction, uint64_t bytes)
{
    uint64_t *total = &sent->of[SLICE_BPS][direction];
    *total = bytes > UINT64_MAX - *total ? UINT64_MAX : *total + bytes;
    sent->of[SLICE_IOPS][direction]++;
}

// engine_limit_facts, of whole limits.
static inline size_t slice_facts(const struct engine_parameters *limits,
                                 struct engine_limit_facts *facts)
{
    size_t count = 0;
    for (int i = 0; i < SLICE_KIND_COUNT * DIRECTION_COUNT; i++) {
        enum direction direction = (enum direction)(i % DIRECTION_COUNT);
        struct slice_limit limit =
            slice_limit_of(limits, (enum slice_kind)(i / DIRECTION_COUNT), direction);
        if (limit.rate != 0 && !(limit.is_total && direction != DIRECTION_READ))
            facts[count++] = (struct engine_limit_facts){.bucket = limit.cause, .rate = limit.rate};
    }
    return count;
}

// Every limit that counts, with what was sent and what may be in a slice of this length.
static inline void slice_gauge(const struct engine_parameters *limits,
                               const struct slice_sent *sent, double length_s,
                               struct engine_node_gauge *gauge)
{
    for (int i = 0; i < SLICE_KIND_COUNT * DIRECTION_COUNT; i++) {
        enum slice_kind kind = (enum slice_kind)(i / DIRECTION_COUNT);
        enum direction direction = (enum direction)(i % DIRECTION_COUNT);
        struct slice_limit limit = slice_limit_of(limits, kind, direction);
        if (limit.rate == 0 || (limit.is_total && direction != DIRECTION_READ))
            continue;
        gauge->bucket[gauge->bucket_count++] = (struct engine_bucket_gauge){
            .key = limit_rows[limit.cause].key,
            .level = slice_sent_of(sent, kind, direction, limit.is_total),
            .size = limit.rate * length_s,
        };
    }
}

#endif
