// SPDX-License-Identifier: GPL-2.0-or-later
// The statistics of each stream (a member's requests in one direction), each measured once.
#include "reports/compare/compare_internal.h"
#include "reports/fairness.h"
#include "reports/histogram.h"
#include "reports/quantile.h"

#include <math.h>
#include <stdlib.h>

// The pairs of one stream as columns, in order of arrival.
struct columns {
    struct report_spill spill;
    int64_t *wait_ns[2], *total_ns[2];
    size_t count;
};

// The known latencies of one stream's requests that arrived in a block of time.
struct block {
    struct report_sum total_ns[2];
    bool any, never[2]; // never: one of them is infinite
};

const struct comparison_pair *comparison_pair_at(const struct report_comparison *comparison,
                                                 const struct comparison_member *member, uint64_t i)
{
    const struct comparison_pair *pairs = comparison->pairs.bytes;
    const uint64_t *order = comparison->order.bytes;
    return member == &comparison->total ? &pairs[i] : &pairs[order[member->first + i]];
}

static void count_in_block(struct block *block, const struct comparison_pair *pair)
{
    for (int side = 0; side < 2 && pair->total_ns[side] != COMPARISON_UNKNOWN; side++) {
        block->any = true;
        if (pair->total_ns[side] == COMPARISON_NEVER)
            block->never[side] = true;
        else
            report_sum_add(&block->total_ns[side], (uint64_t)pair->total_ns[side]);
    }
}

static void gather(const struct report_comparison *comparison,
                   const struct comparison_member *member, size_t stream, struct columns *columns,
                   struct block *blocks)
{
    columns->count = 0;
    for (uint64_t i = 0; i < member->count; i++) {
        const struct comparison_pair *pair = comparison_pair_at(comparison, member, i);
        if (!comparison_is_in(pair, stream))
            continue;
        count_in_block(&blocks[pair->block], pair);
        for (int side = 0; side < 2; side++) {
            columns->wait_ns[side][columns->count] = pair->wait_ns[side];
            columns->total_ns[side][columns->count] = pair->total_ns[side];
        }
        columns->count++;
    }
}

static double time_of(int64_t ns)
{
    return ns == COMPARISON_NEVER ? INFINITY : (double)ns;
}

// Sum of the values that are known in `beside`; false if one is infinite.
static bool sum_known(const int64_t *values, const int64_t *beside, size_t count, double *sum)
{
    struct report_sum exact = {0, 0};
    for (size_t i = 0; i < count; i++) {
        if (beside[i] == COMPARISON_UNKNOWN)
            continue;
        if (values[i] == COMPARISON_NEVER)
            return false;
        report_sum_add(&exact, (uint64_t)values[i]);
    }
    *sum = report_sum_value(&exact);
    return true;
}

static double *slot(struct comparison_stream *stream, int metric, int side)
{
    return side == 0 ? &stream->changes[metric].a : &stream->changes[metric].b;
}

// The mean of `known` latencies of a column, which are more than 0.
static double mean_of(const int64_t *values, size_t count, uint64_t known)
{
    double sum;
    return sum_known(values, values, count, &sum) ? sum / (double)known : INFINITY;
}

static double quantile_of(const int64_t *values, size_t count, uint64_t known, unsigned percent)
{
    return time_of(quantile_select(values, count, quantile_rank(known, percent)));
}

// As waits grow without end, their share goes to 1.
static double wait_share(const struct columns *columns, int side)
{
    double wait, total;
    if (!sum_known(columns->total_ns[side], columns->total_ns[side], columns->count, &total) ||
        !sum_known(columns->wait_ns[side], columns->total_ns[side], columns->count, &wait))
        return 1;
    return total > 0 ? wait / total : NAN;
}

static void measure_latencies(const struct columns *columns, struct comparison_stream *stream)
{
    static const int firsts[] = {REPORT_P50, REPORT_WAIT_P50};
    static const unsigned percents[] = {50, 90, 99, 100};
    uint64_t known[] = {columns->count - stream->traffic.unknown, columns->count};
    for (int side = 0; side < 2; side++) {
        for (int c = 0; c < 2; c++) {
            const int64_t *values = c == 0 ? columns->total_ns[side] : columns->wait_ns[side];
            for (int i = 0; known[c] > 0 && i < 4; i++)
                *slot(stream, firsts[c] + i, side) =
                    quantile_of(values, columns->count, known[c], percents[i]);
            if (known[c] > 0)
                *slot(stream, firsts[c] + 4, side) = mean_of(values, columns->count, known[c]);
            if (known[c] > 0)
                comparison_show(stream, c, side, values, columns->count, known[c]);
        }
        if (known[0] > 0)
            *slot(stream, REPORT_WAIT_SHARE, side) = wait_share(columns, side);
    }
}

