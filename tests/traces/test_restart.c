// SPDX-License-Identifier: GPL-2.0-or-later
// Where another recording starts in a file, and where lines are only out of order.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/input/restart.h"

static void shuffle(size_t *order, size_t count, uint64_t *random)
{
    for (size_t i = 0; i < count; i++) {
        size_t other = (size_t)random_below(random, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
}

static bool restarts(const int64_t *times_ns, size_t count, int64_t latency_ns, uint64_t *place)
{
    struct trace_restarts found = {0};
    struct trace_error error;
    enum trace_result result = TRACE_REQUEST;
    int64_t back_ns;
    for (size_t i = 0; i < count && result == TRACE_REQUEST; i++) {
        struct trace_request request = {.arrival_ns = times_ns[i], .latency_ns = latency_ns};
        result = trace_restarts_add(&found, &request, i, place, &back_ns, &error);
    }
    assert_int_not_equal(result, TRACE_ERROR);
    trace_restarts_free(&found);
    return result == TRACE_END;
}

#define SECOND INT64_C(1000000000)

// Any order is one recording, two in order are two; parts in any order are one.
static void test_restarts(void **state)
{
    (void)state;
    static int64_t times_ns[4000];
    static size_t order[4000];
    uint64_t random = 9, place;
    for (int round = 0; round < 3000; round++) {
        size_t count = 2 + (size_t)random_below(&random, round % 50 == 0 ? 3990 : 40);
        shuffle(order, count, &random);
        for (size_t i = 0; i < count; i++)
            times_ns[i] = (int64_t)order[i] * SECOND;
        assert_false(restarts(times_ns, count, -1, &place));
        for (size_t i = 0; i < count; i++)
            times_ns[i] = (int64_t)(count - i) * SECOND / 100 + (int64_t)random_below(&random, 9);
        assert_false(restarts(times_ns, count, -1, &place));
        size_t first = 8 + (size_t)random_below(&random, 100);
        size_t second = 8 + (size_t)random_below(&random, 100);
        for (size_t i = 0; i < first + second; i++)
            times_ns[i] = (int64_t)(i < first ? i : i - first) * SECOND;
        assert_true(restarts(times_ns, first + second, -1, &place));
        assert_int_equal(place, first);
        for (size_t i = 0; i < first + second; i++)
            times_ns[i] = (int64_t)(i < first ? i + second : i - first) * SECOND;
        assert_false(restarts(times_ns, first + second, -1, &place));
    }
}

// Requests that a device held for long stand in a file where they were complete.
static void test_held(void **state)
{
    (void)state;
    int64_t times_ns[100];
    uint64_t place;
    for (int i = 0; i < 100; i++)
        times_ns[i] = i < 50 ? i * SECOND : i < 70 ? 10 * SECOND + i : i * SECOND;
    assert_true(restarts(times_ns, 100, 0, &place));
    assert_int_equal(place, 50);
    assert_false(restarts(times_ns, 100, 40 * SECOND, &place));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_restarts),
    cmocka_unit_test(test_held),
};
TEST_GROUP(restart, tests, NULL, NULL);
