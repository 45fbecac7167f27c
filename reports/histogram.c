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

uint64_t *report_histogram_add_block(struct report_histogram *histogram, size_t bucket)
{
    uint64_t **block = &histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK];
    if (*block == NULL)
        *block = calloc(REPORT_HISTOGRAM_BLOCK, sizeof **block);
    return *block;
}

// 0 for a block that is not there.
static uint64_t bucket_count(const struct report_histogram *histogram, size_t bucket)
{
    const uint64_t *block = histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK];
    return block != NULL ? block[bucket % REPORT_HISTOGRAM_BLOCK] : 0;
}

bool report_histogram_add_many(struct report_histogram *histogram, int64_t value_ns, uint64_t count)
{
    size_t bucket = report_histogram_bucket(value_ns);
    if (count == 0)
        return true;
    if (report_histogram_add_block(histogram, bucket) == NULL)
        return false;
    histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK][bucket % REPORT_HISTOGRAM_BLOCK] += count;
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

bool report_histogram_merge(struct report_histogram *into, const struct report_histogram *from)
{
    if (from->count == 0)
        return true;
    size_t first = block_of(from->min_ns), last = block_of(from->max_ns);
    for (size_t b = first; b <= last; b++) {
        if (from->blocks[b] != NULL &&
            report_histogram_add_block(into, b * REPORT_HISTOGRAM_BLOCK) == NULL)
            return false;
    }
    for (size_t b = first; b <= last; b++) {
        if (from->blocks[b] != NULL)
            merge_block(into->blocks[b], from->blocks[b]);
    }
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
    histogram->count = 0;
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
    uint64_t seen = bucket_count(histogram, bucket);
    while (seen < rank)
        seen += bucket_count(histogram, ++bucket);
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

bool report_histogram_next(const struct report_histogram *histogram, size_t *position,
                           struct report_histogram_range *range)
{
    if (histogram->count == 0)
        return false;
    size_t first = report_histogram_bucket(histogram->min_ns);
    size_t last = report_histogram_bucket(histogram->max_ns);
    size_t bucket = *position > first ? *position : first;
    while (bucket <= last && bucket_count(histogram, bucket) == 0)
        bucket++;
    *position = bucket + 1;
    if (bucket > last)
        return false;
    unsigned shift;
    uint64_t low = bucket_low(bucket, &shift);
    *range = (struct report_histogram_range){
        .low_ns = (int64_t)low,
        .high_ns = (int64_t)(low + ((UINT64_C(1) << shift) - 1)),
        .count = bucket_count(histogram, bucket),
    };
    return true;
}
