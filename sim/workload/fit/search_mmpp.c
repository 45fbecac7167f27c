// SPDX-License-Identifier: GPL-2.0-or-later
// Rates that change at random. Two ways lead to estimates, and the trial decides: hidden states
// behind the counts, in windows of several lengths; and two states whose index of dispersion,
//
//     I(t) = b + a (1 - (1 - e^(-r t)) / (r t)),   a = 2 p q d^2 / (m r),
//
// comes nearest to the measured one. m is the mean rate, d the difference of the two, p and q the
// shares of the time, r the sum of the two rates of change, b what batches add: 2 * mean - 1.
#include "sim/workload/fit/hidden.h"
#include "sim/workload/fit/search.h"

#include <math.h>
#include <stdlib.h>

#define WINDOWS_MIN 16
#define GRID 48

// ---- Hidden states ----

static size_t join_bins(const struct fit_bins *bins, size_t most, double *counts, double *window_ns)
{
    size_t joined = (bins->count + most - 1) / most, windows = bins->count / joined;
    *window_ns = (double)bins->bin_ns * (double)joined;
    for (size_t i = 0; i < windows; i++) {
        counts[i] = 0;
        for (size_t j = 0; j < joined; j++)
            counts[i] += bins->counts[i * joined + j];
    }
    return windows;
}

static bool offer_hidden(struct fit_search *search, unsigned states, const double *counts,
                         size_t windows, double window_ns, const struct fit_batch *batch)
{
    struct fit_hidden hidden;
    if (!fit_hidden_estimate(&hidden, states, counts, windows, batch->mean))
        return sim_fail_memory(search->error);
    struct synth_arrivals arrivals = {.process = SYNTH_MMPP,
                                      .state_count = states,
                                      .batch_mean = batch->mean,
                                      .batch_gap_ns = batch->gap_ns};
    for (unsigned i = 0; i < states; i++)
        arrivals.states[i] = (struct synth_state){
            .rate_per_s = hidden.mean[i] / batch->mean / (window_ns / 1e9),
            .mean_ns = window_ns / (1 - hidden.stay[i]),
        };
    return fit_search_offer(search, &arrivals, NULL);
}

static bool search_hidden(struct fit_search *search)
{
    static const size_t lengths[] = {FIT_BINS_MAX, FIT_BINS_MAX / 8, FIT_BINS_MAX / 64,
                                     FIT_BINS_MAX / 512};
    const struct fit_bins *bins = &search->target->volume->bins;
    double *counts = malloc(bins->count * sizeof *counts), window_ns;
    bool ok = counts != NULL || sim_fail_memory(search->error);
    size_t before = 0;
    for (size_t i = 0; ok && i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t windows = join_bins(bins, lengths[i], counts, &window_ns);
        if (windows < WINDOWS_MIN || windows == before)
            continue;
        before = windows;
        for (unsigned states = 2; ok && states <= FIT_HIDDEN_STATES_MAX; states++) {
            for (size_t b = 0; ok && b < search->batch_count; b++)
                ok = offer_hidden(search, states, counts, windows, window_ns, &search->batches[b]);
        }
    }
    free(counts);
    return ok;
}

// ---- By the index of dispersion ----

static double curve(double base, double a, double r_t)
{
    return base + a * (r_t < 1e-6 ? r_t / 2 : 1 + expm1(-r_t) / r_t);
}

static double misfit(const struct fit_windows *windows, double base, double a, double r)
{
    double sum = 0;
    for (int i = 0; i < FIT_WINDOW_COUNT; i++) {
        double found = fit_windows_dispersion(windows, i, 8);
        if (found > 0) {
            double off = log(found / curve(base, a, r * (double)fit_window_ns[i] / 1e9));
            sum += off * off;
        }
    }
    return sum;
}

static bool offer_shares(struct fit_search *search, const struct fit_batch *batch, double a,
                         double r)
{
    static const double shares[] = {0.95, 0.5, 0.2, 0.05};
    const struct fit_target *target = search->target;
    double m =
        (double)target->volume->info.requests / batch->mean / ((double)target->duration_ns / 1e9);
    // a counts requests, a batch of them at a time.
    double ratio = 2 * m / (a / batch->mean * r); // of p to q, where the lower rate is 0
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        double p = ratio / (1 + ratio) * shares[i], q = 1 - p;
        double d = sqrt(a / batch->mean * m * r / (2 * p * q));
        struct synth_arrivals arrivals = {
            .process = SYNTH_MMPP,
            .state_count = 2,
            .states = {{m + q * d, 1e9 / (r * q)}, {fmax(0, m - p * d), 1e9 / (r * p)}},
            .batch_mean = batch->mean,
            .batch_gap_ns = batch->gap_ns};
        if (!fit_search_offer(search, &arrivals, NULL))
            return false;
    }
    return true;
}

static bool search_curve(struct fit_search *search, const struct fit_batch *batch)
{
    double base = 2 * batch->mean - 1, least = INFINITY, best_a = 0, best_r = 0;
    for (int i = 0; i <= GRID; i++) {
        double a = pow(10, -1 + 6.0 * i / GRID);
        for (int j = 0; j <= GRID; j++) {
            double r = pow(10, -3 + 6.0 * j / GRID);
            double off = misfit(&search->target->volume->windows, base, a, r);
            if (off < least) {
                least = off;
                best_a = a;
                best_r = r;
            }
        }
    }
    return offer_shares(search, batch, best_a, best_r);
}

bool fit_search_mmpp(struct fit_search *search)
{
    for (size_t i = 0; i < search->batch_count; i++) {
        if (!search_curve(search, &search->batches[i]))
            return false;
    }
    return search_hidden(search);
}
