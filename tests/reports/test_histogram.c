// SPDX-License-Identifier: GPL-2.0-or-later
// The histogram beside a sorted array of the same values.
#include <stddef.h>
#include <stdint.h>

#include "reports/histogram.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 20000

static struct report_histogram left, right, both;

static void clear_all(void)
{
    report_histogram_release(&left);
    report_histogram_release(&right);
    report_histogram_release(&both);
}

// Everything a histogram tells, bucket by bucket.
static void assert_same(const struct report_histogram *a, const struct report_histogram *b)
{
    struct report_histogram_range x, y;
    size_t position_a = 0, position_b = 0;
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->min_ns, b->min_ns);
    assert_int_equal(a->max_ns, b->max_ns);
    assert_memory_equal(&a->sum_ns, &b->sum_ns, sizeof a->sum_ns);
    while (report_histogram_next(a, &position_a, &x)) {
        assert_true(report_histogram_next(b, &position_b, &y));
        assert_memory_equal(&x, &y, sizeof x);
    }
    assert_false(report_histogram_next(b, &position_b, &y));
}

static int compare_values(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Every magnitude up to 2^63 - 1 with the same weight.
static int64_t draw_any(gsl_rng *rng)
{
    unsigned bits = (unsigned)gsl_rng_uniform_int(rng, 64);
    uint64_t value = (uint64_t)gsl_rng_get(rng) << 32 | gsl_rng_get(rng);
    return bits == 0 ? 0 : (int64_t)(value >> (64 - bits) & INT64_MAX);
}

static int64_t draw_lognormal(gsl_rng *rng)
{
    return (int64_t)gsl_ran_lognormal(rng, 12.0, 2.0);
}

static int64_t draw_small(gsl_rng *rng)
{
    return (int64_t)gsl_rng_uniform_int(rng, 300);
}

typedef int64_t draw(gsl_rng *rng);

static draw *const draws[] = {draw_any, draw_lognormal, draw_small};

// The bound of the header: |reported - exact| <= exact / 256.
static void assert_within_bound(int64_t reported, int64_t exact)
{
    uint64_t difference = reported > exact ? (uint64_t)reported - (uint64_t)exact
                                           : (uint64_t)exact - (uint64_t)reported;
    assert_true(difference <= (uint64_t)exact / 256);
}

static void test_quantiles_against_sorted_values(void **state)
{
    static int64_t values[VALUES];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    (void)state;
    for (size_t d = 0; d < sizeof draws / sizeof *draws; d++) {
        for (size_t n = 1; n <= VALUES; n = n * 3 + n % 7) {
            gsl_rng_set(rng, 100 * d + n);
            clear_all();
            for (size_t i = 0; i < n; i++) {
                values[i] = draws[d](rng);
                report_histogram_record(&left, values[i]);
            }
            qsort(values, n, sizeof *values, compare_values);
            assert_int_equal(left.count, n);
            assert_int_equal(left.min_ns, values[0]);
            assert_int_equal(left.max_ns, values[n - 1]);
            for (unsigned q = 0; q <= 1000; q++) {
                size_t rank = (n * q + 999) / 1000;
                assert_within_bound(report_histogram_quantile(&left, q),
                                    values[rank > 0 ? rank - 1 : 0]);
            }
        }
    }
    gsl_rng_free(rng);
}

// Walking the buckets: in order, apart, every value in one, as narrow as promised.
static void test_buckets_cover_every_value(void **state)
{
    static int64_t values[VALUES];
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    struct report_histogram_range range;
    size_t position = 0, taken = 0;
    int64_t end = -1;
    (void)state;
    clear_all();
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = draw_any(rng);
        report_histogram_record(&left, values[i]);
    }
    qsort(values, VALUES, sizeof *values, compare_values);
    while (report_histogram_next(&left, &position, &range)) {
        uint64_t count = 0;
        assert_true(range.low_ns > end && range.high_ns >= range.low_ns);
        assert_true(range.high_ns - range.low_ns <= range.low_ns / 128);
        while (taken < VALUES && values[taken] <= range.high_ns) {
            assert_true(values[taken++] >= range.low_ns);
            count++;
        }
        assert_int_equal(count, range.count);
        end = range.high_ns;
    }
    assert_int_equal(taken, VALUES);
    gsl_rng_free(rng);
}

static void test_merge_is_recording_all(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    (void)state;
    for (size_t d = 0; d < sizeof draws / sizeof *draws; d++) {
        clear_all();
        for (size_t i = 0; i < VALUES; i++) {
            int64_t value = draws[d](rng);
            report_histogram_record(i % 3 ? &left : &right, value);
            report_histogram_record(&both, value);
        }
        assert_true(report_histogram_merge(&left, &right));
        assert_same(&left, &both);
        report_histogram_release(&right);
        assert_true(report_histogram_merge(&left, &right));
        assert_same(&left, &both);
        assert_true(report_histogram_merge(&right, &left));
        assert_same(&right, &both);
    }
    gsl_rng_free(rng);
}

static void test_many_are_recorded_one_by_one(void **state)
{
    static const int64_t others[] = {0, 1, 300, INT64_MAX};
    (void)state;
    // Of each value, before, between and after other values, and alone.
    for (size_t k = 0; k < 20; k++) {
        int64_t value = k % 4 == 0 ? 0 : others[k % 4] / 3 + 7;
        for (size_t i = 0; i < k / 4; i++) {
            assert_true(report_histogram_record(&left, others[i]));
            assert_true(report_histogram_record(&right, others[i]));
        }
        assert_true(report_histogram_add_many(&left, value, 0));
        assert_same(&left, &right);
        assert_true(report_histogram_add_many(&left, value, 3));
        for (int i = 0; i < 3; i++)
            assert_true(report_histogram_record(&right, value));
        assert_same(&left, &right);
        assert_true(report_histogram_record(&left, 7));
        assert_true(report_histogram_record(&right, 7));
        assert_same(&left, &right);
        clear_all();
    }
}

