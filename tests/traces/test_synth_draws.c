// SPDX-License-Identifier: GPL-2.0-or-later
// The mathematics that is the same everywhere against libm's, the laws against GSL's.
#include "tests/traces/synth_lab.h"

#include "tests/support/test_group.h"
#include "traces/synth/exact_math.h"
#include "traces/synth/law_draw.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_zeta.h>
#include <math.h>
#include <stdlib.h>

// ---- Mathematics ----

static void expect_near(const char *what, double x, double found, long double wanted,
                        long double scale, double most)
{
    long double error = fabsl((long double)found - wanted) / fabsl(scale);
    if (!(error <= (long double)most))
        fail_msg("%s(%.17g) = %.17g, wanted %.17Lg: error %Lg", what, x, found, wanted, error);
}

static void test_mathematics(void **state)
{
    (void)state;
    struct synth_stream stream;
    synth_stream_init(&stream, 1, "mathematics", 0);
    for (int i = 0; i < 200000; i++) {
        double u = synth_stream_share(&stream), v = synth_stream_share(&stream);
        double tiny = pow(10, -15 * v);
        double x = exp(80 * (u - 0.5)), near = 1 + (u - 0.5) * tiny, small = (u - 0.3) * tiny;
        expect_near("log", x, exact_log(x), logl(x), logl(x), 1e-15);
        if (near != 1)
            expect_near("log", near, exact_log(near), logl(near), logl(near), 1e-15);
        expect_near("log1p", small, exact_log1p(small), log1pl(small), log1pl(small), 1e-15);
        expect_near("exp", 1400 * (u - 0.5), exact_exp(1400 * (u - 0.5)), expl(1400 * (u - 0.5)),
                    expl(1400 * (u - 0.5)), 1e-15);
        expect_near("expm1", 9 * small, exact_expm1(9 * small), expm1l(9 * small),
                    expm1l(9 * small), 1e-15);
        expect_near("cos", u, exact_cos_turns(9 * u - 4), cosl(2 * acosl(-1) * (9 * u - 4)), 1,
                    1e-15);
        double base = exp(28 * u), power = 7 * (v - 0.5);
        expect_near("pow", base, exact_power(base, power), powl(base, power), powl(base, power),
                    2e-14);
        expect_near("gamma", 1 + 10 * u, exact_gamma(1 + 10 * u), tgammal(1 + 10 * u),
                    tgammal(1 + 10 * u), 2e-14);
    }
}

static void test_edges(void **state)
{
    (void)state;
    assert_true(exact_log(1) == 0);
    assert_true(exact_exp(0) == 1);
    assert_true(isinf(exact_exp(1e300)));
    assert_true(exact_exp(-1e300) == 0);
    assert_true(exact_cos_turns(0) == 1 && exact_cos_turns(-0.5) == -1);
    assert_true(exact_cos_turns(1e15 + 0.25) == 0);
    expect_near("log", 5e-324, exact_log(5e-324), logl((long double)5e-324),
                logl((long double)5e-324), 1e-15);
    expect_near("log", 1.7e308, exact_log(1.7e308), logl((long double)1.7e308),
                logl((long double)1.7e308), 1e-15);
}

// ---- Laws ----

static const struct synth_draw draws[] = {
    {SYNTH_EXPONENTIAL, 3e5, 0}, {SYNTH_GAMMA, 3e5, 0.05},   {SYNTH_GAMMA, 3e5, 0.7},
    {SYNTH_GAMMA, 3e5, 1},       {SYNTH_GAMMA, 3e5, 17},     {SYNTH_GAMMA, 3e5, 1000},
    {SYNTH_WEIBULL, 20, 0.1},    {SYNTH_WEIBULL, 3e5, 0.6},  {SYNTH_WEIBULL, 3e5, 3},
    {SYNTH_PARETO, 3e5, 1.01},   {SYNTH_PARETO, 3e5, 1.5},   {SYNTH_PARETO, 3e5, 1000},
    {SYNTH_LOGNORMAL, 3e5, 0.1}, {SYNTH_LOGNORMAL, 1e12, 5},
};

