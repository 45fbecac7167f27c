// SPDX-License-Identifier: GPL-2.0-or-later
// The statistics of one stream: a member's requests in one direction.
#include "reports/compare/compare_internal.h"
#include "reports/histogram.h"
#include "reports/quantile.h"

#include <math.h>

const struct compare_pair *compare_pair_at(const struct report_comparison *comparison,
                                           const struct compare_member *member, uint64_t i)
{
    const struct compare_pair *pairs = comparison->pairs.bytes;
    const uint64_t *order = comparison->order.bytes;

    return member == &comparison->total ? &pairs[i] : &pairs[order[member->first + i]];
}

static void measure_gather(const struct report_comparison *comparison,
                           const struct compare_member *member, size_t stream,
                           struct compare_columns *columns)
{
    columns->count = 0;
    for (uint64_t i = 0; i < member->count; i++) {
        const struct compare_pair *pair = compare_pair_at(comparison, member, i);

        if (!compare_is_in(pair, stream))
            continue;
        for (int side = 0; side < 2; side++) {
            columns->wait_ns[side][columns->count] = pair->wait_ns[side];
            columns->total_ns[side][columns->count] = pair->total_ns[side];
        }
        columns->count++;
    }
}

static double measure_time(int64_t ns)
{
    return ns == BOOTSTRAP_NEVER ? INFINITY : (double)ns;
}

// Sum of the values that are known in `beside`; false if one is infinite.
static bool measure_sum(const int64_t *values, const int64_t *beside, size_t count, double *sum)
{
    struct report_sum exact = {0, 0};

    for (size_t i = 0; i < count; i++) {
        if (beside[i] == BOOTSTRAP_UNKNOWN)
            continue;
        if (values[i] == BOOTSTRAP_NEVER)
            return false;
        report_sum_add(&exact, (uint64_t)values[i]);
    }
    *sum = report_sum_value(&exact);
    return true;
}

// p50, p90, p99, the maximum and the mean of `known` latencies of a column.
static void measure_column(const int64_t *values, size_t count, uint64_t known, double *out[5])
{
    double sum;

    if (known == 0)
        return;
    for (int q = 0; q < BOOTSTRAP_QUANTILES; q++)
        *out[q] = measure_time(
            quantile_select(values, count, quantile_rank(known, bootstrap_percents[q])));
    *out[3] = measure_time(quantile_select(values, count, known));
    *out[4] = measure_sum(values, values, count, &sum) ? sum / (double)known : INFINITY;
}

static double *measure_slot(struct compare_stream *stream, int metric, int side)
{
    return side == 0 ? &stream->changes[metric].a : &stream->changes[metric].b;
}

// As waits grow without end, their share goes to 1.
static double measure_share(const struct compare_columns *columns, int side)
{
    double wait, total;

    if (!measure_sum(columns->total_ns[side], columns->total_ns[side], columns->count, &total) ||
        !measure_sum(columns->wait_ns[side], columns->total_ns[side], columns->count, &wait))
        return 1;
    return total > 0 ? wait / total : NAN;
}

static void measure_latencies(const struct compare_columns *columns, struct compare_stream *stream)
{
    static const int firsts[] = {REPORT_P50, REPORT_WAIT_P50};
    uint64_t known[] = {columns->count - stream->traffic.unknown, columns->count};

    for (int side = 0; side < 2; side++) {
        for (int c = 0; c < 2; c++) {
            const int64_t *values = c == 0 ? columns->total_ns[side] : columns->wait_ns[side];
            double *out[5];

            for (int i = 0; i < 5; i++)
                out[i] = measure_slot(stream, firsts[c] + i, side);
            measure_column(values, columns->count, known[c], out);
        }
        if (known[0] > 0)
            *measure_slot(stream, REPORT_WAIT_SHARE, side) = measure_share(columns, side);
    }
}

