// SPDX-License-Identifier: GPL-2.0-or-later
// The bootstrap beside one that writes out and sorts every resample.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/bootstrap.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4000
#define RESAMPLES 400

#define GOLDEN_LOW (-38940)
#define GOLDEN_HIGH 10376

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

static int compare_integers(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static int compare_doubles(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

// What the requests at places[0..count) say of p50, p90, p99 of total and wait, their means, and
// the share: changes from A to B.
static void model_estimate(const struct data *data, const size_t *places, size_t count,
                           double estimates[9])
{
    static const size_t percents[] = {50, 90, 99};
    double sums[2][3] = {{0, 0, 0}, {0, 0, 0}}, quantiles[2][6];
    size_t known = 0;

    for (int side = 0; side < 2; side++) {
        static int64_t sorted[MOST];

        for (size_t c = 0; c < 2; c++) {
            known = 0;
            for (size_t i = 0; i < count; i++) {
                int64_t total = data->total[side][places[i]], wait = data->wait[side][places[i]];

                sums[side][2] += c == 0 && total >= 0 ? (double)wait : 0;
                if (c == 1 || total >= 0)
                    sorted[known++] = c == 0 ? total : wait;
            }
            qsort(sorted, known, sizeof *sorted, compare_integers);
            for (size_t i = 0; i < known; i++)
                sums[side][c] += (double)sorted[i];
            for (size_t q = 0; q < 3; q++) {
                size_t rank = (known * percents[q] + 99) / 100;

                quantiles[side][3 * c + q] = (double)sorted[rank > 0 ? rank - 1 : 0];
            }
            if (c == 0)
                estimates[6] = known > 0 ? (double)known : NAN;
        }
    }
    for (size_t e = 0; e < 6; e++)
        estimates[e] = quantiles[1][e] - quantiles[0][e];
    estimates[6] = (sums[1][0] - sums[0][0]) / estimates[6];
    estimates[7] = (sums[1][1] - sums[0][1]) / (double)count;
    estimates[8] = sums[1][2] / sums[1][0] - sums[0][2] / sums[0][0];
}

// The variance of the mean by its definition, from the means of blocks of this length.
static double model_variance(const double *values, size_t count, size_t block)
{
    size_t blocks = count / block;
    double mean = 0, squares = 0;

    for (size_t i = 0; i < blocks * block; i++)
        mean += values[i] / (double)(blocks * block);
    for (size_t i = 0; i < blocks; i++) {
        double sum = 0;

        for (size_t k = 0; k < block; k++)
            sum += values[i * block + k];
        squares += pow(sum / (double)block - mean, 2);
    }
    return squares / (double)(blocks - 1) / (double)blocks;
}

static double model_inflation(const struct data *data)
{
    static double values[MOST];
    double most = 1;

    for (int column = 0; column < 4; column++) {
        const int64_t *from = column < 2 ? data->wait[column] : data->total[column - 2];
        size_t count = 0, block = 1;
        double found = 1;

        for (size_t i = 0; i < data->count; i++) {
            if (from[i] != BOOTSTRAP_UNKNOWN)
                values[count++] = (double)from[i];
        }
        for (; count / block >= 4; block *= 2) {
            found = model_variance(values, count, block) / model_variance(values, count, 1);
            if (pow((double)block, 3) >= 2 * (double)count * found * found)
                break;
        }
        most = fmax(most, found);
    }
    return most;
}

// Draws as documented: the place of each block from mt19937, the last block cut to length.
static void model_run(const struct data *data, uint32_t seed, struct bootstrap_interval out[9])
{
    static double values[9][RESAMPLES];
    static size_t places[MOST];
    double here[9], drawn[9];
    double inflation = model_inflation(data);
    size_t block = (size_t)ceil(cbrt(2 * (double)data->count * inflation * inflation));
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    if (block > data->count / 8)
        block = data->count / 8;
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < data->count; i++)
        places[i] = i;
    model_estimate(data, places, data->count, here);
    for (size_t r = 0; r < RESAMPLES; r++) {
        for (size_t i = 0; i < data->count;) {
            size_t first = gsl_rng_uniform_int(rng, data->count);

            for (size_t k = 0; k < block && i < data->count; k++)
                places[i++] = (first + k) % data->count;
        }
        model_estimate(data, places, data->count, drawn);
        for (size_t e = 0; e < 9; e++)
            values[e][r] = drawn[e];
    }
    for (size_t e = 0; e < 9; e++) {
        qsort(values[e], RESAMPLES, sizeof(double), compare_doubles);
        out[e] = (struct bootstrap_interval){values[e][RESAMPLES / 40] - here[e],
                                             values[e][RESAMPLES - 1 - RESAMPLES / 40] - here[e]};
    }
    gsl_rng_free(rng);
}

// Many equal values, some unknown.
static void draw_data(gsl_rng *rng, struct data *data, size_t count)
{
    double scale = pow(10, 6 * gsl_rng_uniform(rng));

    data->count = count;
    for (size_t i = 0; i < count; i++) {
        bool unknown = gsl_rng_uniform_int(rng, 20) == 0;

        for (int side = 0; side < 2; side++) {
            double wait = gsl_ran_exponential(rng, (1 + 0.3 * side) * scale);

            data->wait[side][i] = gsl_rng_uniform(rng) < 0.3 ? 0 : (int64_t)wait;
            data->total[side][i] =
                unknown ? BOOTSTRAP_UNKNOWN
                        : data->wait[side][i] + (int64_t)gsl_ran_exponential(rng, scale / 2);
        }
    }
}

static struct bootstrap_interval interval_of(const struct bootstrap_result *result, size_t e)
{
    if (e < 6)
        return result->quantiles[e / 3][e % 3];
    return e < 8 ? result->mean[e - 6] : result->wait_share;
}

static void test_beside_the_model(void **state)
{
    static struct data data;
    static const size_t counts[] = {31, 64, 101, 200, 500, 1063, 2000, 4000};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const struct bootstrap_config config = {(uint32_t)i + 7, RESAMPLES, BOOTSTRAP_MOST};
        struct bootstrap_interval wanted[9];
        struct bootstrap_result result;
        size_t seen = 0;

        draw_data(rng, &data, counts[i]);
        const struct bootstrap_series series = series_of(&data);

        assert_true(bootstrap_run(&series, &config, &result));
        model_run(&data, config.seed, wanted);
        for (size_t e = 0; e < 9; e++) {
            struct bootstrap_interval found = interval_of(&result, e);
            double exact = e < 6 ? 0 : 1e-9 * (fabs(wanted[e].low) + fabs(wanted[e].high));

            if (isnan(found.low))
                continue;
            assert_true(fabs(found.low - wanted[e].low) <= exact);
            assert_true(fabs(found.high - wanted[e].high) <= exact);
            seen++;
        }
        // p50 takes 30 independent requests, p90 100, p99 1000, of those with a latency.
        assert_true(seen >= (counts[i] >= 2000  ? 9
                             : counts[i] >= 500 ? 7
                             : counts[i] >= 64  ? 5
                                                : 0));
    }
    gsl_rng_free(rng);
}

