// SPDX-License-Identifier: GPL-2.0-or-later
// The figures that `trace fit` goes by, against slow and obvious ones from all values.
#include "tests/sim/lab.h"

#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/law.h"
#include "sim/workload/fit/search.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>

#define COUNT 3000

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static double share_below(const int64_t *sorted, size_t count, int64_t most)
{
    size_t below = 0;
    while (below < count && sorted[below] <= most)
        below++;
    return (double)below / (double)count;
}

// The exact distance is at most what a bucket of either can hold more than the one found.
static void distance_of_samples(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < 10; round++) {
        static int64_t a[COUNT], b[COUNT];
        struct report_histogram left = {0}, right = {0};
        for (int i = 0; i < COUNT; i++) {
            a[i] = (int64_t)random_below(&random, 250);
            b[i] = (int64_t)random_below(&random, 250 - 10 * (unsigned)round);
            assert_true(report_histogram_record(&left, a[i]));
            assert_true(report_histogram_record(&right, b[i]));
        }
        qsort(a, COUNT, sizeof *a, compare);
        qsort(b, COUNT, sizeof *b, compare);
        double exact = 0;
        for (int64_t value = 0; value < 250; value++)
            exact = fmax(exact, fabs(share_below(a, COUNT, value) - share_below(b, COUNT, value)));
        // Below 256 each value has a bucket of its own.
        assert_true(fabs(fit_histogram_distance(&left, &right) - exact) < 1e-12);
        assert_true(fabs(fit_histogram_distance(&right, &left) - exact) < 1e-12);
        report_histogram_release(&left);
        report_histogram_release(&right);
    }
    struct report_histogram none = {0}, one = {0};
    assert_true(report_histogram_record(&one, 5));
    assert_true(fit_histogram_distance(&none, &none) == 0);
    assert_true(fit_histogram_distance(&none, &one) == 1);
    assert_true(fit_histogram_distance(&one, &one) == 0);
    report_histogram_release(&one);
}

static void points(void **state)
{
    (void)state;
    static int64_t values[COUNT];
    static struct fit_points points;
    struct report_histogram histogram = {0};
    uint64_t random = 2;
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
        values[i] = (int64_t)random_below(&random, 100000);
        assert_true(report_histogram_record(&histogram, values[i]));
        sum += (double)values[i];
    }
    qsort(values, COUNT, sizeof *values, compare);
    fit_points_take(&points, &histogram, 0, INT64_MAX, 1);
    assert_int_equal(points.total, COUNT);
    assert_true(fabs(points.mean / (sum / COUNT) - 1) < 0.002);
    assert_in_range(points.count, 100, FIT_POINTS_MAX);
    for (size_t i = 0; i < points.count; i++) {
        double exact = share_below(values, COUNT, (int64_t)floor(points.edge[i]));
        assert_true(fabs(points.share[i] - exact) < 1e-12);
    }
    assert_true(points.share[points.count - 1] == 1);
    report_histogram_release(&histogram);
}

static void dispersion(void **state)
{
    (void)state;
    static uint64_t times[COUNT];
    struct fit_windows windows = {0};
    uint64_t random = 3, now = 0;
    for (int i = 0; i < COUNT; i++) {
        times[i] = now;
        fit_windows_add(&windows, now);
        now += random_below(&random, i % 100 == 0 ? 2000000000 : 20000000);
    }
    for (int window = 0; window < FIT_WINDOW_COUNT; window++) {
        uint64_t length = (uint64_t)fit_window_ns[window];
        size_t passed = (size_t)(times[COUNT - 1] / length);
        double *counts = calloc(passed + 1, sizeof *counts);
        for (int i = 0; i < COUNT; i++)
            counts[times[i] / length] += 1;
        double found = fit_windows_dispersion(&windows, window, 2);
        if (passed < 2)
            assert_true(found < 0);
        else
            assert_true(fabs(found / (gsl_stats_variance(counts, 1, passed) /
                                      gsl_stats_mean(counts, 1, passed)) -
                             1) < 1e-9);
        free(counts);
    }
}

// However many bins there may be, they hold what came in their time.
static void bins_are_joined(void **state)
{
    (void)state;
    for (size_t bound = 256; bound <= FIT_BINS_MAX; bound *= 8) {
        static int64_t times[COUNT];
        struct fit_bins bins = {0};
        uint64_t random = 4;
        int64_t now = 0;
        for (int i = 0; i < COUNT; i++) {
            times[i] = now;
            assert_true(fit_bins_add(&bins, now, bound));
            now += (int64_t)random_below(&random, i < COUNT / 2 ? 300000 : 300000000);
        }
        assert_true(bins.count <= bound);
        for (size_t bin = 0; bin < bins.count; bin++) {
            uint32_t exact = 0;
            for (int i = 0; i < COUNT && bin % 50 == 0; i++)
                exact += times[i] / bins.bin_ns == (int64_t)bin;
            if (bin % 50 == 0)
                assert_int_equal(bins.counts[bin], exact);
        }
        // The bound falls when more volumes come.
        assert_true(fit_bins_add(&bins, now, bound / 2));
        assert_true(bins.count <= bound / 2);
        fit_bins_free(&bins);
    }
}

