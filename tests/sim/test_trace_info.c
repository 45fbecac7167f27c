// SPDX-License-Identifier: GPL-2.0-or-later
// What `trace info` says of random recordings, against the definitions worked out the slow way.
#include "tests/sim/lab.h"
#include "tests/sim/trace_info_model.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#define TRACES 60

static void near(double found, double expected, const char *what)
{
    if (fabs(found - expected) > 1e-9 * fmax(1e-3, fabs(expected)))
        fail_msg("%s is %.17g, not %.17g", what, found, expected);
}

static int compare_values(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

// The nearest rank among sorted values.
static uint64_t quantile(const uint64_t *values, size_t count, size_t per_mille)
{
    size_t rank = (count * per_mille + 999) / 1000;
    return values[rank == 0 ? 0 : rank - 1];
}

// ---- Windows ----

static void check_peak(const struct info_volume *volume, const struct model_request *requests,
                       size_t count, int index)
{
    uint64_t most_requests = 0, most_bytes = 0;
    for (size_t first = 0; first < count; first++) {
        uint64_t bytes = 0;
        for (size_t i = first; i < count && requests[i].arrival_ns - requests[first].arrival_ns <
                                                info_window_ns[index];
             i++) {
            bytes += requests[i].bytes;
            if (i - first + 1 > most_requests)
                most_requests = i - first + 1;
        }
        most_bytes = bytes > most_bytes ? bytes : most_bytes;
    }
    assert_int_equal(volume->windows.window[index].peak_requests, most_requests);
    assert_int_equal(volume->windows.window[index].peak_bytes, most_bytes);
    assert_false(volume->windows.cut);
}

static void check_dispersion(const struct info_volume *volume, const struct model_request *requests,
                             size_t count, int index)
{
    int64_t width_ns = info_window_ns[index];
    int64_t first_ns = requests[0].arrival_ns;
    size_t windows = (size_t)((requests[count - 1].arrival_ns - first_ns) / width_ns);
    double found = info_counter_dispersion(&volume->windows.window[index].counter);
    assert_int_equal(volume->windows.window[index].counter.counts.count, windows);
    if (windows < 2) {
        assert_true(found < 0);
        return;
    }
    double *counts = calloc(windows + 1, sizeof *counts);
    assert_non_null(counts);
    for (size_t i = 0; i < count; i++)
        counts[(requests[i].arrival_ns - first_ns) / width_ns]++;
    near(found, gsl_stats_variance(counts, 1, windows) / gsl_stats_mean(counts, 1, windows),
         "the index of dispersion");
    free(counts);
}

// ---- Times and places ----

static void check_gaps(const struct info_volume *volume, const struct model_request *requests,
                       size_t count)
{
    double *gaps = calloc(count, sizeof *gaps);
    uint64_t *sorted = calloc(count, sizeof *sorted);
    assert_non_null(gaps);
    assert_non_null(sorted);
    for (size_t i = 1; i < count; i++) {
        sorted[i - 1] = (uint64_t)(requests[i].arrival_ns - requests[i - 1].arrival_ns);
        gaps[i - 1] = (double)sorted[i - 1];
    }
    assert_int_equal(volume->gap_histogram.count, count - 1);
    if (count > 2) {
        double mean = gsl_stats_mean(gaps, 1, count - 1);
        double variation = info_volume_gap_variation(volume);
        near(volume->gaps.mean, mean, "the mean gap");
        if (mean > 0)
            near(variation, gsl_stats_sd(gaps, 1, count - 1) / mean, "the variation");
        else
            assert_true(variation < 0);
        qsort(sorted, count - 1, sizeof *sorted, compare_values);
        double p90 = (double)quantile(sorted, count - 1, 900);
        assert_true(fabs((double)report_histogram_quantile(&volume->gap_histogram, 900) - p90) <=
                    p90 / 256);
    }
    free(gaps);
    free(sorted);
}

static bool is_write(enum trace_op op)
{
    return op == TRACE_WRITE || op == TRACE_WRITE_ZEROES;
}

static bool follows(const struct model_request *requests, size_t i)
{
    const struct model_request *request = &requests[i];
    if (request->op != TRACE_READ && !is_write(request->op))
        return false;
    for (size_t j = i; j-- > 0;) {
        if (requests[j].volume == request->volume &&
            is_write(requests[j].op) == is_write(request->op) &&
            (is_write(request->op) || requests[j].op == TRACE_READ))
            return requests[j].offset + requests[j].bytes == request->offset;
    }
    return false;
}

static void check_places(const struct info_volume *volume, const struct model_request *requests,
                         size_t count)
{
    uint64_t sequential = 0, reads = 0, writes = 0;
    size_t blocks = 0, room = 0;
    for (size_t i = 0; i < count; i++) {
        reads += requests[i].op == TRACE_READ;
        writes += is_write(requests[i].op);
        sequential += follows(requests, i);
        room += requests[i].bytes / INFO_BLOCK_BYTES + 2;
    }
    assert_int_equal(volume->directions[0].sequential + volume->directions[1].sequential,
                     sequential);
    if (reads + writes > 0)
        near(info_volume_read_share(volume), (double)reads / (double)(reads + writes), "reads");
    uint64_t *touched = calloc(room, sizeof *touched);
    assert_non_null(touched);
    for (size_t i = 0; i < count; i++) {
        const struct model_request *request = &requests[i];
        for (uint64_t at = request->offset / 4096;
             (request->op == TRACE_READ || request->op == TRACE_WRITE) &&
             at * 4096 < request->offset + request->bytes;
             at++)
            touched[blocks++] = (uint64_t)request->volume << 50 | at;
    }
    qsort(touched, blocks, sizeof *touched, compare_values);
    uint64_t different = 0;
    for (size_t i = 0; i < blocks; i++)
        different += i == 0 || touched[i] != touched[i - 1];
    assert_int_equal(volume->touched, different);
    assert_false(volume->touched_error > 0 || volume->touched_cut);
    free(touched);
}

// ---- Sizes and latencies ----

static void check_sizes(const struct info_volume *volume, const struct model_request *requests,
                        size_t count)
{
    static const unsigned per_mille[] = {0, 1, 500, 900, 999, 1000};
    uint64_t *sizes = calloc(count, sizeof *sizes);
    size_t found = 0;
    struct info_sizes all;
    assert_non_null(sizes);
    for (size_t i = 0; i < count; i++) {
        if (requests[i].op != TRACE_FLUSH)
            sizes[found++] = requests[i].bytes;
    }
    qsort(sizes, found, sizeof *sizes, compare_values);
    assert_true(info_volume_sizes(volume, CUT_ALL_OPS & ~(1U << TRACE_FLUSH), &all));
    for (size_t i = 0; found > 0 && i < sizeof per_mille / sizeof per_mille[0]; i++) {
        uint64_t bytes;
        assert_true(info_sizes_quantile(&all, per_mille[i], &bytes));
        assert_int_equal(bytes, quantile(sizes, found, per_mille[i]));
    }
    struct report_trace_size *common = info_sizes_by_count(&all);
    for (size_t i = 0; i < all.used; i++) {
        uint64_t times = 0;
        for (size_t j = 0; j < found; j++)
            times += sizes[j] == common[i].bytes;
        assert_int_equal(common[i].requests, times);
        assert_true(i == 0 || common[i - 1].requests >= times);
    }
    free(common);
    free(sizes);
    info_sizes_free(&all);
}

static void check_rest(const struct info_volume *volume, const struct model_request *requests,
                       size_t count)
{
    uint64_t bytes = 0, latencies = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += requests[i].bytes;
        latencies += requests[i].latency_ns >= 0;
        sum += requests[i].latency_ns >= 0 ? (double)requests[i].latency_ns : 0;
    }
    assert_int_equal(volume->requests, count);
    assert_int_equal(volume->bytes, bytes);
    assert_int_equal(volume->first_ns, requests[0].arrival_ns);
    assert_int_equal(volume->last_ns, requests[count - 1].arrival_ns);
    assert_int_equal(volume->latency.count, latencies);
    if (latencies > 0)
        near(report_histogram_mean(&volume->latency), sum / (double)latencies, "the mean latency");
}