static void test_equal_runs(void **state)
{
    static struct data data;
    const struct bootstrap_config config = {1, RESAMPLES, BOOTSTRAP_MOST};
    struct bootstrap_result result;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    (void)state;
    draw_data(rng, &data, 2000);
    memcpy(data.wait[1], data.wait[0], sizeof data.wait[0]);
    memcpy(data.total[1], data.total[0], sizeof data.total[0]);
    const struct bootstrap_series series = series_of(&data);

    assert_true(bootstrap_run(&series, &config, &result));
    for (size_t e = 0; e < 9; e++) {
        assert_true(interval_of(&result, e).low == 0);
        assert_true(interval_of(&result, e).high == 0);
    }
    gsl_rng_free(rng);
}

// Numbers from elsewhere: another compiler or machine must find the same.
static void test_same_everywhere(void **state)
{
    static struct data data;
    const struct bootstrap_config config = {1, RESAMPLES, BOOTSTRAP_MOST};
    const struct bootstrap_config other = {2, RESAMPLES, BOOTSTRAP_MOST};
    struct bootstrap_result result, again;
    uint32_t number = 1;

    (void)state;
    data.count = 2000;
    for (size_t i = 0; i < data.count; i++) {
        for (int side = 0; side < 2; side++) {
            number = number * 69069 + 1;
            data.wait[side][i] = number >> 12;
            data.total[side][i] = data.wait[side][i] + (number & 0xffff);
        }
    }
    const struct bootstrap_series series = series_of(&data);

    assert_true(bootstrap_run(&series, &config, &result));
    assert_true(bootstrap_run(&series, &config, &again));
    assert_memory_equal(&result, &again, sizeof result);
    assert_int_equal((int64_t)result.quantiles[0][0].low, GOLDEN_LOW);
    assert_int_equal((int64_t)result.quantiles[0][2].high, GOLDEN_HIGH);
    assert_true(bootstrap_run(&series, &other, &again));
    assert_memory_not_equal(&result, &again, sizeof result);
}

static void test_infinite_and_few(void **state)
{
    static struct data data;
    const struct bootstrap_config config = {1, RESAMPLES, BOOTSTRAP_MOST};
    struct bootstrap_result result;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    (void)state;
    draw_data(rng, &data, 2000);
    for (size_t i = 0; i < 2000; i += 67) {
        data.total[0][i] = data.wait[0][i];
        data.wait[1][i] = data.total[1][i] = BOOTSTRAP_NEVER;
    }
    struct bootstrap_series series = series_of(&data);

    assert_true(bootstrap_run(&series, &config, &result));
    assert_true(isfinite(result.quantiles[0][0].high)); // 1.5 % never end: not at p50,
    assert_true(isnan(result.quantiles[0][2].low));     // but p99 is infinite
    assert_true(isnan(result.mean[0].low));
    assert_true(isnan(result.wait_share.low));
    series.count = BOOTSTRAP_LEAST - 1;
    assert_true(bootstrap_run(&series, &config, &result));
    for (size_t e = 0; e < 9; e++)
        assert_true(isnan(interval_of(&result, e).low));
    gsl_rng_free(rng);
}

static void test_blocks(void **state)
{
    static const double inflations[] = {1, 1.5, 20, 1000};

    (void)state;
    for (size_t count = 0; count < 100000; count += 77) {
        for (size_t i = 0; i < sizeof inflations / sizeof inflations[0]; i++) {
            double block = (double)bootstrap_block(count, inflations[i]);
            double least = 2 * (double)count * inflations[i] * inflations[i];
            double most = fmax(1, (double)(count / BOOTSTRAP_BLOCKS));

            assert_true(block >= 1 && block <= most);
            assert_true(pow(block, 3) >= least || block >= most);
            assert_true(block <= 1 || pow(block - 1, 3) < least);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beside_the_model), cmocka_unit_test(test_equal_runs),
        cmocka_unit_test(test_same_everywhere),  cmocka_unit_test(test_infinite_and_few),
        cmocka_unit_test(test_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
