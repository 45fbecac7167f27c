// SPDX-License-Identifier: GPL-2.0-or-later
// The layout and the proof of the error bound are in the header.
#include "reports/histogram.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bucket_low(size_t bucket, unsigned *shift)
{
    // Shift 0 has two blocks, each other shift one.
    *shift = bucket < 256 ? 0 : (unsigned)(bucket / 128 - 1);
    return (uint64_t)(bucket - (size_t)*shift * 128) << *shift;
}

void report_sum_add_product(struct report_sum *sum, uint64_t left, uint64_t right)
{
    // Schoolbook multiplication of 32-bit halves.
    uint64_t left_low = (uint32_t)left, left_high = left >> 32;
    uint64_t right_low = (uint32_t)right, right_high = right >> 32;
    uint64_t low = left_low * right_low;
    uint64_t middle = left_high * right_low + (low >> 32);
    uint64_t other = left_low * right_high + (uint32_t)middle;
    report_sum_add(sum, other << 32 | (uint32_t)low);
    sum->high += left_high * right_high + (middle >> 32) + (other >> 32);
}

double report_sum_value(const struct report_sum *sum)
{
    return (double)sum->high * 18446744073709551616.0 + (double)sum->low;
}

static uint64_t *add_block(struct report_histogram *histogram, size_t bucket)
{
    uint64_t **block = &histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK];
    if (*block == NULL)
        *block = calloc(REPORT_HISTOGRAM_BLOCK, sizeof **block);
    return *block;
}

// From the list into blocks. False, and as it was, without memory.
static bool make_blocks(struct report_histogram *histogram)
{
    bool made = true;
    if (histogram->has_blocks)
        return true;
    for (size_t i = 0; made && i < histogram->few_count; i++)
        made = add_block(histogram, histogram->few[i].bucket) != NULL;
    for (size_t b = 0; !made && b < REPORT_HISTOGRAM_BLOCKS; b++) {
        free(histogram->blocks[b]);
        histogram->blocks[b] = NULL;
    }
    if (!made)
        return false;
    for (size_t i = 0; i < histogram->few_count; i++) {
        size_t bucket = histogram->few[i].bucket;
        histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK][bucket % REPORT_HISTOGRAM_BLOCK] =
            histogram->few[i].count;
    }
    free(histogram->few);
    histogram->few = NULL;
    histogram->few_count = histogram->few_capacity = 0;
    histogram->has_blocks = true;
    return true;
}

// Where the bucket is in the list, or would be.
static size_t place_of(const struct report_histogram *histogram, size_t bucket)
{
    size_t low = 0, high = histogram->few_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (histogram->few[middle].bucket < bucket)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Room for so many more in the list, or blocks.
static bool have_room(struct report_histogram *histogram, size_t more)
{
    size_t needed = histogram->few_count + more, capacity = histogram->few_capacity;
    if (histogram->has_blocks || needed <= capacity)
        return true;
    if (needed > REPORT_HISTOGRAM_FEW)
        return make_blocks(histogram);
    while (capacity < needed)
        capacity = capacity > 0 ? 2 * capacity : 4;
    struct report_histogram_few *few = realloc(histogram->few, capacity * sizeof *few);
    if (few == NULL)
        return false;
    histogram->few = few;
    histogram->few_capacity = (uint32_t)capacity;
    return true;
}

bool report_histogram_count(struct report_histogram *histogram, size_t bucket, uint64_t count)
{
    size_t at = place_of(histogram, bucket);
    bool is_there = at < histogram->few_count && histogram->few[at].bucket == bucket;
    if (is_there && count <= UINT32_MAX - histogram->few[at].count) {
        histogram->few[at].count += (uint32_t)count;
        return true;
    }
    bool fits = !is_there && count <= UINT32_MAX;
    if (!(fits ? have_room(histogram, 1) : make_blocks(histogram)) ||
        (histogram->has_blocks && add_block(histogram, bucket) == NULL))
        return false;
    if (histogram->has_blocks) {
        histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK][bucket % REPORT_HISTOGRAM_BLOCK] +=
            count;
        return true;
    }
    memmove(histogram->few + at + 1, histogram->few + at,
            (histogram->few_count++ - at) * sizeof *histogram->few);
    histogram->few[at] = (struct report_histogram_few){(uint32_t)bucket, (uint32_t)count};
    return true;
}

