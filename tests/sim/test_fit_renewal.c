// SPDX-License-Identifier: GPL-2.0-or-later
// As test_fit_recovery: independent gaps, and batches.
#include "tests/sim/fit_lab.h"
#include "tests/support/test_group.h"

#define REQUESTS 10000
#define SEEDS 2

static void renewal(void **state)
{
    (void)state;
    static const struct synth_draw gaps[] = {
        {SYNTH_CONSTANT, 2e6, 0},    {SYNTH_EXPONENTIAL, 2e6, 0}, {SYNTH_GAMMA, 2e6, 0.4},
        {SYNTH_GAMMA, 2e6, 5},       {SYNTH_WEIBULL, 2e6, 0.6},   {SYNTH_WEIBULL, 2e6, 3},
        {SYNTH_LOGNORMAL, 2e6, 1.2},
    };
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct synth_arrivals arrivals = {.gap_ns = gaps[i]};
            struct fit fit = fit_lab_refit(&arrivals, seed, REQUESTS);
            const struct synth_arrivals *found = &fit.spec.volumes[0].arrivals;
            assert_int_equal(found->process, SYNTH_RENEWAL);
            assert_true(found->batch_mean <= 1);
            fit_lab_draw(&found->gap_ns, &gaps[i], 0.06, 0.05, "gaps");
            assert_true(fit.entries[0].goodness.gap_distance < 0.02);
            fit_free(&fit);
        }
    }
}

static void batches(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct synth_arrivals arrivals = {.gap_ns = {SYNTH_EXPONENTIAL, 1e7, 0},
                                          .batch_mean = 5,
                                          .batch_gap_ns = {SYNTH_EXPONENTIAL, 1e4, 0}};
        struct fit fit = fit_lab_refit(&arrivals, seed, REQUESTS);
        const struct synth_arrivals *found = &fit.spec.volumes[0].arrivals;
        assert_int_equal(found->process, SYNTH_RENEWAL);
        fit_lab_draw(&found->gap_ns, &arrivals.gap_ns, 0.12, 0, "gaps");
        fit_lab_near(found->batch_mean, 5, 0.12, "batches");
        fit_lab_near(found->batch_gap_ns.mean, 1e4, 0.1, "gaps in a batch");
        fit_free(&fit);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(renewal),
    cmocka_unit_test(batches),
};
TEST_GROUP(fit_renewal, tests, NULL, NULL);
