// SPDX-License-Identifier: GPL-2.0-or-later
// Leaking, by itself: section 1 of docs/model.md. An engine's clock never goes back, so that what
// happens if it does can only be seen here.
#include "engine/leaky_bucket.h"
#include "tests/support/test_group.h"

#include <stddef.h>

#define SECOND INT64_C(1000000000)

// iops-total 100, with 500 for 2 s: a bucket of 1000, a burst part of 50; 70 are in both at 10 s.
static struct leaky_buckets filled(void)
{
    struct leaky_buckets buckets = {0};
    struct leaky_bucket *bucket = &buckets.bucket[BUCKET_IOPS_TOTAL];
    bucket->avg = 100;
    bucket->max = 500;
    bucket->burst_length = 2;
    leaky_buckets_set_up(&buckets);
    leaky_buckets_reset(&buckets, 10 * SECOND);
    for (int i = 0; i < 70; i++)
        leaky_buckets_account(&buckets, DIRECTION_READ, 512);
    return buckets;
}

static void expect_levels(const struct leaky_buckets *buckets, double level, double burst_level)
{
    const struct leaky_bucket *bucket = &buckets->bucket[BUCKET_IOPS_TOTAL];
    assert_true(bucket->level >= level && bucket->level <= level);
    assert_true(bucket->burst_level >= burst_level && bucket->burst_level <= burst_level);
}

static void test_time_empties(void **state)
{
    (void)state;
    struct leaky_buckets buckets = filled();
    expect_levels(&buckets, 70, 70);
    leaky_buckets_leak(&buckets, 10 * SECOND + SECOND / 10);
    expect_levels(&buckets, 60, 20);
    leaky_buckets_leak(&buckets, 10 * SECOND + SECOND / 5);
    expect_levels(&buckets, 50, 0);
}

static void test_no_time_changes_nothing(void **state)
{
    (void)state;
    struct leaky_buckets buckets = filled();
    leaky_buckets_leak(&buckets, 10 * SECOND);
    expect_levels(&buckets, 70, 70);
    assert_int_equal(buckets.previous_leak_ns, 10 * SECOND);
}

// Nothing leaks backwards, but the next leak counts from there.
static void test_clock_set_back(void **state)
{
    (void)state;
    struct leaky_buckets buckets = filled();
    leaky_buckets_leak(&buckets, 10 * SECOND - 1);
    expect_levels(&buckets, 70, 70);
    leaky_buckets_leak(&buckets, 5 * SECOND);
    expect_levels(&buckets, 70, 70);
    assert_int_equal(buckets.previous_leak_ns, 5 * SECOND);
    leaky_buckets_leak(&buckets, 5 * SECOND + SECOND / 10);
    expect_levels(&buckets, 60, 20);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_time_empties),
    cmocka_unit_test(test_no_time_changes_nothing),
    cmocka_unit_test(test_clock_set_back),
};
TEST_GROUP(leak, tests, NULL, NULL);