static void measure_traffic(struct comparison_stream *stream)
{
    const struct comparison_traffic *traffic = &stream->traffic;
    for (int side = 0; side < 2; side++) {
        double seconds =
            (double)(traffic->last_completion_ns[side] - traffic->first_arrival_ns) / 1e9;
        *slot(stream, REPORT_WAITING, side) = (double)traffic->waiting[side];
        if (traffic->completed[side] > 0 && seconds <= 0)
            continue; // no time has passed
        *slot(stream, REPORT_IOPS, side) =
            traffic->completed[side] > 0 ? (double)traffic->completed[side] / seconds : 0;
        *slot(stream, REPORT_THROUGHPUT, side) =
            traffic->completed[side] > 0 ? (double)traffic->completed_bytes[side] / seconds : 0;
    }
}

// Number, median, mean and maximum of the differences, from `metric` on.
static void measure_differences(const int64_t *differences, size_t count,
                                struct comparison_stream *stream, int metric)
{
    *slot(stream, metric, 1) = (double)count;
    if (count == 0)
        return;
    *slot(stream, metric + 1, 1) = quantile_of(differences, count, count, 50);
    *slot(stream, metric + 2, 1) = mean_of(differences, count, count);
    *slot(stream, metric + 3, 1) = quantile_of(differences, count, count, 100);
}

// Overwrites the columns of the waits.
static void measure_changes(struct columns *columns, struct comparison_stream *stream)
{
    int64_t *slower = columns->wait_ns[0], *faster = columns->wait_ns[1];
    size_t slower_count = 0, faster_count = 0;
    for (size_t i = 0; i < columns->count; i++) {
        int64_t a = columns->total_ns[0][i], b = columns->total_ns[1][i];
        if (b > a)
            slower[slower_count++] = b == COMPARISON_NEVER ? b : b - a;
        else if (b < a)
            faster[faster_count++] = a == COMPARISON_NEVER ? a : a - b;
    }
    measure_differences(slower, slower_count, stream, REPORT_SLOWER);
    measure_differences(faster, faster_count, stream, REPORT_FASTER);
    *slot(stream, REPORT_UNCHANGED, 1) =
        (double)(columns->count - stream->traffic.unknown - slower_count - faster_count);
}

// Less than 0: the mean is shorter in B. Both sides have the same requests, so sums do.
static int block_change(const struct block *block)
{
    const struct report_sum *a = &block->total_ns[0], *b = &block->total_ns[1];
    if (block->never[0] || block->never[1])
        return block->never[1] - block->never[0];
    if (a->high != b->high)
        return a->high < b->high ? 1 : -1;
    return (a->low < b->low) - (a->low > b->low);
}

static void measure_blocks(const struct block *blocks, struct comparison_stream *stream)
{
    static const int metrics[] = {REPORT_FASTER_BLOCKS, REPORT_UNCHANGED_BLOCKS,
                                  REPORT_SLOWER_BLOCKS};
    double counts[] = {0, 0, 0};
    for (int i = 0; i < REPORT_COMPARE_BLOCKS; i++) {
        if (blocks[i].any)
            counts[block_change(&blocks[i]) + 1]++;
    }
    for (int i = 0; i < 3; i++)
        *slot(stream, metrics[i], 1) = counts[i];
}

// Both are of the same runs, or the first is empty.
static void add_traffic(struct comparison_traffic *to, const struct comparison_traffic *what)
{
    if (what->requests == 0)
        return;
    if (to->requests == 0 || what->first_arrival_ns < to->first_arrival_ns)
        to->first_arrival_ns = what->first_arrival_ns;
    to->requests += what->requests;
    to->unknown += what->unknown;
    for (int i = 0; i < 2; i++) {
        to->waiting[i] += what->waiting[i];
        to->completed[i] += what->completed[i];
        to->completed_bytes[i] =
            report_add_saturated(to->completed_bytes[i], what->completed_bytes[i]);
        if (what->last_completion_ns[i] > to->last_completion_ns[i])
            to->last_completion_ns[i] = what->last_completion_ns[i];
    }
}

