// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/law.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

static bool next_in(const struct report_histogram *histogram, int64_t low_ns, int64_t high_ns,
                    size_t *position, struct report_histogram_range *range)
{
    while (report_histogram_next(histogram, position, range)) {
        if (range->high_ns > high_ns)
            return false;
        if (range->low_ns >= low_ns)
            return true;
    }
    return false;
}

void fit_points_take(struct fit_points *points, const struct report_histogram *histogram,
                     int64_t low_ns, int64_t high_ns, int64_t resolution_ns)
{
    struct report_histogram_range range;
    size_t position = 0;
    double sum = 0, half_tick = 0.5 * (double)resolution_ns;
    points->total = points->count = 0;
    while (next_in(histogram, low_ns, high_ns, &position, &range)) {
        points->total += range.count;
        sum += ((double)range.low_ns / 2 + (double)range.high_ns / 2) * (double)range.count;
    }
    points->mean = points->total == 0 ? 0 : sum / (double)points->total;
    uint64_t seen = 0, step = points->total / (FIT_POINTS_MAX - 2) + 1, due = 0;
    for (position = 0; next_in(histogram, low_ns, high_ns, &position, &range);) {
        seen += range.count;
        if (seen < due && seen < points->total)
            continue;
        points->edge[points->count] = (double)range.high_ns + half_tick;
        points->share[points->count++] = (double)seen / (double)points->total;
        due = seen + step;
    }
}

// How many of the values are in the bucket at *position, if it is the one that comes next.
static uint64_t take_bucket(const struct report_histogram_range *range, bool *is_there, int64_t low,
                            const struct report_histogram *histogram, size_t *position,
                            struct report_histogram_range *next)
{
    if (!*is_there || range->low_ns != low)
        return 0;
    uint64_t count = range->count;
    *is_there = report_histogram_next(histogram, position, next);
    return count;
}

double fit_histogram_distance(const struct report_histogram *left,
                              const struct report_histogram *right)
{
    struct report_histogram_range a, b;
    size_t at_a = 0, at_b = 0;
    bool has_a = report_histogram_next(left, &at_a, &a);
    bool has_b = report_histogram_next(right, &at_b, &b);
    uint64_t seen_a = 0, seen_b = 0;
    double distance = 0;
    if (!has_a || !has_b)
        return has_a == has_b ? 0 : 1;
    while (has_a && has_b) {
        int64_t low = a.low_ns < b.low_ns ? a.low_ns : b.low_ns;
        seen_a += take_bucket(&a, &has_a, low, left, &at_a, &a);
        seen_b += take_bucket(&b, &has_b, low, right, &at_b, &b);
        distance = fmax(distance, fabs((double)seen_a / (double)left->count -
                                       (double)seen_b / (double)right->count));
    }
    return distance;
}

// ---- Laws ----

#define SHAPE_STEPS 24
#define CONSTANT_VARIATION 0.02

static const struct shape_range {
    double least;
    double most;
} shape_ranges[SYNTH_LAW_COUNT] = {
    [SYNTH_GAMMA] = {0.02, 500},
    [SYNTH_WEIBULL] = {0.15, 20},
    [SYNTH_PARETO] = {1.05, 50},
    [SYNTH_LOGNORMAL] = {0.02, 4},
};

double fit_round(double value)
{
    if (!(fabs(value) > 0) || !isfinite(value))
        return 0;
    double scale = pow(10, 3 - floor(log10(fabs(value))));
    // Powers of ten are exact where they are whole, so that the quotient is the nearest double.
    return scale >= 1 ? round(value * scale) / scale : round(value * scale) * round(1 / scale);
}

double fit_law_share(const struct synth_draw *draw, double x)
{
    double mean = draw->mean, shape = draw->shape;
    if (x <= 0)
        return 0;
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
    case SYNTH_CONSTANT:
    case SYNTH_LAW_COUNT:
        break;
    }
    return x >= mean;
}

double fit_law_distance(const struct synth_draw *draw, const struct fit_points *points)
{
    double distance = 0;
    for (size_t i = 0; i < points->count; i++)
        distance = fmax(distance, fabs(fit_law_share(draw, points->edge[i]) - points->share[i]));
    return distance;
}

static double shape_cost(uint64_t sample)
{
    return 0.002 + 0.3 / sqrt((double)sample + 1);
}

// ---- By the least mean square distance ----

struct shape_search {
    const struct fit_points *points;
    struct synth_draw draw;
};

static double square_distance(double log_shape, void *context)
{
    struct shape_search *search = context;
    const struct fit_points *points = search->points;
    double sum = 0, before = 0;
    search->draw.shape = exp(log_shape);
    for (size_t i = 0; i < points->count; i++) {
        double off = fit_law_share(&search->draw, points->edge[i]) - points->share[i];
        sum += off * off * (points->share[i] - before);
        before = points->share[i];
    }
    return isfinite(sum) ? sum : 1;
}

static void refine(struct shape_search *search, double low, double middle, double high)
{
    gsl_function function = {square_distance, search};
    gsl_min_fminimizer *minimizer = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    double best = middle;
    if (minimizer != NULL &&
        gsl_min_fminimizer_set(minimizer, &function, middle, low, high) == GSL_SUCCESS) {
        for (int i = 0; i < 40 && gsl_min_fminimizer_iterate(minimizer) == GSL_SUCCESS; i++) {
            if (gsl_min_fminimizer_x_upper(minimizer) - gsl_min_fminimizer_x_lower(minimizer) <
                1e-6)
                break;
        }
        best = gsl_min_fminimizer_x_minimum(minimizer);
    }
    search->draw.shape = exp(best);
    gsl_min_fminimizer_free(minimizer);
}

