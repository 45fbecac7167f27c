// SPDX-License-Identifier: GPL-2.0-or-later
// The tracker of service differences beside the definition, taken literally: all pairs of members,
// all pairs of instants, sums written out.
#include <stddef.h>
#include <stdint.h>

#include "reports/fairness.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS 7
#define INSTANTS 60

// What happened: per instant and member, what it got, and whether it is backlogged from then on.
struct history {
    int64_t requests[INSTANTS][MEMBERS];
    int64_t bytes[INSTANTS][MEMBERS];
    bool backlogged[INSTANTS][MEMBERS];
};

// |S_i - S_j| over the instants in (t1, t2].
static void widen(const struct history *history, int i, int j, int t1, int t2,
                  struct report_service *largest)
{
    int64_t requests = 0, bytes = 0;
    for (int t = t1 + 1; t <= t2; t++) {
        requests += history->requests[t][i] - history->requests[t][j];
        bytes += history->bytes[t][i] - history->bytes[t][j];
    }
    if (llabs(requests) > largest->requests)
        largest->requests = llabs(requests);
    if (llabs(bytes) > largest->bytes)
        largest->bytes = llabs(bytes);
}

static struct report_service brute_force(const struct history *history)
{
    struct report_service largest = {0, 0};
    for (int i = 0; i < MEMBERS; i++) {
        for (int j = 0; j < i; j++) {
            for (int t1 = 0; t1 < INSTANTS; t1++) {
                for (int t2 = t1 + 1; t2 < INSTANTS; t2++) {
                    if (!history->backlogged[t2 - 1][i] || !history->backlogged[t2 - 1][j])
                        break;
                    widen(history, i, j, t1, t2, &largest);
                }
            }
        }
    }
    return largest;
}

static void draw_history(gsl_rng *rng, struct history *history)
{
    // From always busy to mostly idle, from even to very uneven.
    double stay = gsl_rng_uniform(rng), come = gsl_rng_uniform(rng);
    double share[MEMBERS];
    memset(history, 0, sizeof *history);
    for (int i = 0; i < MEMBERS; i++)
        share[i] = gsl_rng_uniform(rng);
    for (int t = 0; t < INSTANTS; t++) {
        for (int i = 0; i < MEMBERS; i++) {
            bool was = t > 0 && history->backlogged[t - 1][i];
            history->backlogged[t][i] = gsl_rng_uniform(rng) < (was ? stay : come);
            if (gsl_rng_uniform(rng) >= share[i])
                continue;
            history->requests[t][i] = 1 + (int64_t)gsl_rng_uniform_int(rng, 3);
            history->bytes[t][i] =
                history->requests[t][i] * (int64_t)(512 * gsl_rng_uniform_int(rng, 9));
        }
    }
}

static void serve(struct report_fairness *fairness, uint32_t slot, int64_t requests, int64_t bytes)
{
    for (int64_t k = 0; k < requests; k++)
        report_fairness_serve(fairness, slot, (uint64_t)(bytes / requests));
}

// Within an instant the members are served in the order given by step and start.
static struct report_service track(const struct history *history, int start, int step)
{
    struct report_fairness *fairness = report_fairness_create();
    uint32_t slots[MEMBERS];
    struct report_service difference;
    for (int i = 0; i < MEMBERS; i++)
        slots[i] = REPORT_FAIRNESS_NO_SLOT;
    for (int t = 0; t < INSTANTS; t++) {
        for (int k = 0; k < MEMBERS; k++) {
            int i = (start + k * step) % MEMBERS;
            serve(fairness, slots[i], history->requests[t][i], history->bytes[t][i]);
        }
        report_fairness_settle(fairness);
        for (int i = 0; i < MEMBERS; i++) {
            bool was = slots[i] != REPORT_FAIRNESS_NO_SLOT;
            if (was && !history->backlogged[t][i]) {
                report_fairness_leave(fairness, slots[i]);
                slots[i] = REPORT_FAIRNESS_NO_SLOT;
            } else if (!was && history->backlogged[t][i]) {
                slots[i] = report_fairness_enter(fairness);
            }
        }
    }
    assert_true(report_fairness_difference(fairness, &difference));
    report_fairness_free(fairness);
    return difference;
}

