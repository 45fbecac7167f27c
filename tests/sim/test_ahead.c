// SPDX-License-Identifier: GPL-2.0-or-later
// Arrivals that are read ahead are those that there are, each once and in order; so is an error.
#include "sim/arrivals/ahead.h"

#include "tests/support/test_group.h"

#include <stdio.h>

// Arrivals of which each is a nanosecond later.
struct numbers {
    struct arrivals arrivals; // first: they lead back to it
    struct arrival arrival;
    uint64_t count, error_at; // so many; advancing to this one fails
    uint64_t completed;
};

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    struct numbers *numbers = (struct numbers *)arrivals;
    uint64_t next = ++numbers->arrival.number;
    numbers->arrival.time_ns = (int64_t)next;
    arrivals->next = next < numbers->count ? &numbers->arrival : NULL;
    return next != numbers->error_at || sim_fail(error, SIM_BAD_INPUT, "a bad number");
}

static bool complete(void *context, struct arrival *arrival, struct sim_error *error)
{
    (void)error;
    struct numbers *numbers = context;
    arrival->who.stream = (uint32_t)arrival->number + 7;
    numbers->completed++;
    return true;
}

static double share(const void *context)
{
    const struct numbers *numbers = context;
    return (double)numbers->arrival.number / (double)numbers->count;
}

static struct numbers make(uint64_t count, uint64_t error_at)
{
    struct numbers numbers = {.count = count, .error_at = error_at};
    numbers.arrivals.advance = advance;
    return numbers;
}

static struct ahead *open(struct numbers *numbers, bool has_thread, int64_t until_ns)
{
    struct sim_error error;
    numbers->arrivals.next = numbers->count > 0 ? &numbers->arrival : NULL;
    struct ahead *ahead = ahead_open(&(struct ahead_config){.from = &numbers->arrivals,
                                                            .has_thread = has_thread,
                                                            .until_ns = until_ns,
                                                            .complete = complete,
                                                            .share = share,
                                                            .context = numbers},
                                     &error);
    assert_non_null(ahead);
    return ahead;
}

// Takes the first `wanted`, which there are. False: advancing behind the last of them failed.
static bool take(struct ahead *ahead, uint64_t wanted)
{
    struct arrivals *arrivals = ahead_arrivals(ahead);
    struct sim_error error = {.message = ""};
    for (uint64_t i = 0; i < wanted; i++) {
        assert_non_null(arrivals->next);
        assert_int_equal(arrivals->next->number, i);
        assert_int_equal(arrivals->next->time_ns, i);
        assert_int_equal(arrivals->next->who.stream, i + 7);
        if (!arrivals->advance(arrivals, &error)) {
            assert_string_equal(error.message, "a bad number");
            assert_int_equal(i, wanted - 1);
            return false;
        }
    }
    return true;
}

static const uint64_t counts[] = {0, 1, 2, 1023, 1024, 1025, 8192, 8193, 16384, 16385, 100000};

#define COUNTS (sizeof counts / sizeof counts[0])

static void all_come_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNTS; i++) {
        struct numbers numbers = make(counts[i / 2], UINT64_MAX);
        struct ahead *ahead = open(&numbers, i % 2, INT64_MAX);
        assert_true(take(ahead, numbers.count));
        assert_null(ahead_arrivals(ahead)->next);
        assert_int_equal(numbers.completed, numbers.count);
        assert_true(numbers.count == 0 || ahead_share(ahead) == 1);
        ahead_close(ahead);
    }
}

// What came before it is taken.
static void an_error_stays_at_its_place(void **state)
{
    (void)state;
    for (size_t i = 2; i < 2 * COUNTS; i++) {
        struct numbers numbers = make(200000, counts[i / 2]);
        struct ahead *ahead = open(&numbers, i % 2, INT64_MAX);
        assert_false(take(ahead, numbers.error_at));
        ahead_close(ahead);
    }
}

// Not more than a replay without a thread has read when it stops there.
static void nothing_later_is_read(void **state)
{
    (void)state;
    for (size_t i = 2; i < 2 * COUNTS; i++) {
        struct numbers numbers = make(200000, UINT64_MAX);
        int64_t until_ns = (int64_t)counts[i / 2] - 1;
        struct ahead *ahead = open(&numbers, i % 2, until_ns);
        assert_true(take(ahead, counts[i / 2]));
        ahead_stop(ahead);
        assert_int_equal(numbers.completed, counts[i / 2] + 1);
        ahead_close(ahead);
        numbers = make(200000, UINT64_MAX);
        ahead = open(&numbers, i % 2, until_ns);
        assert_true(take(ahead, numbers.count));
        assert_null(ahead_arrivals(ahead)->next);
        ahead_close(ahead);
    }
}

// At any time.
static void it_can_be_stopped(void **state)
{
    (void)state;
    for (uint64_t taken = 0; taken < 60000; taken += 997) {
        struct numbers numbers = make(200000, UINT64_MAX);
        struct ahead *ahead = open(&numbers, true, INT64_MAX);
        assert_true(take(ahead, taken));
        ahead_lock(ahead);
        assert_true(numbers.completed > taken);
        ahead_unlock(ahead);
        ahead_close(ahead);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(all_come_once),
    cmocka_unit_test(an_error_stays_at_its_place),
    cmocka_unit_test(nothing_later_is_read),
    cmocka_unit_test(it_can_be_stopped),
};

TEST_GROUP(ahead, tests, NULL, NULL);