static struct synth_draw with_shape(enum synth_law law, const struct fit_points *points)
{
    struct shape_search search = {points, {.law = law, .mean = points->mean}};
    double low = log(shape_ranges[law].least), high = log(shape_ranges[law].most);
    double step = (high - low) / SHAPE_STEPS, least = INFINITY;
    int best = 0;
    for (int i = 0; i <= SHAPE_STEPS; i++) {
        double off = square_distance(low + step * i, &search);
        if (off < least) {
            least = off;
            best = i;
        }
    }
    if (best > 0 && best < SHAPE_STEPS)
        refine(&search, low + step * (best - 1), low + step * best, low + step * (best + 1));
    else
        search.draw.shape = exp(low + step * best);
    return search.draw;
}

struct synth_draw fit_law_nearest(const struct fit_points *points)
{
    static const enum synth_law shaped[] = {SYNTH_GAMMA, SYNTH_WEIBULL, SYNTH_LOGNORMAL};
    struct synth_draw best = {.law = SYNTH_CONSTANT, .mean = points->mean};
    if (points->total < 2 || !(points->mean > 0))
        return best;
    double least = fit_law_distance(&best, points);
    struct synth_draw draw = {.law = SYNTH_EXPONENTIAL, .mean = points->mean};
    double distance = fit_law_distance(&draw, points);
    if (distance < least) {
        least = distance;
        best = draw;
    }
    if (least < 0.002)
        return best;
    double gain = best.law == SYNTH_CONSTANT ? 0 : shape_cost(points->total);
    for (size_t i = 0; i < sizeof shaped / sizeof shaped[0]; i++) {
        draw = with_shape(shaped[i], points);
        distance = fit_law_distance(&draw, points) + gain;
        if (distance < least) {
            least = distance;
            best = draw;
        }
    }
    return best;
}

// ---- By likelihood ----

void fit_sums_add(struct fit_sums *sums, double value)
{
    double logarithm = log(value);
    sums->min = sums->count == 0 || value < sums->min ? value : sums->min;
    sums->count++;
    sums->sum += value;
    sums->squares += value * value;
    sums->logs += logarithm;
    sums->log_squares += logarithm * logarithm;
}

// log k - psi(k) = log_ratio, which is how far the mean logarithm is below that of the mean.
// Newton's steps from Minka's approximation.
static double gamma_shape(double log_ratio)
{
    double k = (3 - log_ratio + sqrt((log_ratio - 3) * (log_ratio - 3) + 24 * log_ratio)) /
               (12 * log_ratio);
    for (int i = 0; i < 5; i++) {
        double next = k - (log(k) - gsl_sf_psi(k) - log_ratio) / (1 / k - gsl_sf_psi_1(k));
        if (!(next > 0) || !isfinite(next))
            break;
        k = next;
    }
    return k;
}

static bool in_range(const struct synth_draw *draw)
{
    const struct shape_range *range = &shape_ranges[draw->law];
    return draw->shape >= range->least && draw->shape <= range->most;
}

static void offer(struct synth_draw *best, double *most, struct synth_draw draw, double likelihood)
{
    if (in_range(&draw) && likelihood > *most) {
        *most = likelihood;
        *best = draw;
    }
}

struct synth_draw fit_sums_law(const struct fit_sums *sums)
{
    double n = (double)sums->count, mean = sums->sum / n, log_mean = sums->logs / n;
    struct synth_draw best = {.law = SYNTH_CONSTANT, .mean = sums->count == 0 ? 0 : mean};
    double variance = sums->count == 0 ? 0 : sums->squares / n - mean * mean;
    if (sums->count < 3 || variance < pow(CONSTANT_VARIATION * mean, 2))
        return best;
    double most = -n * (log(mean) + 1), cost = log(n) / 2;
    best.law = SYNTH_EXPONENTIAL;
    double log_ratio = log(mean) - log_mean,
           log_variance = sums->log_squares / n - log_mean * log_mean;
    if (!(log_ratio > 1e-9) || !(log_variance > 1e-9))
        return best;
    double k = gamma_shape(log_ratio);
    offer(&best, &most, (struct synth_draw){SYNTH_GAMMA, mean, k},
          n * ((k - 1) * log_mean - k * log(mean / k) - gsl_sf_lngamma(k) - k) - cost);
    offer(
        &best, &most,
        (struct synth_draw){SYNTH_LOGNORMAL, exp(log_mean + log_variance / 2), sqrt(log_variance)},
        -n * (log_mean + log(2 * M_PI * log_variance) / 2 + 0.5) - cost);
    double excess = log_mean - log(sums->min);
    double a = excess > 0 ? 1 / excess : INFINITY;
    offer(&best, &most, (struct synth_draw){SYNTH_PARETO, a * sums->min / (a - 1), a},
          n * (log(a) + a * log(sums->min) - (a + 1) * log_mean) - cost);
    return best;
}

struct synth_draw fit_sums_of(const struct fit_sums *sums, enum synth_law law)
{
    const struct shape_range *range = &shape_ranges[law];
    double n = (double)sums->count, mean = sums->sum / n, log_mean = sums->logs / n;
    double log_ratio = fmax(log(mean) - log_mean, 1e-9);
    double log_variance = fmax(sums->log_squares / n - log_mean * log_mean, 0);
    double shape = law == SYNTH_GAMMA ? gamma_shape(log_ratio) : sqrt(log_variance);
    shape = fmin(fmax(shape, range->least), range->most);
    if (law == SYNTH_LOGNORMAL)
        mean = exp(log_mean + shape * shape / 2);
    return (struct synth_draw){law, mean, shape};
}
