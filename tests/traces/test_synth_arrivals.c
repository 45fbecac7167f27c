// SPDX-License-Identifier: GPL-2.0-or-later
// When requests arrive: every process against its theory, from the first second on.
#include "tests/support/test_group.h"
#include "tests/traces/synth_lab.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct synth_draw poisson = {SYNTH_EXPONENTIAL, 1e7, 0}; // 100/s

static struct synth_volume on_off(void)
{
    struct synth_volume volume = lab_volume();
    volume.arrivals = (struct synth_arrivals){
        .process = SYNTH_ON_OFF,
        .gap_ns = {SYNTH_EXPONENTIAL, 2e6, 0},
        .on_ns = {SYNTH_GAMMA, 3e8, 2},
        .off_ns = {SYNTH_WEIBULL, 7e8, 0.8},
    };
    return volume;
}

static struct synth_volume mmpp(void)
{
    struct synth_volume volume = lab_volume();
    volume.arrivals = (struct synth_arrivals){
        .process = SYNTH_MMPP, .states = {{50, 1e9}, {1000, 2.5e8}}, .state_count = 2};
    return volume;
}

static struct synth_volume closed(uint32_t clients)
{
    struct synth_volume volume = lab_volume();
    volume.arrivals = (struct synth_arrivals){
        .process = SYNTH_CLOSED, .clients = clients, .think_ns = {SYNTH_GAMMA, 5e6, 0.5}};
    volume.latency_ns = (struct synth_draw){SYNTH_LOGNORMAL, 3e6, 1};
    return volume;
}

// ---- Renewal ----

static void test_gaps(void **state)
{
    (void)state;
    static const struct synth_draw draws[] = {
        {SYNTH_EXPONENTIAL, 1e7, 0}, {SYNTH_GAMMA, 1e7, 0.4},     {SYNTH_WEIBULL, 1e7, 0.6},
        {SYNTH_PARETO, 1e7, 1.8},    {SYNTH_LOGNORMAL, 1e7, 1.5},
    };
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        struct synth_volume volume = lab_volume();
        volume.arrivals.gap_ns = draws[i];
        struct synth_spec spec = lab_spec(&volume, 1, 300 * SECOND_NS);
        struct lab_requests all = lab_read(&spec);
        double *gaps = malloc(all.count * sizeof *gaps);
        assert_non_null(gaps);
        for (size_t k = 1; k < all.count; k++)
            gaps[k - 1] = (double)(all.items[k].arrival_ns - all.items[k - 1].arrival_ns);
        lab_expect_law(synth_law_name(draws[i].law), gaps, all.count - 1, lab_law_cdf, &draws[i]);
        free(gaps);
        lab_free(&all);
    }
}

