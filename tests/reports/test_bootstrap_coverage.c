// SPDX-License-Identifier: GPL-2.0-or-later
// The law that a 95 % interval holds the truth about 95 times in 100, where the truth is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/bootstrap.h"
#include "reports/quantile.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#define MOST 4000
#define RESAMPLES 200

struct data {
    int64_t wait[2][MOST], total[2][MOST];
    size_t count;
};

static struct bootstrap_series series_of(const struct data *data)
{
    return (struct bootstrap_series){
        .wait_ns = {data->wait[0], data->wait[1]},
        .total_ns = {data->total[0], data->total[1]},
        .count = data->count,
    };
}

// A waits exponentially with mean 1, or each request takes over a part of the one before
// (correlated); B is 1.5 times as slow, and drawn for itself.
static void draw_law(gsl_rng *rng, struct data *data, double kept)
{
    double last[2] = {0, 0};

    for (size_t i = 0; i < data->count; i++) {
        for (int side = 0; side < 2; side++) {
            // Of a stationary chain with exponential marginals (Gaver and Lewis' EAR(1)).
            double fresh = gsl_ran_exponential(rng, 1);

            if (i == 0)
                last[side] = fresh;
            else
                last[side] = kept * last[side] + (gsl_rng_uniform(rng) < kept ? 0 : fresh);
            data->wait[side][i] = (int64_t)(1e6 * (side == 0 ? 1 : 1.5) * last[side]);
            data->total[side][i] = data->wait[side][i] + 500000;
        }
    }
}

typedef void draw_function(gsl_rng *rng, struct data *data, double parameter);

enum { ESTIMATES = 4 }; // changes of p50, p90, p99 and the mean of the total latency

static double estimate_of(const struct data *data, size_t e)
{
    static const unsigned percents[] = {50, 90, 99};
    double values[2] = {0, 0};

    for (int side = 0; side < 2; side++) {
        const int64_t *totals = data->total[side];

        if (e < 3)
            values[side] = (double)quantile_select(totals, data->count,
                                                   quantile_rank(data->count, percents[e]));
        for (size_t i = 0; e == 3 && i < data->count; i++)
            values[side] += (double)totals[i] / (double)data->count;
    }
    return values[1] - values[0];
}

static struct bootstrap_interval interval_of(const struct bootstrap_result *result, size_t e)
{
    return e < 3 ? result->quantiles[BOOTSTRAP_TOTAL][e] : result->mean[BOOTSTRAP_TOTAL];
}

// Of all series that are drawn the intervals hold the truth, if it is known (not NAN), in a share
// of `least` to `most`.
static void check_coverage(draw_function *draw, double parameter, const double truths[ESTIMATES],
                           double least, double most)
{
    static struct data data;
    const int rounds = 200;
    int held[ESTIMATES] = {0}, given[ESTIMATES] = {0};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, 17);
    data.count = MOST;
    for (int round = 0; round < rounds; round++) {
        const struct bootstrap_config config = {(uint32_t)round + 1, RESAMPLES, BOOTSTRAP_MOST};
        struct bootstrap_result result;

        draw(rng, &data, parameter);
        const struct bootstrap_series series = series_of(&data);

        assert_true(bootstrap_run(&series, &config, &result));
        for (size_t e = 0; e < ESTIMATES; e++) {
            struct bootstrap_interval found = interval_of(&result, e);
            double distance = truths[e] - estimate_of(&data, e);

            given[e] += !isnan(found.low);
            held[e] += found.low <= distance && found.high >= distance;
        }
    }
    for (size_t e = 0; e < ESTIMATES; e++) {
        if (isnan(truths[e]))
            continue;
        print_message("%.1f, estimate %zu: %.3f of %d\n", parameter, e, held[e] / (double)given[e],
                      given[e]);
        assert_true(given[e] >= rounds * 9 / 10);
        assert_true(held[e] >= least * given[e]);
        assert_true(held[e] <= most * given[e]);
    }
    gsl_rng_free(rng);
}

// Of Exp(1): the change is half of A's quantile, and of the mean.
static void check_law(double kept, double least, double most)
{
    const double truths[] = {0.5e6 * log(2), 0.5e6 * log(10), 0.5e6 * log(100), 0.5e6};

    check_coverage(draw_law, kept, truths, least, most);
}

static void test_coverage(void **state)
{
    (void)state;
    check_law(0, 0.91, 0.985);
}