static void check_series(const struct info_volume *volume, const struct model_trace *trace,
                         const struct model_request *requests, size_t count)
{
    struct report_trace_bin bins[INFO_BINS_MAX] = {{0, 0}};
    for (size_t i = 0; i < count; i++) {
        int64_t since_ns = requests[i].arrival_ns - trace->requests[0].arrival_ns;
        assert_in_range(since_ns / volume->series.bin_ns, 0, INFO_BINS_MAX - 1);
        bins[since_ns / volume->series.bin_ns].requests++;
        bins[since_ns / volume->series.bin_ns].bytes += requests[i].bytes;
    }
    assert_memory_equal(bins, volume->series.bins, sizeof bins);
}

static void check_volume(const struct model_trace *trace, const struct info_volume *volume)
{
    size_t count;
    struct model_request *requests = model_of(trace, volume, &count);
    assert_true(count > 0);
    check_gaps(volume, requests, count);
    check_places(volume, requests, count);
    check_sizes(volume, requests, count);
    check_rest(volume, requests, count);
    // The others are of what a filter throttles.
    size_t throttled = 0;
    for (size_t i = 0; i < count; i++) {
        if (requests[i].op != TRACE_FLUSH)
            requests[throttled++] = requests[i];
    }
    for (int i = 0; i < INFO_WINDOW_COUNT && throttled > 0; i++) {
        check_peak(volume, requests, throttled, i);
        check_dispersion(volume, requests, throttled, i);
    }
    check_series(volume, trace, requests, throttled);
    free(requests);
}

static int64_t resolution_of(const struct model_trace *trace)
{
    for (int64_t unit_ns = 10 * SECOND; unit_ns > 1; unit_ns--) {
        // Only divisors of the first gap that is not 0 come into question.
        size_t i = 1;
        while (i < trace->count &&
               trace->requests[i].arrival_ns == trace->requests[i - 1].arrival_ns)
            i++;
        if (i >= trace->count)
            return 0;
        int64_t gap_ns = trace->requests[i].arrival_ns - trace->requests[i - 1].arrival_ns;
        if (unit_ns > gap_ns)
            unit_ns = gap_ns;
        bool fits = gap_ns % unit_ns == 0;
        for (; fits && i < trace->count; i++)
            fits = (trace->requests[i].arrival_ns - trace->requests[0].arrival_ns) % unit_ns == 0;
        if (fits)
            return unit_ns;
    }
    return 1;
}

static void random_traces(void **state)
{
    (void)state;
    static struct model_trace trace;
    for (uint64_t seed = 1; seed <= TRACES; seed++) {
        struct trace_info info;
        model_make(&trace, seed);
        model_write(&trace, "random.csv");
        model_read("random.csv", &info);
        for (size_t i = 0; i < info.volume_count; i++)
            check_volume(&trace, &info.volumes[i]);
        check_volume(&trace, &info.all);
        if (trace.count < 300)
            assert_int_equal(info.resolution_ns, resolution_of(&trace));
        trace_info_free(&info);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(random_traces)};
TEST_GROUP(trace_info, tests, scratch_make, scratch_remove);