// Two streams whose rates are high for the same seconds, for others, and at random.
static void correlation(void **state)
{
    (void)state;
    struct fit_bins a = {0}, same = {0}, other = {0}, free_one = {0};
    uint64_t random = 5;
    for (int64_t ms = 0; ms < 20000; ms++) {
        bool is_high = ms / 1000 % 2 == 0, is_random = random_below(&random, 2) == 0;
        for (int i = 0; i < (is_high ? 9 : 1); i++) {
            assert_true(fit_bins_add(&a, ms * MS + i, FIT_BINS_MAX));
            assert_true(fit_bins_add(&same, ms * MS + i, 1024));
        }
        for (int i = 0; i < (is_high ? 1 : 9); i++)
            assert_true(fit_bins_add(&other, ms * MS + i, FIT_BINS_MAX));
        for (int i = 0; i < (is_random ? 1 : 9); i++)
            assert_true(fit_bins_add(&free_one, ms * MS + i, FIT_BINS_MAX));
    }
    assert_true(fit_bins_correlation(&a, &same, 100 * MS) > 0.99);
    assert_true(fit_bins_correlation(&a, &other, 100 * MS) < -0.99);
    assert_true(fabs(fit_bins_correlation(&a, &free_one, MS)) < 0.1);
    assert_true(fit_bins_correlation(&a, &same, 10 * SECOND) == 0);
    fit_bins_free(&a);
    fit_bins_free(&same);
    fit_bins_free(&other);
    fit_bins_free(&free_one);
}

static void runs(void **state)
{
    (void)state;
    struct fit_runs runs = {0};
    int64_t now = 0;
    int level = 0;
    while (fit_runs_threshold(level) < 10 * MS)
        level++;
    // Ten requests 1 ms apart, a second of pause in which one comes alone, and so on.
    for (int i = 0; i < 50; i++) {
        for (int j = 0; j < 10; j++)
            fit_runs_add(&runs, now + j * MS);
        fit_runs_add(&runs, now + 500 * MS);
        now += SECOND;
    }
    const struct fit_run *run = &runs.levels[level];
    assert_int_equal(run->length.count, 50);
    assert_int_equal(run->pause.count, 49);
    assert_int_equal(run->on_requests, 500);
    assert_int_equal(run->cycle.count, 99);
    assert_true(fabs(run->length.sum / 50 - 10e6) < 2);
    assert_true(fabs(run->pause.sum / 49 - 990e6) < 2);
}

static void touched(void **state)
{
    (void)state;
    static const double exponents[] = {0, 0.5, 1, 1.7};
    for (int i = 0; i < 4; i++) {
        double weights = 0, exact = 0;
        for (int rank = 1; rank <= 20000; rank++)
            weights += pow(rank, -exponents[i]);
        for (int rank = 1; rank <= 20000; rank++)
            exact += 1 - pow(1 - pow(rank, -exponents[i]) / weights, 30000);
        assert_true(fabs(fit_places_touched(20000, 30000, exponents[i]) / exact - 1) < 0.003);
    }
}

// Steps no longer than what was touched, however round the lowest offset is.
static void steps(void **state)
{
    (void)state;
    static const struct {
        uint64_t offsets[3];
        uint64_t align, first, span;
    } cases[] = {
        {{0, 0, 0}, 4096, 0, 4096},
        {{UINT64_C(1) << 40, UINT64_C(1) << 40, UINT64_C(1) << 40}, 4096, UINT64_C(1) << 40, 4096},
        {{0, 1 << 20, 0}, 1 << 20, 0, (1 << 20) + 4096},
        {{512, 8192, 0}, 512, 0, 12288},
        {{UINT64_C(1) << 40, 0, UINT64_C(1) << 30}, 1 << 30, 0, (UINT64_C(1) << 40) + 4096},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fit_places places = {0};
        struct synth_kind kind = {.op = TRACE_READ, .sizes = {{4096, 1}}, .size_count = 1};
        for (int j = 0; j < 3; j++) {
            struct trace_request request = {.offset = cases[i].offsets[j], .bytes = 4096};
            assert_true(fit_places_add(&places, &request, 1000));
        }
        fit_places_kind(&places, &kind);
        assert_int_equal(kind.align, cases[i].align);
        assert_int_equal(kind.first, cases[i].first);
        assert_int_equal(kind.span, cases[i].span);
        fit_places_free(&places);
    }
}

// Two clear states: 2 requests a window for 20 windows, and 50 for 5.
static void hidden_states(void **state)
{
    (void)state;
    static double counts[2500];
    struct fit_hidden hidden;
    uint64_t random = 6;
    for (size_t i = 0; i < 2500; i++)
        counts[i] = (i % 25 < 20 ? 1 : 45) + (double)random_below(&random, i % 25 < 20 ? 3 : 11);
    assert_true(fit_hidden_estimate(&hidden, 2, counts, 2500, 1));
    int low = hidden.mean[0] < hidden.mean[1] ? 0 : 1;
    assert_true(fabs(hidden.mean[low] - 2) < 0.1);
    assert_true(fabs(hidden.mean[1 - low] - 50) < 0.5);
    assert_true(fabs(hidden.stay[low] - 0.95) < 0.002);
    assert_true(fabs(hidden.stay[1 - low] - 0.8) < 0.01);
}

static void rounding(void **state)
{
    (void)state;
    static const double pairs[][2] = {{123456, 123500}, {1.23449, 1.234},
                                      {9.99999, 10},    {0.00012345678, 0.0001235},
                                      {0, 0},           {1e15 / 3, 333300000000000}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_true(fit_round(pairs[i][0]) == pairs[i][1]);
    assert_true(fit_round(NAN) == 0 && fit_round(INFINITY) == 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(distance_of_samples),
    cmocka_unit_test(points),
    cmocka_unit_test(dispersion),
    cmocka_unit_test(bins_are_joined),
    cmocka_unit_test(correlation),
    cmocka_unit_test(runs),
    cmocka_unit_test(touched),
    cmocka_unit_test(steps),
    cmocka_unit_test(hidden_states),
    cmocka_unit_test(rounding),
};
TEST_GROUP(fit_parts, tests, NULL, NULL);
