// SPDX-License-Identifier: GPL-2.0-or-later
// Log-linear histogram of int64_t nanoseconds >= 0: whole range, bounded size, mergeable exactly.
//
// SUMMARY. Count, sum, mean, smallest and largest value are exact. A quantile is the value of the
// nearest rank: for q per mille of n values, the smallest recorded value v such that at least
// ceil(n * q / 1000) values are <= v. It is reported with a relative error of at most 1/256
// (0.39 %), and exactly when v < 256 or when v is the smallest or largest value. Memory: 0.5 KiB,
// and 8 bytes for each bucket that is used while these are few; then 1 KiB for each power of two
// that occurs (the numbers below 128 are one); at most 58 KiB.
//
// DETAILS. Every power of two [2^e, 2^(e+1)) with e >= 7 is cut into 128 buckets of width
// w = 2^(e-7); below 128 each value has its own bucket. Within shift = max(0, e - 7) a value's
// bucket is shift * 128 + (value >> shift): the shifted value lies in [128, 256) for e >= 7, so
// buckets of one shift follow those of the one before without a gap or an overlap.
//
//     values           width   buckets
//     0 .. 255         1       0 .. 255
//     256 .. 511       2       256 .. 383
//     512 .. 1023      4       384 .. 511
//     ...
//     2^62 .. 2^63-1   2^55    7168 .. 7295
//
// PROOF of the error. Buckets are ordered as their values are, so walking the counts up to the rank
// finds the bucket that holds v. Its values are low .. low + w - 1 with low >= 128 * w if w > 1;
// reported is m = low + (w - 1) / 2 in integers, so |m - v| <= w / 2 <= low / 256 <= v / 256. For
// w = 1, m = v. Clamping m to [smallest, largest] only moves it towards v, which lies there.
#ifndef REPORTS_HISTOGRAM_H
#define REPORTS_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_HISTOGRAM_BLOCK 128 // buckets
#define REPORT_HISTOGRAM_BLOCKS 57
#define REPORT_HISTOGRAM_BUCKETS (REPORT_HISTOGRAM_BLOCK * REPORT_HISTOGRAM_BLOCKS)

// An unsigned 128-bit sum.
struct report_sum {
    uint64_t low;
    uint64_t high;
};

// As long as there are so few, buckets are a sorted list: ten thousand members with a hundred
// requests each would have a block for each power of two, mostly empty.
#define REPORT_HISTOGRAM_FEW 128

struct report_histogram_few {
    uint32_t bucket, count;
};

// All zero is an empty histogram, to be released after use. min_ns and max_ns mean something only
// while count > 0.
struct report_histogram {
    uint64_t count;
    int64_t min_ns;
    int64_t max_ns;
    struct report_sum sum_ns;
    struct report_histogram_few *few; // the buckets that are used, while there are no blocks
    uint32_t few_count, few_capacity;
    bool has_blocks;
    uint64_t *blocks[REPORT_HISTOGRAM_BLOCKS]; // NULL: all of its buckets are empty
};

static inline void report_sum_add(struct report_sum *sum, uint64_t value)
{
    sum->low += value;
    sum->high += sum->low < value;
}

// Adds left * right.
void report_sum_add_product(struct report_sum *sum, uint64_t left, uint64_t right);
// Rounded to the nearest double but for one unit in the last place.
double report_sum_value(const struct report_sum *sum);

static inline size_t report_histogram_bucket(int64_t value_ns)
{
    // "| 128" makes everything below 256 shift by 0, and clz defined for 0.
    unsigned shift = 56u - (unsigned)__builtin_clzll((unsigned long long)value_ns | 128u);
    return shift * 128u + (size_t)((uint64_t)value_ns >> shift);
}

// Counts so many more in a bucket, and nowhere else. False, and nothing counted, without memory.
bool report_histogram_count(struct report_histogram *histogram, size_t bucket, uint64_t count);

// value_ns >= 0. False, and nothing recorded, without memory.
static inline bool report_histogram_record(struct report_histogram *histogram, int64_t value_ns)
{
    size_t bucket = report_histogram_bucket(value_ns);
    uint64_t *block = histogram->blocks[bucket / REPORT_HISTOGRAM_BLOCK];
    if (block != NULL)
        block[bucket % REPORT_HISTOGRAM_BLOCK]++;
    else if (!report_histogram_count(histogram, bucket, 1))
        return false;
    if (histogram->count++ == 0)
        histogram->min_ns = histogram->max_ns = value_ns;
    else if (value_ns < histogram->min_ns)
        histogram->min_ns = value_ns;
    else if (value_ns > histogram->max_ns)
        histogram->max_ns = value_ns;
    report_sum_add(&histogram->sum_ns, (uint64_t)value_ns);
    return true;
}

// As if value_ns had been recorded count times. False, and nothing recorded, without memory.
bool report_histogram_add_many(struct report_histogram *histogram, int64_t value_ns,
                               uint64_t count);

// As if everything recorded in `from` had been recorded in `into`. False, and `into` as it was,
// without memory.
bool report_histogram_merge(struct report_histogram *into, const struct report_histogram *from);

// Frees what it holds; it is empty then.
void report_histogram_release(struct report_histogram *histogram);

// Empties it but keeps its memory; costs only as much as the range of buckets that were used.
void report_histogram_clear(struct report_histogram *histogram);

// The quantile as described above, per_mille in 0 .. 1000; 0 when nothing was recorded.
int64_t report_histogram_quantile(const struct report_histogram *histogram, unsigned per_mille);

// The middle of the bucket of value_ns: what a quantile is reported as that lies there, unless all
// that was recorded lies to one side of it.
int64_t report_histogram_middle(int64_t value_ns);

// 0 when nothing was recorded.
double report_histogram_mean(const struct report_histogram *histogram);

struct report_histogram_range {
    int64_t low_ns;  // smallest and
    int64_t high_ns; // largest value that the bucket can hold
    uint64_t count;  // > 0
    size_t bucket;
};

// The smallest and the largest value of the bucket.
struct report_histogram_range report_histogram_range(size_t bucket);

// Walks the buckets that are not empty, upwards: *position starts at 0. False after the last.
bool report_histogram_next(const struct report_histogram *histogram, size_t *position,
                           struct report_histogram_range *range);
#endif