static void test_tracker_against_the_definition(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    static struct history history;
    int64_t seen = 0;
    (void)state;
    for (int round = 0; round < 400; round++) {
        draw_history(rng, &history);
        struct report_service expected = brute_force(&history);
        struct report_service forwards = track(&history, 0, 1);
        struct report_service backwards = track(&history, round % MEMBERS, MEMBERS - 1);
        assert_int_equal(forwards.requests, expected.requests);
        assert_int_equal(forwards.bytes, expected.bytes);
        assert_int_equal(backwards.requests, expected.requests);
        assert_int_equal(backwards.bytes, expected.bytes);
        seen += expected.requests;
    }
    assert_true(seen > 400);
    gsl_rng_free(rng);
}

// Round robin among many: nobody is ever more than one request ahead.
static void test_round_robin_is_one_apart(void **state)
{
    struct report_fairness *fairness = report_fairness_create();
    struct report_service difference;
    uint32_t slots[REPORT_FAIRNESS_MEMBERS];
    (void)state;
    for (uint32_t i = 0; i < REPORT_FAIRNESS_MEMBERS; i++)
        slots[i] = report_fairness_enter(fairness);
    for (uint32_t n = 0; n < 20 * REPORT_FAIRNESS_MEMBERS; n++) {
        report_fairness_serve(fairness, slots[n % REPORT_FAIRNESS_MEMBERS], 4096);
        report_fairness_settle(fairness);
    }
    assert_true(report_fairness_difference(fairness, &difference));
    assert_int_equal(difference.requests, 1);
    assert_int_equal(difference.bytes, 4096);
    report_fairness_free(fairness);
}

static void test_one_member_too_many(void **state)
{
    struct report_fairness *fairness = report_fairness_create();
    struct report_service difference;
    (void)state;
    for (uint32_t i = 0; i < REPORT_FAIRNESS_MEMBERS; i++)
        assert_int_not_equal(report_fairness_enter(fairness), REPORT_FAIRNESS_NO_SLOT);
    assert_true(report_fairness_difference(fairness, &difference));
    assert_int_equal(report_fairness_enter(fairness), REPORT_FAIRNESS_NO_SLOT);
    assert_false(report_fairness_difference(fairness, &difference));
    // All calls still do, and do nothing.
    report_fairness_serve(fairness, 3, 1);
    report_fairness_settle(fairness);
    report_fairness_leave(fairness, 3);
    assert_int_equal(report_fairness_enter(fairness), REPORT_FAIRNESS_NO_SLOT);
    report_fairness_free(fairness);
}

static void test_bytes_beyond_int64_stay_at_the_largest(void **state)
{
    struct report_fairness *fairness = report_fairness_create();
    struct report_service difference;
    uint32_t first = report_fairness_enter(fairness);
    (void)state;
    report_fairness_enter(fairness);
    for (int i = 0; i < 4; i++) {
        report_fairness_serve(fairness, first, UINT64_MAX - 1);
        report_fairness_serve(fairness, first, INT64_MAX);
        report_fairness_settle(fairness);
    }
    assert_true(report_fairness_difference(fairness, &difference));
    assert_int_equal(difference.bytes, INT64_MAX);
    assert_int_equal(difference.requests, 8);
    report_fairness_free(fairness);
}

static void test_jain(void **state)
{
    (void)state;
    // Equal shares, everything to one of four, and 1 : 2 : 3 = 36 / (3 * 14).
    assert_true(report_jain(5, 5 * 7.0, 5 * 49.0) == 1.0);
    assert_true(report_jain(4, 9.0, 81.0) == 0.25);
    assert_true(fabs(report_jain(3, 6.0, 14.0) - 6.0 / 7.0) < 1e-15);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_tracker_against_the_definition),
    cmocka_unit_test(test_round_robin_is_one_apart),
    cmocka_unit_test(test_one_member_too_many),
    cmocka_unit_test(test_bytes_beyond_int64_stay_at_the_largest),
    cmocka_unit_test(test_jain),
};
TEST_GROUP(fairness, tests, NULL, NULL);