// A constant gap that is no whole number of ns: after n of them exactly n gaps have passed.
static void test_fractions(void **state)
{
    (void)state;
    struct synth_volume volume = lab_volume();
    volume.arrivals.gap_ns = (struct synth_draw){SYNTH_CONSTANT, 1e9 / 3, 0};
    struct synth_spec spec = lab_spec(&volume, 1, 100000 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    assert_int_equal(all.count, 300000);
    for (size_t i = 0; i + 3 < all.count; i++) {
        int64_t passed_ns = all.items[i].arrival_ns - all.items[i % 3].arrival_ns;
        assert_in_range(passed_ns - (int64_t)(i / 3) * SECOND_NS + 1, 0, 2);
    }
    lab_free(&all);
}

// ---- Rates ----

// Each of many volumes has the rate in the first second as in the long run: the workload begins in
// the middle of it. Requests of 10 ms and of 1 s are counted.
static void expect_stationary(const char *what, struct synth_volume volume)
{
    size_t volumes, windows;
    volume.count = 20000;
    double rate = synth_volume_rate_per_s(&volume);
    struct synth_spec spec = lab_spec(&volume, 1, SECOND_NS);
    double *counts = lab_counts(&spec, SECOND_NS / 100, &volumes, &windows);
    double *some = malloc(volumes * sizeof *some);
    assert_non_null(some);
    for (size_t first = 0; first <= 90; first += 45) {
        for (size_t v = 0; v < volumes; v++)
            some[v] = counts[v * windows + first];
        lab_expect_mean(what, some, volumes, rate / 100, rate / 100 / 20);
    }
    for (size_t v = 0; v < volumes; v++) {
        some[v] = 0;
        for (size_t window = 0; window < windows; window++)
            some[v] += counts[v * windows + window];
    }
    lab_expect_mean(what, some, volumes, rate, rate / 50);
    free(some);
    free(counts);
}

static void test_stationary(void **state)
{
    (void)state;
    struct synth_volume volume = lab_volume();
    volume.arrivals.gap_ns = poisson;
    expect_stationary("poisson", volume);
    volume.arrivals.gap_ns = (struct synth_draw){SYNTH_CONSTANT, 3.3e7, 0};
    expect_stationary("constant", volume);
    volume.arrivals.gap_ns = (struct synth_draw){SYNTH_WEIBULL, 3e7, 0.5};
    expect_stationary("weibull", volume);
    volume.arrivals.gap_ns = (struct synth_draw){SYNTH_PARETO, 3e7, 1.5};
    expect_stationary("pareto", volume);
    volume = on_off();
    expect_stationary("on-off", volume);
    volume.arrivals.gap_ns = (struct synth_draw){SYNTH_CONSTANT, 1.1e7, 0};
    volume.arrivals.on_ns = (struct synth_draw){SYNTH_PARETO, 2e8, 1.3};
    expect_stationary("on-off with Pareto periods", volume);
    expect_stationary("mmpp", mmpp());
}

// The same over a long time, for what begins at a certain point of itself.
static void expect_rate(const char *what, struct synth_volume volume, double wanted)
{
    size_t volumes, windows;
    volume.count = 100;
    assert_true(fabs(synth_volume_rate_per_s(&volume) / wanted - 1) < 1e-12);
    struct synth_spec spec = lab_spec(&volume, 1, 100 * SECOND_NS);
    double *counts = lab_counts(&spec, 100 * SECOND_NS, &volumes, &windows);
    lab_expect_mean(what, counts, volumes, 100 * wanted, 2 * wanted);
    free(counts);
}

static void test_rates(void **state)
{
    (void)state;
    struct synth_volume volume = lab_volume();
    volume.arrivals.batch_mean = 3.5;
    volume.arrivals.batch_gap_ns = (struct synth_draw){SYNTH_GAMMA, 2e6, 2};
    expect_rate("batches", volume, 350);
    volume = on_off();
    expect_rate("on-off", volume, 150);
    volume = mmpp();
    volume.arrivals.states[2] = (struct synth_state){0, 7.5e8};
    volume.arrivals.state_count = 3;
    expect_rate("mmpp of three states", volume, 150);
}

// ---- Diurnal ----

static void test_diurnal(void **state)
{
    (void)state;
    const struct synth_arrivals arrivals = {
        .process = SYNTH_DIURNAL,
        .rate_per_s = 2000,
        .amplitude = 0.8,
        .period_ns = 20 * SECOND_NS,
        .peak_ns = 7 * SECOND_NS,
    };
    uint64_t found[40] = {0};
    double shares[40];
    struct synth_volume volume = lab_volume();
    volume.arrivals = arrivals;
    struct synth_spec spec = lab_spec(&volume, 1, 200 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    for (size_t i = 0; i < all.count; i++)
        found[all.items[i].arrival_ns % arrivals.period_ns / (SECOND_NS / 2)]++;
    for (int i = 0; i < 40; i++) { // the integral of the rate
        double turn = 2 * acos(-1) / 40, from = (i - 14) * turn;
        shares[i] = turn + 0.8 * (sin(from + turn) - sin(from));
    }
    lab_expect_shares("diurnal", found, shares, 40);
    assert_true(fabs((double)all.count - 4e5) < 4 * sqrt(4e5));
    lab_free(&all);
}

// ---- MMPP ----

#define VOLUMES 100

// Variance of counts over mean of counts, of windows of t, against the theory of two states
// (Fischer and Meier-Hellstern, "The MMPP cookbook", 1993); volume by volume.
static void test_dispersion(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 10, 80}; // in windows of 25 ms
    size_t volumes, windows;
    struct synth_volume volume = mmpp();
    double r1 = 1, r2 = 4, l1 = 50, l2 = 1000, r = r1 + r2; // leaving the states, rates
    volume.count = VOLUMES;
    struct synth_spec spec = lab_spec(&volume, 1, 200 * SECOND_NS);
    double *counts = lab_counts(&spec, SECOND_NS / 40, &volumes, &windows);
    double *sums = calloc(windows, sizeof *sums);
    assert_non_null(sums);
    for (size_t i = 0; i < 3; i++) {
        double t = (double)lengths[i] / 40, dispersions[VOLUMES];
        double mean = t * (l1 * r2 + l2 * r1) / r;
        double more = 2 * (l1 - l2) * (l1 - l2) * r1 * r2 / (r * r * (l1 * r2 + l2 * r1));
        double wanted = 1 + more * (1 - (1 - exp(-r * t)) / (r * t));
        size_t count = windows / lengths[i];
        for (size_t v = 0; v < VOLUMES; v++) {
            double squares = 0; // around the mean, which is known
            memset(sums, 0, windows * sizeof *sums);
            for (size_t w = 0; w < count * lengths[i]; w++)
                sums[w / lengths[i]] += counts[v * windows + w];
            for (size_t w = 0; w < count; w++)
                squares += (sums[w] - mean) * (sums[w] - mean);
            dispersions[v] = squares / (double)count / mean;
        }
        lab_expect_mean("dispersion of mmpp", dispersions, VOLUMES, wanted, wanted / 50);
    }
    free(sums);
    free(counts);
}

// ---- Batches ----

// Far apart, batches can be told: their sizes are geometric, their gaps those asked for.
static void test_batches(void **state)
{
    (void)state;
    uint64_t sizes[30] = {0};
    double shares[30];
    struct synth_volume volume = lab_volume();
    volume.arrivals = (struct synth_arrivals){
        .gap_ns = {SYNTH_CONSTANT, 1e9, 0},
        .batch_mean = 4,
        .batch_gap_ns = {SYNTH_GAMMA, 1e6, 3},
    };
    struct synth_spec spec = lab_spec(&volume, 1, 10000 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    double *gaps = malloc(all.count * sizeof *gaps);
    assert_non_null(gaps);
    size_t gap_count = 0, size = 1;
    for (size_t i = 1; i <= all.count; i++, size++) {
        int64_t gap_ns =
            i < all.count ? all.items[i].arrival_ns - all.items[i - 1].arrival_ns : SECOND_NS;
        if (gap_ns > SECOND_NS / 2) {
            sizes[size < 30 ? size - 1 : 29]++;
            size = 0;
        } else {
            gaps[gap_count++] = (double)gap_ns;
        }
    }
    for (int i = 0; i < 30; i++)
        shares[i] = pow(0.75, i) * (i < 29 ? 0.25 : 1);
    lab_expect_shares("sizes of batches", sizes, shares, 30);
    lab_expect_law("gaps in batches", gaps, gap_count, lab_law_cdf, &volume.arrivals.batch_gap_ns);
    free(gaps);
    lab_free(&all);
}

// ---- Closed ----

static int compare_times(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

#define CLIENTS 8

// Never more in flight than clients; and requests a second times the time of a round is their
// number (Little).
static void test_closed(void **state)
{
    (void)state;
    struct synth_volume volume = closed(CLIENTS);
    struct synth_spec spec = lab_spec(&volume, 1, 500 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    int64_t *ends_ns = malloc(all.count * sizeof *ends_ns);
    double *latencies = malloc(all.count * sizeof *latencies);
    assert_non_null(ends_ns);
    assert_non_null(latencies);
    size_t ended = 0, most = 0;
    for (size_t i = 0; i < all.count; i++) {
        ends_ns[i] = all.items[i].arrival_ns + all.items[i].latency_ns;
        latencies[i] = (double)all.items[i].latency_ns;
    }
    lab_expect_law("latencies", latencies, all.count, lab_law_cdf, &volume.latency_ns);
    qsort(ends_ns, all.count, sizeof *ends_ns, compare_times);
    for (size_t i = 0; i < all.count; i++) {
        while (ends_ns[ended] <= all.items[i].arrival_ns)
            ended++;
        most = i + 1 - ended > most ? i + 1 - ended : most;
    }
    assert_int_equal(most, CLIENTS);
    double round_s = 5e-3 + gsl_stats_mean(latencies, 1, all.count) / 1e9;
    double clients = (double)all.count / 500 * round_s;
    if (fabs(clients / CLIENTS - 1) > 0.01)
        fail_msg("Little's law finds %g clients", clients);
    free(ends_ns);
    free(latencies);
    lab_free(&all);
}

// One that thinks no time is never idle and never early.
static void test_busy(void **state)
{
    (void)state;
    struct synth_volume volume = closed(1);
    volume.arrivals.think_ns.mean = 0;
    struct synth_spec spec = lab_spec(&volume, 1, 10 * SECOND_NS);
    struct lab_requests all = lab_read(&spec);
    assert_true(all.count > 2000);
    assert_true(all.items[0].arrival_ns == 0);
    for (size_t i = 1; i < all.count; i++)
        assert_true(all.items[i].arrival_ns ==
                    all.items[i - 1].arrival_ns + all.items[i - 1].latency_ns);
    lab_free(&all);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_gaps),    cmocka_unit_test(test_fractions),
    cmocka_unit_test(test_rates),   cmocka_unit_test(test_stationary),
    cmocka_unit_test(test_diurnal), cmocka_unit_test(test_dispersion),
    cmocka_unit_test(test_batches), cmocka_unit_test(test_closed),
    cmocka_unit_test(test_busy),
};
TEST_GROUP(synth_arrivals, tests, NULL, NULL);
