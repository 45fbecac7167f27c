// SPDX-License-Identifier: GPL-2.0-or-later
// Requests in the pool: what is derived is what it was, and no two are in one place.
#include "sim/arrivals/request_pool.h"

#include "tests/support/test_group.h"

#define REQUESTS 3000

static void numbers_are_whole(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {
        0, 1, UINT32_MAX - 1, UINT32_MAX, UINT64_C(1) << 32, REQUEST_SEQ_MAX - 1,
    };
    static const uint64_t since[] = {1, 2, 1000, UINT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sim_request request = {.number_low = (uint32_t)numbers[i]};
        sim_request_set_seq(&request, numbers[i]);
        assert_true(sim_request_seq(&request) == numbers[i]);
        for (size_t k = 0; k < sizeof since / sizeof since[0]; k++)
            assert_true(sim_request_number(&request, numbers[i] + since[k]) == numbers[i]);
    }
}

static void count_live(void *context, const struct sim_request *request)
{
    unsigned *seen = context;
    assert_true(sim_request_is(request, REQUEST_WAITS));
    seen[sim_request_seq(request)]++;
}

// Taken, given back and taken again: those that are live are walked, each once, as they were left.
static void check_pool(bool has_more)
{
    static struct sim_request *requests[REQUESTS];
    struct request_pool pool = {.has_more = has_more};
    for (unsigned i = 0; i < 2 * REQUESTS; i++) {
        struct sim_request *request = requests[i % REQUESTS] = request_pool_take(&pool);
        assert_non_null(request);
        assert_int_equal((uintptr_t)request % (has_more ? 8 : sizeof *request), 0);
        assert_true(sim_request_is(request, REQUEST_HAS_MORE) == has_more);
        sim_request_set_seq(request, i % REQUESTS);
        if (has_more)
            *sim_request_more(request) = (struct request_more){.origin = request, .late_ns = i};
        if (i < REQUESTS && i % 3 > 0) {
            request_pool_give(&pool, request);
            requests[i] = NULL;
        } else if (i >= REQUESTS && i % 3 == 0) {
            request_pool_give(&pool, request); // the first is still there
        }
    }
    unsigned seen[REQUESTS] = {0};
    request_pool_walk(&pool, count_live, seen);
    for (unsigned i = 0; i < REQUESTS; i++) {
        assert_int_equal(seen[i], 1);
        if (i % 3 > 0) {
            assert_ptr_equal(sim_request_origin(requests[i]), has_more ? requests[i] : NULL);
            assert_int_equal(sim_request_late_ns(requests[i]), has_more ? REQUESTS + i : 0);
        }
    }
    request_pool_free(&pool);
}

static void all_that_live_are_walked(void **state)
{
    (void)state;
    check_pool(false);
    check_pool(true);
}

static void bounded_is_bounded(void **state)
{
    (void)state;
    struct request_pool pool = {.max = 2048};
    for (unsigned i = 0; i < 2048; i++) {
        assert_false(request_pool_is_spent(&pool));
        assert_non_null(request_pool_take(&pool));
    }
    assert_true(request_pool_is_spent(&pool));
    assert_null(request_pool_take(&pool));
    request_pool_free(&pool);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_are_whole),
    cmocka_unit_test(all_that_live_are_walked),
    cmocka_unit_test(bounded_is_bounded),
};
TEST_GROUP(request_pool, tests, NULL, NULL);