// 0 for a block that is not there.
static uint64_t bucket_count(const struct report_histogram *histogram, size_t bucket)
{
    const uint64_t *block = histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK];
    return block != NULL ? block[bucket % REPORT_HISTOGRAM_BLOCK] : 0;
}

bool report_histogram_add_many(struct report_histogram *histogram, int64_t value_ns, uint64_t count)
{
    if (count == 0)
        return true;
    if (!report_histogram_count(histogram, report_histogram_bucket(value_ns), count))
        return false;
    if (histogram->count == 0 || value_ns < histogram->min_ns)
        histogram->min_ns = value_ns;
    if (histogram->count == 0 || value_ns > histogram->max_ns)
        histogram->max_ns = value_ns;
    histogram->count += count;
    report_sum_add_product(&histogram->sum_ns, (uint64_t)value_ns, count);
    return true;
}

static size_t block_of(int64_t value_ns)
{
    return report_histogram_bucket(value_ns) / REPORT_HISTOGRAM_BLOCK;
}

static void merge_block(uint64_t *restrict into, const uint64_t *restrict from)
{
    for (size_t i = 0; i < REPORT_HISTOGRAM_BLOCK; i++)
        into[i] += from[i];
}

static bool merge_few(struct report_histogram *into, const struct report_histogram *from)
{
    bool fits = from->count <= UINT32_MAX && into->count <= UINT32_MAX - from->count;
    bool room = fits ? have_room(into, from->few_count) : make_blocks(into);
    for (size_t i = 0; room && into->has_blocks && i < from->few_count; i++)
        room = add_block(into, from->few[i].bucket) != NULL;
    for (size_t i = 0; room && i < from->few_count; i++)
        report_histogram_count(into, from->few[i].bucket, from->few[i].count);
    return room;
}

static bool merge_blocks(struct report_histogram *into, const struct report_histogram *from)
{
    size_t first = block_of(from->min_ns), last = block_of(from->max_ns);
    if (!make_blocks(into))
        return false;
    for (size_t b = first; b <= last; b++) {
        if (from->blocks[b] != NULL && add_block(into, b * REPORT_HISTOGRAM_BLOCK) == NULL)
            return false;
    }
    for (size_t b = first; b <= last; b++) {
        if (from->blocks[b] != NULL)
            merge_block(into->blocks[b], from->blocks[b]);
    }
    return true;
}

