// SPDX-License-Identifier: GPL-2.0-or-later
// Laws from samples that GSL drew: the right one, and its parameters within bounds.
#include "tests/sim/lab.h"

#include "sim/workload/fit/law.h"
#include "tests/support/test_group.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#define COUNT 20000

static const struct synth_draw laws[] = {
    {SYNTH_CONSTANT, 3e6, 0},    {SYNTH_EXPONENTIAL, 3e6, 0}, {SYNTH_GAMMA, 3e6, 0.3},
    {SYNTH_GAMMA, 3e6, 6},       {SYNTH_WEIBULL, 3e6, 0.5},   {SYNTH_WEIBULL, 3e6, 2.5},
    {SYNTH_LOGNORMAL, 3e6, 0.4}, {SYNTH_LOGNORMAL, 3e6, 1.5}, {SYNTH_PARETO, 3e6, 2.5},
};
#define LAW_COUNT (sizeof laws / sizeof laws[0])

static double sample(const gsl_rng *rng, const struct synth_draw *law)
{
    double mean = law->mean, shape = law->shape;
    switch (law->law) {
    case SYNTH_EXPONENTIAL:
        return gsl_ran_exponential(rng, mean);
    case SYNTH_GAMMA:
        return gsl_ran_gamma(rng, shape, mean / shape);
    case SYNTH_WEIBULL:
        return gsl_ran_weibull(rng, mean / gsl_sf_gamma(1 + 1 / shape), shape);
    case SYNTH_LOGNORMAL:
        return gsl_ran_lognormal(rng, log(mean) - shape * shape / 2, shape);
    case SYNTH_PARETO:
        return gsl_ran_pareto(rng, shape, mean * (shape - 1) / shape);
    default:
        return mean;
    }
}

static void expect(const struct synth_draw *found, const struct synth_draw *wanted, double mean,
                   double shape)
{
    if (found->law != wanted->law || fabs(found->mean / wanted->mean - 1) > mean ||
        (wanted->shape > 0 && fabs(found->shape / wanted->shape - 1) > shape))
        fail_msg("expected %s %g %g, found %s %g %g", synth_law_name(wanted->law), wanted->mean,
                 wanted->shape, synth_law_name(found->law), found->mean, found->shape);
}

// All but Pareto, which is not for gaps.
static void by_distance(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t i = 0; i + 1 < LAW_COUNT; i++) {
        for (unsigned long seed = 1; seed <= 5; seed++) {
            static struct fit_points points;
            struct report_histogram histogram = {0};
            gsl_rng_set(rng, seed);
            for (int j = 0; j < COUNT; j++)
                assert_true(report_histogram_record(&histogram, llround(sample(rng, &laws[i]))));
            fit_points_take(&points, &histogram, 0, INT64_MAX, 1);
            struct synth_draw found = fit_law_nearest(&points);
            expect(&found, &laws[i], 0.08, 0.04);
            assert_true(fit_law_distance(&found, &points) < 0.015);
            report_histogram_release(&histogram);
        }
    }
    gsl_rng_free(rng);
}

// All but Weibull's, for which sums are not enough.
static void by_likelihood(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t i = 0; i < LAW_COUNT; i++) {
        for (unsigned long seed = 1; seed <= 5 && laws[i].law != SYNTH_WEIBULL; seed++) {
            struct fit_sums sums = {0};
            gsl_rng_set(rng, seed);
            for (int j = 0; j < COUNT / 10; j++)
                fit_sums_add(&sums, sample(rng, &laws[i]));
            struct synth_draw found = fit_sums_law(&sums);
            expect(&found, &laws[i], 0.2, 0.08);
        }
    }
    gsl_rng_free(rng);
}

// The distance at the points, against GSL's own functions at every one of them.
static void shares(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (size_t i = 0; i < LAW_COUNT; i++) {
        for (double x = 1e5; x < 3e7; x *= 3) {
            uint64_t below = 0;
            gsl_rng_set(rng, 9);
            for (int j = 0; j < COUNT; j++)
                below += sample(rng, &laws[i]) <= x;
            assert_true(fabs(fit_law_share(&laws[i], x) - (double)below / COUNT) < 0.012);
        }
        assert_true(fit_law_share(&laws[i], 0) == 0);
    }
    gsl_rng_free(rng);
}

static void few_values(void **state)
{
    (void)state;
    static struct fit_points points;
    struct report_histogram histogram = {0};
    struct fit_sums sums = {0};
    assert_true(fit_sums_law(&sums).mean == 0);
    fit_points_take(&points, &histogram, 0, INT64_MAX, 1);
    assert_true(fit_law_nearest(&points).mean == 0);
    for (int i = 0; i < 2; i++) {
        assert_true(report_histogram_record(&histogram, 0));
        fit_points_take(&points, &histogram, 0, INT64_MAX, 1);
        assert_true(fit_law_nearest(&points).law == SYNTH_CONSTANT);
        fit_sums_add(&sums, 7);
        assert_true(fit_sums_law(&sums).law == SYNTH_CONSTANT);
    }
    report_histogram_release(&histogram);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(by_distance),
    cmocka_unit_test(by_likelihood),
    cmocka_unit_test(shares),
    cmocka_unit_test(few_values),
};
TEST_GROUP(fit_law, tests, NULL, NULL);