// With neighbours alike the blocks carry the dependence; drawn one by one it would be 80 % here.
static void test_coverage_of_dependent_requests(void **state)
{
    (void)state;
    check_law(0.4, 0.88, 0.985);
}

// A queue as a limit makes it: requests come at random, one a millisecond, and each takes
// `load` ms in A, and 0.1 ms less in B.
static void draw_queue(gsl_rng *rng, struct data *data, double load)
{
    double waits[2] = {0, 0};

    for (size_t i = 0; i < 2000 + data->count; i++) { // the first 2000: until it has forgotten
        double gap = gsl_ran_exponential(rng, 1);

        for (int side = 0; side < 2; side++) {
            waits[side] = fmax(0, waits[side] + load - 0.1 * side - gap);
            if (i < 2000)
                continue;
            data->wait[side][i - 2000] = (int64_t)(1e6 * waits[side]);
            data->total[side][i - 2000] = data->wait[side][i - 2000] + 500000;
        }
    }
}

// Whole busy periods wait together. In blocks of (2 n)^(1/3) it would be 66 %. The mean wait is
// known: load^2 / (2 (1 - load)) (Pollaczek, Khinchine).
static void test_coverage_of_a_queue(void **state)
{
    const double truths[] = {NAN, NAN, NAN, 1e6 * (0.49 / 0.6 - 0.64 / 0.4)};

    (void)state;
    check_coverage(draw_queue, 0.8, truths, 0.84, 0.99);
}

// Two long waves: what looks like thousands of requests is two, and nobody can say.
static void test_too_few_bursts(void **state)
{
    static struct data data;
    const struct bootstrap_config config = {1, RESAMPLES, BOOTSTRAP_MOST};
    struct bootstrap_result result;

    (void)state;
    data.count = MOST;
    for (size_t i = 0; i < data.count; i++) {
        for (int side = 0; side < 2; side++) {
            data.wait[side][i] = (int64_t)((i % 2000) * (i % 2000)) * (side + 1);
            data.total[side][i] = data.wait[side][i] + 500000;
        }
    }
    const struct bootstrap_series series = series_of(&data);

    assert_true(bootstrap_inflation(&series) > 200);
    assert_true(bootstrap_run(&series, &config, &result));
    for (size_t e = 0; e < ESTIMATES; e++)
        assert_true(isnan(interval_of(&result, e).low));
}

// Of a long series in which neighbours are alike, one in so many tells nearly as much.
static void test_part_of_an_even_series(void **state)
{
    static struct data data;
    struct bootstrap_config config = {1, RESAMPLES, BOOTSTRAP_MOST};
    struct bootstrap_result whole, part;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    (void)state;
    data.count = MOST;
    draw_queue(rng, &data, 0.8);
    const struct bootstrap_series series = series_of(&data);

    assert_true(bootstrap_run(&series, &config, &whole));
    config.most = 1500;
    assert_true(bootstrap_run(&series, &config, &part));
    double ratio =
        (part.mean[0].high - part.mean[0].low) / (whole.mean[0].high - whole.mean[0].low);

    assert_true(ratio > 0.8 && ratio < 1.25);
    gsl_rng_free(rng);
}

// A part of a long series gives intervals about as wide as all of it.
static void test_part_of_a_long_series(void **state)
{
    static struct data data;
    struct bootstrap_config config = {1, RESAMPLES, BOOTSTRAP_MOST};
    struct bootstrap_result whole, part;
    size_t seen = 0;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    (void)state;
    data.count = MOST;
    draw_law(rng, &data, 0.4);
    const struct bootstrap_series series = series_of(&data);

    assert_true(bootstrap_run(&series, &config, &whole));
    config.most = 1200;
    assert_true(bootstrap_run(&series, &config, &part));
    for (size_t e = 0; e < ESTIMATES; e++) {
        struct bootstrap_interval long_one = interval_of(&whole, e), other = interval_of(&part, e);
        double ratio = (other.high - other.low) / (long_one.high - long_one.low);

        if (isnan(ratio)) // p99 of the part
            continue;
        seen++;
        assert_true(ratio > 0.7 && ratio < 1.4);
        assert_true(other.low < 0 && other.high > 0);
    }
    assert_int_equal(seen, 3);
    gsl_rng_free(rng);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_coverage_of_dependent_requests),
        cmocka_unit_test(test_coverage_of_a_queue),
        cmocka_unit_test(test_too_few_bursts),
        cmocka_unit_test(test_part_of_an_even_series),
        cmocka_unit_test(test_part_of_a_long_series),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