bool report_histogram_merge(struct report_histogram *into, const struct report_histogram *from)
{
    if (from->count == 0)
        return true;
    if (!(from->has_blocks ? merge_blocks(into, from) : merge_few(into, from)))
        return false;
    if (into->count == 0 || from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (into->count == 0 || from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
    into->count += from->count;
    report_sum_add(&into->sum_ns, from->sum_ns.low);
    into->sum_ns.high += from->sum_ns.high;
    return true;
}

void report_histogram_release(struct report_histogram *histogram)
{
    for (size_t b = 0; b < REPORT_HISTOGRAM_BLOCKS; b++)
        free(histogram->blocks[b]);
    free(histogram->few);
    *histogram = (struct report_histogram){0};
}

void report_histogram_clear(struct report_histogram *histogram)
{
    if (histogram->count == 0)
        return;
    size_t last = block_of(histogram->max_ns);
    for (size_t b = block_of(histogram->min_ns); b <= last; b++) {
        if (histogram->blocks[b] != NULL)
            memset(histogram->blocks[b], 0, REPORT_HISTOGRAM_BLOCK * sizeof(uint64_t));
    }
    histogram->count = histogram->few_count = 0;
    histogram->min_ns = histogram->max_ns = 0;
    histogram->sum_ns = (struct report_sum){0, 0};
}

// ceil(count * per_mille / 1000), at least 1, without overflow.
static uint64_t nearest_rank(uint64_t count, unsigned per_mille)
{
    uint64_t rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
    return rank > 0 ? rank : 1;
}

static int64_t middle_of(size_t bucket)
{
    unsigned shift;
    uint64_t low = bucket_low(bucket, &shift);
    return (int64_t)(low + ((UINT64_C(1) << shift) - 1) / 2);
}

int64_t report_histogram_middle(int64_t value_ns)
{
    return middle_of(report_histogram_bucket(value_ns));
}

int64_t report_histogram_quantile(const struct report_histogram *histogram, unsigned per_mille)
{
    assert(per_mille <= 1000);
    if (histogram->count == 0)
        return 0;
    uint64_t rank = nearest_rank(histogram->count, per_mille);
    if (rank == 1)
        return histogram->min_ns;
    if (rank == histogram->count)
        return histogram->max_ns;
    size_t bucket = report_histogram_bucket(histogram->min_ns);
    if (histogram->has_blocks) {
        for (uint64_t seen = bucket_count(histogram, bucket); seen < rank;)
            seen += bucket_count(histogram, ++bucket);
    } else {
        uint64_t seen = 0;
        for (size_t i = 0; seen < rank; seen += histogram->few[i++].count)
            bucket = histogram->few[i].bucket;
    }
    int64_t middle = middle_of(bucket);
    if (middle < histogram->min_ns)
        return histogram->min_ns;
    return middle > histogram->max_ns ? histogram->max_ns : middle;
}

double report_histogram_mean(const struct report_histogram *histogram)
{
    if (histogram->count == 0)
        return 0.0;
    return report_sum_value(&histogram->sum_ns) / (double)histogram->count;
}

struct report_histogram_range report_histogram_range(size_t bucket)
{
    unsigned shift;
    uint64_t low = bucket_low(bucket, &shift);
    return (struct report_histogram_range){
        .low_ns = (int64_t)low,
        .high_ns = (int64_t)(low + ((UINT64_C(1) << shift) - 1)),
        .bucket = bucket,
    };
}

// The first used bucket from `bucket` on, or REPORT_HISTOGRAM_BUCKETS.
static size_t find_used(const struct report_histogram *histogram, size_t bucket, uint64_t *count)
{
    if (!histogram->has_blocks) {
        size_t at = place_of(histogram, bucket);
        if (at == histogram->few_count)
            return REPORT_HISTOGRAM_BUCKETS;
        *count = histogram->few[at].count;
        return histogram->few[at].bucket;
    }
    size_t last = report_histogram_bucket(histogram->max_ns);
    while (bucket <= last && bucket_count(histogram, bucket) == 0) {
        bool skips = histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK] == NULL;
        bucket += skips ? REPORT_HISTOGRAM_BLOCK - bucket % REPORT_HISTOGRAM_BLOCK : 1;
    }
    if (bucket > last)
        return REPORT_HISTOGRAM_BUCKETS;
    *count = bucket_count(histogram, bucket);
    return bucket;
}

bool report_histogram_next(const struct report_histogram *histogram, size_t *position,
                           struct report_histogram_range *range)
{
    uint64_t count = 0;
    if (histogram->count == 0)
        return false;
    size_t first = report_histogram_bucket(histogram->min_ns);
    size_t bucket = find_used(histogram, *position > first ? *position : first, &count);
    *position = bucket + 1;
    if (bucket == REPORT_HISTOGRAM_BUCKETS)
        return false;
    *range = report_histogram_range(bucket);
    range->count = count;
    return true;
}
