// SPDX-License-Identifier: GPL-2.0-or-later
// Order statistics beside sorting.
#include <stddef.h>
#include <stdint.h>

#include "reports/quantile.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_rng.h>
#include <stdlib.h>

#define VALUES 300
#define ROUNDS 400

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

// A number of up to `bits` bits; sometimes one that is left out.
static int64_t draw(gsl_rng *rng, unsigned bits)
{
    uint64_t high = gsl_rng_get(rng), low = gsl_rng_get(rng);
    if (gsl_rng_uniform_int(rng, 10) == 0)
        return -1;
    return (int64_t)((high << 32 | low) >> (64 - bits));
}

static void test_select(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t values[VALUES], sorted[VALUES];
        size_t count = 1 + gsl_rng_uniform_int(rng, VALUES), known = 0;
        unsigned bits = 1 + (unsigned)gsl_rng_uniform_int(rng, 63);
        for (size_t i = 0; i < count; i++) {
            values[i] = draw(rng, bits);
            if (values[i] >= 0)
                sorted[known++] = values[i];
        }
        qsort(sorted, known, sizeof *sorted, compare);
        for (size_t rank = 1; rank <= known; rank++)
            assert_int_equal(quantile_select(values, count, rank), sorted[rank - 1]);
    }
    gsl_rng_free(rng);
}

static void test_largest(void **state)
{
    const int64_t values[] = {INT64_MAX, 0, INT64_MAX, INT64_MAX - 1};
    (void)state;
    assert_int_equal(quantile_select(values, 4, 1), 0);
    assert_int_equal(quantile_select(values, 4, 2), INT64_MAX - 1);
    assert_int_equal(quantile_select(values, 4, 3), INT64_MAX);
    assert_int_equal(quantile_select(values, 4, 4), INT64_MAX);
}

// The smallest rank r with 100 r >= percent * count, but at least 1: taken literally.
static void test_rank(void **state)
{
    (void)state;
    for (uint64_t count = 1; count < 1000; count++) {
        for (unsigned percent = 0; percent <= 100; percent++) {
            uint64_t rank = 1;
            while (100 * rank < percent * count)
                rank++;
            assert_int_equal(quantile_rank(count, percent), rank);
        }
    }
    assert_int_equal(quantile_rank(UINT64_MAX, 100), UINT64_MAX);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_select),
    cmocka_unit_test(test_largest),
    cmocka_unit_test(test_rank),
};
TEST_GROUP(quantile, tests, NULL, NULL);