// After clearing, everything recorded is as in a histogram that was never used.
static void test_clear_leaves_nothing(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    (void)state;
    for (size_t d = 0; d < sizeof draws / sizeof *draws; d++) {
        clear_all();
        for (size_t i = 0; i < VALUES; i++)
            report_histogram_record(&left, draws[d](rng));
        report_histogram_clear(&left);
        assert_same(&left, &both);
        for (size_t i = 0; i < 100; i++) {
            int64_t value = draw_any(rng);
            report_histogram_record(&left, value);
            report_histogram_record(&both, value);
        }
        assert_same(&left, &both);
    }
    gsl_rng_free(rng);
}

static void test_extremes(void **state)
{
    static const int64_t extremes[] = {0, 127, 128, 255, 256, INT64_MAX - 1, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
        clear_all();
        report_histogram_record(&left, extremes[i]);
        for (unsigned q = 0; q <= 1000; q += 100)
            assert_int_equal(report_histogram_quantile(&left, q), extremes[i]);
        assert_true(report_histogram_mean(&left) == (double)extremes[i]);
    }
    clear_all();
    assert_int_equal(report_histogram_quantile(&left, 500), 0);
    assert_true(report_histogram_mean(&left) == 0.0);
    assert_int_equal(report_histogram_bucket(INT64_MAX), REPORT_HISTOGRAM_BUCKETS - 1);
}

// The sum does not wrap at 2^64: 10 * (2^63 - 1) + 1 000 000 ones.
static void test_sum_is_exact(void **state)
{
    (void)state;
    clear_all();
    for (int i = 0; i < 10; i++)
        report_histogram_record(&left, INT64_MAX);
    for (int i = 0; i < 1000000; i++)
        report_histogram_record(&left, 1);
    // 10 * 2^63 = 5 * 2^64
    assert_int_equal(left.sum_ns.high, 5);
    assert_int_equal(left.sum_ns.low, 1000000 - 10);
}

// The product against 2^32-ary long multiplication by repeated doubling and adding.
static void test_product_against_doubling(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t a = (uint64_t)draw_any(rng) << 1 | 1, b = (uint64_t)draw_any(rng) << 1 | 1;
        struct report_sum product = {UINT64_MAX - (uint64_t)i, 7}, slow = product;
        struct report_sum power = {a, 0};
        report_sum_add_product(&product, a, b);
        for (int bit = 0; bit < 64; bit++) {
            if (b >> bit & 1) {
                report_sum_add(&slow, power.low);
                slow.high += power.high;
            }
            power.high = power.high << 1 | power.low >> 63;
            power.low <<= 1;
        }
        assert_memory_equal(&product, &slow, sizeof slow);
    }
    gsl_rng_free(rng);
}

// A count whose product with 1000 does not fit in 64 bits.
static void test_rank_of_a_huge_count(void **state)
{
    (void)state;
    clear_all();
    report_histogram_add_many(&left, 10, UINT64_C(1) << 62);
    report_histogram_add_many(&left, 20, UINT64_C(1) << 62);
    assert_int_equal(report_histogram_quantile(&left, 500), 10);
    assert_int_equal(report_histogram_quantile(&left, 501), 20);
}

// Counts at the edge of 32 bits, added one way and another, in lists and in blocks.
static void test_counts_of_any_size(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, UINT32_MAX - 1, 1, 1, UINT32_MAX, UINT64_C(1) << 40, 1};
    clear_all();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct report_histogram one = {0};
        assert_true(report_histogram_add_many(&left, 5000 * (int64_t)(i / 3), counts[i]));
        assert_true(report_histogram_add_many(&one, 5000 * (int64_t)(i / 3), counts[i]));
        assert_true(report_histogram_merge(&right, &one));
        for (size_t k = 0; k < 3; k++) {
            uint64_t wanted = 0, found = 0;
            struct report_histogram_range range;
            for (size_t j = 3 * k; j <= i && j < 3 * k + 3; j++)
                wanted += counts[j];
            for (size_t position = 0; report_histogram_next(&left, &position, &range);)
                found += range.low_ns <= 5000 * (int64_t)k && range.high_ns >= 5000 * (int64_t)k
                             ? range.count
                             : 0;
            assert_int_equal(found, wanted);
        }
        assert_same(&left, &right);
        report_histogram_release(&one);
    }
}

static int release_all(void **state)
{
    (void)state;
    clear_all();
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_quantiles_against_sorted_values),
    cmocka_unit_test(test_buckets_cover_every_value),
    cmocka_unit_test(test_merge_is_recording_all),
    cmocka_unit_test(test_many_are_recorded_one_by_one),
    cmocka_unit_test(test_clear_leaves_nothing),
    cmocka_unit_test(test_extremes),
    cmocka_unit_test(test_sum_is_exact),
    cmocka_unit_test(test_product_against_doubling),
    cmocka_unit_test(test_rank_of_a_huge_count),
    cmocka_unit_test(test_counts_of_any_size),
};
TEST_GROUP(histogram, tests, NULL, release_all);
