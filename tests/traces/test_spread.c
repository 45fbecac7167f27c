// SPDX-License-Identifier: GPL-2.0-or-later
// Whole seconds: every request in its own slot of its second, in order, whatever was read before.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/spread.h"

#include <stdlib.h>

#define SECOND INT64_C(1000000000)

struct spread_run {
    int64_t *times_ns;
    size_t count;
};

static void take(struct trace_spread *spread, struct spread_run *run)
{
    struct trace_request request;
    while (trace_spread_pop(spread, &request)) {
        assert_int_equal(request.offset, run->count);
        run->times_ns[run->count++] = request.arrival_ns;
    }
}

// Seconds with these numbers of requests, from a certain second on.
static struct spread_run spread_seconds(const size_t *counts, size_t seconds, int64_t first)
{
    struct trace_error error;
    struct trace_spread spread;
    struct spread_run run = {0};
    size_t total = 0;
    for (size_t second = 0; second < seconds; second++)
        total += counts[second];
    run.times_ns = calloc(total + 1, sizeof *run.times_ns);
    assert_non_null(run.times_ns);
    assert_true(trace_spread_init(&spread, SECOND, &error));
    size_t pushed = 0;
    for (size_t second = 0; second < seconds; second++) {
        for (size_t i = 0; i < counts[second]; i++) {
            struct trace_request request = {.arrival_ns = (first + (int64_t)second) * SECOND,
                                            .offset = pushed++};
            take(&spread, &run);
            trace_spread_push(&spread, &request);
        }
    }
    take(&spread, &run);
    trace_spread_finish(&spread);
    take(&spread, &run);
    assert_int_equal(run.count, total);
    trace_spread_free(&spread);
    return run;
}

static void test_slots(void **state)
{
    (void)state;
    static const size_t counts[] = {3, 0, 1, 1000, 0, 0, 7, 99999, 2};
    struct spread_run run = spread_seconds(counts, 9, 50);
    size_t at = 0;
    uint64_t sum = 0;
    for (size_t second = 0; second < 9; second++) {
        for (size_t k = 0; k < counts[second]; k++, at++) {
            int64_t within = run.times_ns[at] - (int64_t)(50 + second) * SECOND;
            int64_t n = (int64_t)counts[second];
            // Slots begin on whole ns.
            assert_true(within >= SECOND * (int64_t)k / n);
            assert_true(within < SECOND * ((int64_t)k + 1) / n);
            if (n == 1000)
                sum += (uint64_t)(within - SECOND / 1000 * (int64_t)k);
        }
    }
    // Not all at the same place of their slots, and in the middle of them on average.
    assert_true(sum > 1000 * UINT64_C(450000) && sum < 1000 * UINT64_C(550000));
    free(run.times_ns);
}

// A second's times depend on the second and its requests alone.
static void test_cut(void **state)
{
    (void)state;
    static const size_t counts[] = {5, 80, 900};
    struct spread_run whole = spread_seconds(counts, 3, 7);
    struct spread_run cut = spread_seconds(counts + 1, 2, 8);
    struct spread_run other = spread_seconds(counts + 1, 2, 9);
    size_t same = 0;
    for (size_t i = 0; i < cut.count; i++) {
        assert_true(cut.times_ns[i] == whole.times_ns[i + 5]);
        same += other.times_ns[i] == cut.times_ns[i] + SECOND;
    }
    assert_true(same < 5);
    free(whole.times_ns);
    free(cut.times_ns);
    free(other.times_ns);
}

// More than is held: still in order and in their second, those held in its first half.
static void test_full_second(void **state)
{
    (void)state;
    static const size_t counts[] = {TRACE_SPREAD_MAX * 2 + 10, 3, TRACE_SPREAD_MAX, 1};
    struct spread_run run = spread_seconds(counts, 4, 0);
    size_t at = 0;
    int64_t last_ns = 0;
    for (size_t second = 0; second < 4; second++) {
        for (size_t k = 0; k < counts[second]; k++, at++) {
            assert_true(run.times_ns[at] / SECOND == (int64_t)second);
            assert_true(run.times_ns[at] >= last_ns);
            last_ns = run.times_ns[at];
        }
    }
    assert_true(run.times_ns[TRACE_SPREAD_MAX - 1] < SECOND / 2);
    assert_true(run.times_ns[TRACE_SPREAD_MAX] >= SECOND / 2);
    assert_true(run.times_ns[2 * TRACE_SPREAD_MAX] >= SECOND / 4 * 3);
    free(run.times_ns);
}

static void test_last_second(void **state)
{
    (void)state;
    static const size_t counts[] = {1000, 1000};
    struct spread_run run = spread_seconds(counts, 2, INT64_MAX / SECOND - 1);
    for (size_t i = 1; i < run.count; i++)
        assert_true(run.times_ns[i] >= run.times_ns[i - 1]);
    free(run.times_ns);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_slots),
    cmocka_unit_test(test_cut),
    cmocka_unit_test(test_full_second),
    cmocka_unit_test(test_last_second),
};
TEST_GROUP(spread, tests, NULL, NULL);