static bool make_streams(struct comparison_member *member, struct report_error *error)
{
    for (size_t s = 0; s < COMPARISON_STREAMS; s++) {
        struct comparison_traffic traffic = {0};
        for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++) {
            if (d == s || (s == COMPARISON_READ_WRITE && d <= REPORT_DIRECTION_WRITE))
                add_traffic(&traffic, &member->traffic[d]);
        }
        if (traffic.requests == 0)
            continue;
        struct comparison_stream *stream = calloc(1, sizeof *stream);
        if (stream == NULL)
            return comparison_memory(error);
        stream->traffic = traffic;
        for (size_t i = 0; i < REPORT_METRIC_COUNT; i++)
            stream->changes[i] = (struct report_change){NAN, NAN};
        for (int i = 0; i < 2 * COMPARISON_SHOWN; i++)
            stream->shown[i / COMPARISON_SHOWN][i % COMPARISON_SHOWN] =
                (struct report_change){NAN, NAN};
        member->streams[s] = stream;
    }
    return true;
}

// The same requests as in another stream, measured already: reads and writes of a member that only
// reads, the total of one member.
static const struct comparison_stream *find_equal(const struct report_comparison *comparison,
                                                  const struct comparison_member *member, size_t s)
{
    uint64_t requests = member->streams[s]->traffic.requests;
    for (size_t d = 0; s == COMPARISON_READ_WRITE && d <= REPORT_DIRECTION_WRITE; d++) {
        if (member->streams[d] != NULL && member->streams[d]->traffic.requests == requests)
            return member->streams[d];
    }
    for (size_t m = 0; member == &comparison->total && m < comparison->member_count; m++) {
        const struct comparison_stream *stream = comparison->members[m].streams[s];
        if (stream != NULL && stream->traffic.requests == requests)
            return stream;
    }
    return NULL;
}

static bool measure_stream(struct report_comparison *comparison,
                           const struct comparison_member *member, size_t number,
                           struct columns *columns, struct report_error *error)
{
    struct comparison_stream *stream = member->streams[number];
    struct block blocks[REPORT_COMPARE_BLOCKS] = {0};
    if (comparison_stopped(comparison, stream->traffic.requests, error))
        return false;
    gather(comparison, member, number, columns, blocks);
    measure_traffic(stream);
    measure_latencies(columns, stream);
    measure_changes(columns, stream);
    measure_blocks(blocks, stream);
    return true;
}

static bool measure_streams(struct report_comparison *comparison, struct comparison_member *member,
                            struct columns *columns, struct report_error *error)
{
    for (size_t s = 0; s < COMPARISON_STREAMS; s++) {
        if (member->streams[s] == NULL)
            continue;
        const struct comparison_stream *equal = find_equal(comparison, member, s);
        if (equal != NULL)
            *member->streams[s] = *equal;
        else if (!measure_stream(comparison, member, s, columns, error))
            return false;
    }
    return true;
}

static bool prepare_streams(struct report_comparison *comparison, struct columns *columns,
                            struct report_error *error)
{
    struct comparison_member *total = &comparison->total;
    bool good = true;
    for (size_t m = 0; good && m < comparison->member_count; m++) {
        struct comparison_member *member = &comparison->members[m];
        good = make_streams(member, error);
        for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++)
            add_traffic(&total->traffic[d], &member->traffic[d]);
    }
    total->count = comparison->count;
    if (!good || !make_streams(total, error) ||
        !report_spill_open(&columns->spill, comparison->count, 4 * sizeof(int64_t), error))
        return false;
    for (int side = 0; side < 2 && comparison->count > 0; side++) {
        int64_t *first = columns->spill.bytes;
        columns->wait_ns[side] = first + (size_t)side * comparison->count;
        columns->total_ns[side] = first + (size_t)(side + 2) * comparison->count;
    }
    return true;
}

bool comparison_measure(struct report_comparison *comparison, struct report_error *error)
{
    struct columns columns = {.count = 0};
    bool good = prepare_streams(comparison, &columns, error);
    for (size_t m = 0; good && m < comparison->member_count; m++)
        good = measure_streams(comparison, &comparison->members[m], &columns, error);
    good = good && measure_streams(comparison, &comparison->total, &columns, error);
    if (good)
        comparison_show_total(comparison);
    report_spill_close(&columns.spill);
    return good;
}