#define DRAW_COUNT (sizeof draws / sizeof draws[0])
#define VALUES 20000

typedef double draw_function(const struct synth_sampler *sampler, struct synth_stream *stream);

static double *draw_values(size_t index, const char *name, draw_function *function)
{
    struct synth_sampler sampler;
    struct synth_stream stream;
    double *values = malloc(VALUES * sizeof *values);
    assert_non_null(values);
    synth_sampler_init(&sampler, &draws[index]);
    synth_stream_init(&stream, index, name, 0);
    for (size_t k = 0; k < VALUES; k++)
        values[k] = function(&sampler, &stream);
    return values;
}

static void test_laws(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRAW_COUNT; i++) {
        double *values = draw_values(i, "laws", synth_sampler_draw);
        lab_expect_law(synth_law_name(draws[i].law), values, VALUES, lab_law_cdf, &draws[i]);
        free(values);
    }
}

static double more(double x, void *context)
{
    const struct synth_draw *draw = context;
    if (draw->law == SYNTH_PARETO) // whose tail is long
        return gsl_cdf_pareto_Q(x, draw->shape, draw->mean * (draw->shape - 1) / draw->shape);
    return 1 - lab_law_cdf(x, draw);
}

// What is left of a length at a random moment has the density P(length > x) / mean. It is
// integrated from 0 on, value by value, in steps that at most double x.
struct rest {
    struct synth_draw draw;
    gsl_integration_glfixed_table *table;
    double x, p;
};

static double rest_cdf(double x, const void *context)
{
    struct rest *rest = *(struct rest *const *)context;
    gsl_function function = {more, &rest->draw};
    while (rest->x < x && isfinite(x)) {
        double to = rest->x > 0 ? fmin(x, 2 * rest->x) : x;
        rest->p += gsl_integration_glfixed(&function, rest->x, to, rest->table) / rest->draw.mean;
        rest->x = to;
    }
    return rest->p;
}

static void test_rests(void **state)
{
    (void)state;
    for (size_t i = 0; i < DRAW_COUNT; i++) {
        struct rest rest = {draws[i], gsl_integration_glfixed_table_alloc(4), 0, 0};
        struct rest *context = &rest;
        double *values = draw_values(i, "rests", synth_sampler_rest);
        lab_expect_law(synth_law_name(draws[i].law), values, VALUES, rest_cdf, &context);
        gsl_integration_glfixed_table_free(rest.table);
        free(values);
    }
}

static void test_constant(void **state)
{
    (void)state;
    const struct synth_draw draw = {SYNTH_CONSTANT, 7, 0}, none = {SYNTH_EXPONENTIAL, 0, 0};
    struct synth_sampler sampler;
    struct synth_stream stream;
    double values[2000];
    synth_stream_init(&stream, 1, "constant", 0);
    synth_sampler_init(&sampler, &none);
    assert_true(synth_sampler_draw(&sampler, &stream) == 0);
    assert_true(synth_sampler_rest(&sampler, &stream) == 0);
    synth_sampler_init(&sampler, &draw);
    assert_true(synth_sampler_draw(&sampler, &stream) == 7);
    for (int i = 0; i < 2000; i++)
        values[i] = synth_sampler_rest(&sampler, &stream);
    lab_expect_mean("the rest of a constant", values, 2000, 3.5, 0.1);
}

// ---- Zipf ----

#define SINGLE 32
#define RANGES 16

