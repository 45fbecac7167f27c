// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/traces/synth_lab.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

struct synth_kind lab_kind(enum trace_op op)
{
    return (struct synth_kind){
        .op = op,
        .weight = 1,
        .sizes = {{op == TRACE_FLUSH ? 0 : 4096, 1}},
        .size_count = 1,
        .span = 1u << 30,
        .align = 4096,
    };
}

struct synth_volume lab_volume(void)
{
    return (struct synth_volume){
        .name = "v",
        .count = 1,
        .arrivals.gap_ns = {SYNTH_EXPONENTIAL, 1e7, 0},
        .kinds = {lab_kind(TRACE_READ)},
        .kind_count = 1,
    };
}

struct synth_spec lab_spec(struct synth_volume *volumes, size_t count, int64_t duration_ns)
{
    return (struct synth_spec){
        .seed = 1, .duration_ns = duration_ns, .volumes = volumes, .volume_count = count};
}

struct lab_requests lab_read(const struct synth_spec *spec)
{
    struct trace_error error = {{0}};
    struct lab_requests all = {0};
    size_t capacity = 1024;
    all.items = malloc(capacity * sizeof *all.items);
    struct synth *synth = synth_open(spec, &error);
    assert_string_equal(error.message, "");
    assert_non_null(synth);
    while (synth_read(synth, &all.items[all.count], &error) == TRACE_REQUEST) {
        if (++all.count < capacity)
            continue;
        capacity *= 2;
        all.items = realloc(all.items, capacity * sizeof *all.items);
        assert_non_null(all.items);
    }
    synth_close(synth);
    return all;
}

struct lab_requests lab_select(const struct lab_requests *all, uint32_t volume)
{
    struct lab_requests some = {malloc((all->count + 1) * sizeof *some.items), 0};
    assert_non_null(some.items);
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].volume == volume)
            some.items[some.count++] = all->items[i];
    }
    return some;
}

void lab_free(struct lab_requests *requests)
{
    free(requests->items);
    *requests = (struct lab_requests){0};
}

double *lab_counts(const struct synth_spec *spec, int64_t window_ns, size_t *volumes,
                   size_t *windows)
{
    struct trace_error error;
    struct trace_request request;
    struct synth *synth = synth_open(spec, &error);
    assert_non_null(synth);
    *volumes = synth_volume_total(synth);
    *windows = (size_t)(spec->duration_ns / window_ns);
    double *counts = calloc(*volumes * *windows, sizeof *counts);
    assert_non_null(counts);
    while (synth_read(synth, &request, &error) == TRACE_REQUEST) {
        size_t window = (size_t)(request.arrival_ns / window_ns);
        assert_true(window < *windows);
        counts[request.volume * *windows + window]++;
    }
    synth_close(synth);
    return counts;
}

double lab_law_cdf(double x, const void *context)
{
    const struct synth_draw *draw = context;
    double shape = draw->shape, mean = draw->mean;
    switch (draw->law) {
    case SYNTH_EXPONENTIAL:
        return gsl_cdf_exponential_P(x, mean);
    case SYNTH_GAMMA:
        return gsl_cdf_gamma_P(x, shape, mean / shape);
    case SYNTH_WEIBULL:
        return gsl_cdf_weibull_P(x, mean / gsl_sf_gamma(1 + 1 / shape), shape);
    case SYNTH_PARETO:
        return gsl_cdf_pareto_P(x, shape, mean * (shape - 1) / shape);
    case SYNTH_LOGNORMAL:
        return gsl_cdf_lognormal_P(x, log(mean) - shape * shape / 2, shape);
    default:
        return x >= mean;
    }
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void lab_expect_law(const char *what, double *values, size_t count, lab_cdf *cdf,
                    const void *context)
{
    double n = (double)count, distance = 0;
    assert_true(count >= 1000);
    qsort(values, count, sizeof *values, compare_doubles);
    for (size_t i = 0; i < count; i++) {
        double p = cdf(values[i], context);
        distance = fmax(distance, fmax(p - (double)i / n, (double)(i + 1) / n - p));
    }
    // Kolmogorov's distribution is 0.999 there.
    if (sqrt(n) * distance > 1.9495)
        fail_msg("%s: distance %g of %zu values, sqrt(n) D = %g", what, distance, count,
                 sqrt(n) * distance);
}

void lab_expect_shares(const char *what, const uint64_t *found, const double *shares, size_t count)
{
    double total = 0, sum = 0, square = 0;
    double rest = 1; // share of the things that are not in a group yet
    size_t groups = 0;
    for (size_t i = 0; i < count; i++) {
        total += (double)found[i];
        sum += shares[i];
    }
    for (size_t i = 0; i < count;) {
        double group_found = 0, group_share = 0;
        while (i < count && (group_share * total < 10 || rest * total < 10)) {
            group_found += (double)found[i];
            group_share += shares[i] / sum;
            rest -= shares[i] / sum;
            i++;
        }
        double expected = total * group_share;
        square += (group_found - expected) * (group_found - expected) / expected;
        groups++;
    }
    double p = gsl_cdf_chisq_Q(square, (double)groups - 1);
    if (groups < 2 || p < 0.001)
        fail_msg("%s: chi-square %g of %zu groups: p = %g", what, square, groups, p);
}

void lab_expect_mean(const char *what, const double *values, size_t count, double wanted,
                     double sure)
{
    double mean = gsl_stats_mean(values, 1, count);
    double error = gsl_stats_sd(values, 1, count) / sqrt((double)count);
    if (!(fabs(mean - wanted) <= 4 * error) || !(error <= sure))
        fail_msg("%s: %g +- %g, wanted %g within 4 of at most %g", what, mean, error, wanted, sure);
}