static void measure_traffic(struct compare_stream *stream)
{
    const struct compare_traffic *traffic = &stream->traffic;

    for (int side = 0; side < 2; side++) {
        double seconds =
            (double)(traffic->last_completion_ns[side] - traffic->first_arrival_ns) / 1e9;

        *measure_slot(stream, REPORT_WAITING, side) = (double)traffic->waiting[side];
        if (traffic->completed[side] > 0 && seconds <= 0)
            continue; // no time has passed
        *measure_slot(stream, REPORT_IOPS, side) =
            traffic->completed[side] > 0 ? (double)traffic->completed[side] / seconds : 0;
        *measure_slot(stream, REPORT_THROUGHPUT, side) =
            traffic->completed[side] > 0 ? (double)traffic->completed_bytes[side] / seconds : 0;
    }
}

// Number, median, mean and maximum of the differences, from `metric` on.
static void measure_differences(const int64_t *differences, size_t count,
                                struct compare_stream *stream, int metric)
{
    double unused, *out[5];

    *measure_slot(stream, metric, 1) = (double)count;
    for (int i = 0; i < 5; i++)
        out[i] = &unused;
    out[0] = measure_slot(stream, metric + 1, 1);
    out[3] = measure_slot(stream, metric + 3, 1);
    out[4] = measure_slot(stream, metric + 2, 1);
    measure_column(differences, count, count, out);
}

// Overwrites the columns of the waits.
static void measure_changes(struct compare_columns *columns, struct compare_stream *stream)
{
    int64_t *slower = columns->wait_ns[0], *faster = columns->wait_ns[1];
    size_t slower_count = 0, faster_count = 0;

    for (size_t i = 0; i < columns->count; i++) {
        int64_t a = columns->total_ns[0][i], b = columns->total_ns[1][i];

        if (b > a)
            slower[slower_count++] = b == BOOTSTRAP_NEVER ? b : b - a;
        else if (b < a)
            faster[faster_count++] = a == BOOTSTRAP_NEVER ? a : a - b;
    }
    measure_differences(slower, slower_count, stream, REPORT_SLOWER);
    measure_differences(faster, faster_count, stream, REPORT_FASTER);
    *measure_slot(stream, REPORT_UNCHANGED, 1) =
        (double)(columns->count - stream->traffic.unknown - slower_count - faster_count);
}

static void measure_set_interval(struct report_change *change,
                                 const struct bootstrap_interval *distance)
{
    change->low = report_change_absolute(change) + distance->low;
    change->high = report_change_absolute(change) + distance->high;
}

static bool measure_intervals(const struct report_comparison *comparison, size_t most,
                              const struct compare_columns *columns, struct compare_stream *stream,
                              struct report_error *error)
{
    static const int firsts[] = {REPORT_P50, REPORT_WAIT_P50};
    static const int means[] = {REPORT_MEAN, REPORT_WAIT_MEAN};
    const struct bootstrap_series series = {
        .wait_ns = {columns->wait_ns[0], columns->wait_ns[1]},
        .total_ns = {columns->total_ns[0], columns->total_ns[1]},
        .count = columns->count,
    };
    const struct bootstrap_config config = {comparison->config.seed, comparison->config.resamples,
                                            most};
    struct bootstrap_result result;

    if (!bootstrap_run(&series, &config, &result))
        return compare_memory(error);
    for (int c = 0; c < BOOTSTRAP_COLUMNS; c++) {
        for (int q = 0; q < BOOTSTRAP_QUANTILES; q++)
            measure_set_interval(&stream->changes[firsts[c] + q], &result.quantiles[c][q]);
        measure_set_interval(&stream->changes[means[c]], &result.mean[c]);
    }
    measure_set_interval(&stream->changes[REPORT_WAIT_SHARE], &result.wait_share);
    return true;
}

bool compare_measure_stream(const struct report_comparison *comparison,
                            const struct compare_member *member, size_t number,
                            struct compare_columns *columns, struct report_error *error)
{
    struct compare_stream *stream = member->streams[number];
    size_t most = member == &comparison->total ? BOOTSTRAP_MOST : comparison->most;

    if (compare_stopped(comparison, error))
        return false;
    measure_gather(comparison, member, number, columns);
    measure_traffic(stream);
    measure_latencies(columns, stream);
    if (!measure_intervals(comparison, most, columns, stream, error))
        return false;
    measure_changes(columns, stream);
    return true;
}