// Ranks up to `single` one by one, then in ranges that double; P from Hurwitz's zeta function,
// or from sums where the exponent is 1 or less.
static void expect_zipf(double exponent, uint64_t count, uint64_t seed)
{
    uint64_t found[SINGLE + RANGES] = {0};
    double shares[SINGLE + RANGES] = {0};
    struct synth_zipf zipf;
    struct synth_stream stream;
    synth_zipf_init(&zipf, exponent, count);
    synth_stream_init(&stream, seed, "zipf", 0);
    size_t used = 0;
    for (uint64_t rank = 1; rank <= count; rank++) {
        size_t range = SINGLE;
        while (rank > SINGLE && range + 1 < SINGLE + RANGES &&
               rank > (uint64_t)SINGLE << (range - SINGLE + 1))
            range++;
        size_t index = rank <= SINGLE ? (size_t)rank - 1 : range;
        shares[index] += pow((double)rank, -exponent);
        used = index + 1 > used ? index + 1 : used;
    }
    for (int i = 0; i < 200000; i++) {
        uint64_t rank = synth_zipf_draw(&zipf, &stream);
        assert_true(rank >= 1 && rank <= count);
        size_t index = (size_t)rank - 1;
        if (rank > SINGLE) {
            for (index = SINGLE;
                 index + 1 < SINGLE + RANGES && rank > (uint64_t)SINGLE << (index - SINGLE + 1);)
                index++;
        }
        found[index]++;
    }
    if (used > 1)
        lab_expect_shares("zipf", found, shares, used);
}

static void test_zipf(void **state)
{
    (void)state;
    static const double exponents[] = {0.01, 0.5, 0.9, 1 - 1e-12, 1, 1 + 1e-9, 1.2, 1.7};
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        expect_zipf(exponents[i], 1, i);
        expect_zipf(exponents[i], 2, i);
        expect_zipf(exponents[i], 1000, i);
        expect_zipf(exponents[i], 200000, i);
    }
    expect_zipf(5, 3, 1);
}

// So many places that nobody can add them up: with an exponent above 1 the zeta function does.
static void test_zipf_large(void **state)
{
    (void)state;
    uint64_t found[40] = {0};
    double shares[40];
    struct synth_zipf zipf;
    struct synth_stream stream;
    const uint64_t count = UINT64_C(1) << 40;
    const double exponent = 1.05;
    synth_zipf_init(&zipf, exponent, count);
    synth_stream_init(&stream, 1, "zipf", 0);
    for (int i = 0; i < 40; i++)
        shares[i] = gsl_sf_hzeta(exponent, pow(2, i)) - gsl_sf_hzeta(exponent, pow(2, i + 1));
    for (int i = 0; i < 200000; i++) {
        uint64_t rank = synth_zipf_draw(&zipf, &stream);
        int index = 0;
        assert_true(rank >= 1 && rank <= count);
        while (index < 39 && rank >> (index + 1) != 0)
            index++;
        found[index]++;
    }
    lab_expect_shares("zipf of 2^40 places", found, shares, 40);
    synth_zipf_init(&zipf, 10, count);
    for (int i = 0; i < 10000; i++)
        assert_true(synth_zipf_draw(&zipf, &stream) < 100);
}

static void test_scatter(void **state)
{
    (void)state;
    for (uint64_t count = 1; count < 600; count += 1 + count / 40) {
        for (uint64_t key = 0; key < 20; key++) {
            bool taken[600] = {false};
            size_t neighbours = 0;
            for (uint64_t i = 0; i < count; i++) {
                uint64_t place = synth_scatter(i, count, key * UINT64_C(0x123456789abcdef));
                assert_true(place < count && !taken[place]);
                taken[place] = true;
                neighbours += i + 1 < count && synth_scatter(i + 1, count, key) == place + 1;
            }
            assert_true(count < 100 || neighbours < count / 10);
        }
    }
    const uint64_t large = (UINT64_C(1) << 39) + 1;
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(synth_scatter(large - 1 - i, large, i) < large);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_mathematics), cmocka_unit_test(test_edges),
    cmocka_unit_test(test_laws),        cmocka_unit_test(test_rests),
    cmocka_unit_test(test_constant),    cmocka_unit_test(test_zipf),
    cmocka_unit_test(test_zipf_large),  cmocka_unit_test(test_scatter),
};
TEST_GROUP(synth_draws, tests, NULL, NULL);
