// SPDX-License-Identifier: GPL-2.0-or-later
// Bursts that volumes have in common: the correlation is the one asked for, and a single volume
// does not show it.
#include "tests/support/test_group.h"
#include "tests/traces/synth_lab.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define VOLUMES 6
#define RUNS 16

// Windows are far shorter than periods, so that the rate hardly changes within one.
#define WINDOW_NS (SECOND_NS / 20)

static struct synth_volume make_volume(enum synth_process process)
{
    struct synth_volume volume = lab_volume();
    volume.count = VOLUMES;
    volume.arrivals = (struct synth_arrivals){
        .process = process,
        .gap_ns = {SYNTH_EXPONENTIAL, 5e7, 0},
        .on_ns = {SYNTH_PARETO, 1e9, 3},
        .off_ns = {SYNTH_GAMMA, 2e9, 2},
        .states = {{0.4, 2e9}, {4, 1e9}, {20, 1e9}},
        .state_count = 3,
    };
    return volume;
}

// Variance and mean of the momentary rate, in windows of counts.
static void rate_moments(const struct synth_arrivals *arrivals, double *mean, double *variance)
{
    double window_s = (double)WINDOW_NS / 1e9, square = 0, total_ns = 0;
    *mean = 0;
    if (arrivals->process == SYNTH_ON_OFF) {
        *mean = 20 * window_s / 3;
        *variance = 2 * *mean * *mean;
        return;
    }
    for (uint32_t i = 0; i < arrivals->state_count; i++) {
        double count = arrivals->states[i].rate_per_s * window_s;
        *mean += count * arrivals->states[i].mean_ns;
        square += count * count * arrivals->states[i].mean_ns;
        total_ns += arrivals->states[i].mean_ns;
    }
    *mean /= total_ns;
    *variance = square / total_ns - *mean * *mean;
}

// Covariance of all pairs of volumes first <= a < b < second, in units of the rates' variance:
// their means are known.
static double correlate(const double *counts, size_t windows, const double *means,
                        const double *variances, const size_t *pairs, size_t pair_count)
{
    double sum = 0;
    for (size_t p = 0; p < pair_count; p++) {
        size_t a = pairs[2 * p], b = pairs[2 * p + 1];
        double covariance = 0;
        for (size_t w = 0; w < windows; w++)
            covariance +=
                (counts[a * windows + w] - means[a]) * (counts[b * windows + w] - means[b]);
        sum += covariance / (double)windows / sqrt(variances[a] * variances[b]);
    }
    return sum / (double)pair_count;
}

// The correlation is that of pairs of the first entry, or of one volume of each of the two.
static void expect_correlation(struct synth_volume *volumes, bool across, double wanted)
{
    double found[RUNS], means[2 * VOLUMES], variances[2 * VOLUMES];
    size_t pairs[2 * VOLUMES * VOLUMES], pair_count = 0;
    char what[100];
    for (size_t v = 0; v < (across ? 2 * VOLUMES : VOLUMES); v++)
        rate_moments(&volumes[v / VOLUMES].arrivals, &means[v], &variances[v]);
    for (size_t a = 0; a < VOLUMES; a++) {
        for (size_t b = across ? VOLUMES : a + 1; b < (across ? 2 * VOLUMES : VOLUMES); b++) {
            pairs[2 * pair_count] = a;
            pairs[2 * pair_count + 1] = b;
            pair_count++;
        }
    }
    for (uint64_t run = 0; run < RUNS; run++) {
        size_t total, windows;
        struct synth_spec spec = lab_spec(volumes, across ? 2 : 1, 2000 * SECOND_NS);
        spec.seed = run;
        double *counts = lab_counts(&spec, WINDOW_NS, &total, &windows);
        found[run] = correlate(counts, windows, means, variances, pairs, pair_count);
        free(counts);
    }
    snprintf(what, sizeof what, "%s, correlation %g of %s",
             synth_process_name(volumes[0].arrivals.process), wanted,
             across ? "two entries" : "one entry");
    lab_expect_mean(what, found, RUNS, wanted, 0.03);
}

static void test_correlation(void **state)
{
    (void)state;
    static const double correlations[] = {0, 0.2, 0.7, 1};
    for (size_t i = 0; i < 4; i++) {
        for (int process = SYNTH_ON_OFF; process <= SYNTH_MMPP; process++) {
            struct synth_volume volume = make_volume((enum synth_process)process);
            volume.correlation = correlations[i];
            // The windows smooth the rates a little: of two that are the same, 2 to 3 % are lost.
            expect_correlation(&volume, false, correlations[i] * 0.975);
        }
    }
}

// Entries with a name in common, one with a tenth of the rate of the other; or with names of their
// own.
static void test_entries(void **state)
{
    (void)state;
    char together[] = "together", alone[] = "alone";
    struct synth_volume volumes[2] = {make_volume(SYNTH_ON_OFF), make_volume(SYNTH_ON_OFF)};
    volumes[1].name = "w";
    volumes[0].correlation = 0.9;
    volumes[1].correlation = 0.4;
    expect_correlation(volumes, true, 0);
    volumes[0].bursts = volumes[1].bursts = together;
    expect_correlation(volumes, true, 0.6 * 0.975);
    volumes[1].bursts = alone;
    expect_correlation(volumes, true, 0);
}

// Whatever the correlation, a single volume has the rates and the variance of them.
static void test_single(void **state)
{
    (void)state;
    for (int process = SYNTH_ON_OFF; process <= SYNTH_MMPP; process++) {
        double variances[2][RUNS * 4], mean, variance;
        for (size_t i = 0; i < 2; i++) {
            struct synth_volume volume = make_volume((enum synth_process)process);
            volume.count = 1;
            volume.correlation = i == 0 ? 0 : 0.3;
            rate_moments(&volume.arrivals, &mean, &variance);
            struct synth_spec spec = lab_spec(&volume, 1, 2000 * SECOND_NS);
            for (uint64_t run = 0; run < RUNS * 4; run++) {
                size_t volumes, windows;
                spec.seed = 100 + run;
                double *counts = lab_counts(&spec, WINDOW_NS, &volumes, &windows);
                variances[i][run] = gsl_stats_variance_m(counts, 1, windows, mean) - mean;
                free(counts);
            }
            lab_expect_mean("variance of one volume", variances[i], RUNS * 4, variance * 0.975,
                            variance / 50);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_correlation),
    cmocka_unit_test(test_entries),
    cmocka_unit_test(test_single),
};
TEST_GROUP(synth_bursts, tests, NULL, NULL);
