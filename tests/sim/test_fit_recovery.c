// SPDX-License-Identifier: GPL-2.0-or-later
// A known specification makes a workload, and the fit finds the specification again: the process,
// and its numbers within bounds that are stated here.
#include "tests/sim/fit_lab.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdlib.h>

#define REQUESTS 10000
#define SEEDS 2

static void on_off(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct synth_arrivals arrivals = {.process = SYNTH_ON_OFF,
                                          .gap_ns = {SYNTH_CONSTANT, 5e5, 0},
                                          .on_ns = {SYNTH_CONSTANT, 5e7, 0},
                                          .off_ns = {SYNTH_CONSTANT, 2e8, 0}};
        struct fit fit = fit_lab_refit(&arrivals, seed, REQUESTS);
        const struct synth_arrivals *found = &fit.spec.volumes[0].arrivals;
        assert_int_equal(found->process, SYNTH_ON_OFF);
        fit_lab_draw(&found->gap_ns, &arrivals.gap_ns, 0.02, 0, "gaps");
        fit_lab_draw(&found->on_ns, &arrivals.on_ns, 0.02, 0, "on");
        fit_lab_draw(&found->off_ns, &arrivals.off_ns, 0.02, 0, "off");
        fit_free(&fit);
    }
}

// Of 100 periods at random the mean is known within some 10 %; three times that is the bound. If on
// periods were exponential, too, their requests would be geometric in number: batches.
static void random_periods(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct synth_arrivals arrivals = {.process = SYNTH_ON_OFF,
                                          .gap_ns = {SYNTH_EXPONENTIAL, 5e5, 0},
                                          .on_ns = {SYNTH_GAMMA, 1e8, 8},
                                          .off_ns = {SYNTH_EXPONENTIAL, 3e8, 0}};
        struct fit fit = fit_lab_refit(&arrivals, seed, 2 * REQUESTS);
        const struct synth_arrivals *found = &fit.spec.volumes[0].arrivals;
        assert_int_equal(found->process, SYNTH_ON_OFF);
        fit_lab_near(found->gap_ns.mean, 5e5, 0.1, "gaps");
        fit_lab_near(found->on_ns.mean, 1e8, 0.15, "on");
        fit_lab_near(found->off_ns.mean, 3e8, 0.3, "off");
        fit_free(&fit);
    }
}

// With any number of states: those of a high rate, and those of a low one, are taken together.
static void mmpp(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct synth_arrivals arrivals = {
            .process = SYNTH_MMPP, .state_count = 2, .states = {{5000, 5e7}, {200, 5e8}}};
        struct fit fit = fit_lab_refit(&arrivals, seed, 2 * REQUESTS);
        const struct synth_arrivals *found = &fit.spec.volumes[0].arrivals;
        double high_requests = 0, high_ns = 0, low_requests = 0, low_ns = 0;
        assert_int_equal(found->process, SYNTH_MMPP);
        for (uint32_t i = 0; i < found->state_count; i++) {
            const struct synth_state *one = &found->states[i];
            bool is_high = one->rate_per_s > 1000;
            *(is_high ? &high_requests : &low_requests) += one->rate_per_s * one->mean_ns;
            *(is_high ? &high_ns : &low_ns) += one->mean_ns;
        }
        fit_lab_near(high_requests / high_ns, 5000, 0.1, "the high rate");
        fit_lab_near(low_requests / low_ns, 200, 0.25, "the low rate");
        fit_lab_near(high_ns / (high_ns + low_ns), 1.0 / 11, 0.35, "the share of the high rate");
        fit_free(&fit);
    }
}

static void what_requests_are(void **state)
{
    (void)state;
    struct synth_arrivals arrivals = {.gap_ns = {SYNTH_EXPONENTIAL, 2e6, 0}};
    struct fit fit = fit_lab_refit(&arrivals, 3, 2 * REQUESTS);
    const struct synth_volume *found = &fit.spec.volumes[0];
    assert_string_equal(found->name, "v");
    assert_int_equal(found->kind_count, 1);
    assert_int_equal(found->kinds[0].op, TRACE_READ);
    assert_int_equal(found->kinds[0].size_count, 1);
    assert_int_equal(found->kinds[0].sizes[0].bytes, 4096);
    assert_int_equal(found->kinds[0].align, 4096);
    assert_int_equal(found->kinds[0].place, SYNTH_ZIPF);
    fit_lab_near(found->kinds[0].sequential, 0.2, 0.06, "sequential");
    fit_lab_near(found->kinds[0].zipf_exponent, 0.9, 0.05, "the exponent");
    fit_lab_near((double)found->kinds[0].span, (double)(UINT64_C(1) << 30), 0.01, "span");
    assert_int_equal(found->latency_ns.law, SYNTH_LOGNORMAL);
    fit_lab_near(found->latency_ns.mean, 1e6, 0.03, "latency");
    fit_lab_near(found->latency_ns.shape, 0.8, 0.03, "shape of the latency");
    fit_free(&fit);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(on_off),
    cmocka_unit_test(random_periods),
    cmocka_unit_test(mmpp),
    cmocka_unit_test(what_requests_are),
};
TEST_GROUP(fit_recovery, tests, NULL, NULL);
