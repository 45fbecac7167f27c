// SPDX-License-Identifier: GPL-2.0-or-later
// Rates that change at random. Two ways lead to estimates, and the trial decides: hidden states
// behind the counts, in windows of several lengths; and two states whose index of dispersion,
//
//     I(t) = b + a (1 - (1 - e^(-r t)) / (r t)),   a = 2 p q d^2 / (m r),
//
// comes nearest to the measured one. m is the mean rate, d the difference of the two, p and q the
// shares of the time, r the sum of the two rates of change, b what batches add: 2 * mean - 1.
#include "sim/base/stop.h"
#include "sim/workload/fit/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 25
#define FIRST_ROUNDS 8
#define STAY_FIRST 0.9
#define MEAN_LEAST 1e-6

// What one round adds up.
struct sums {
    double time[FIT_HIDDEN_STATES_MAX]; // expected windows in a state
    double requests[FIT_HIDDEN_STATES_MAX];
    double left[FIT_HIDDEN_STATES_MAX];  // windows that another one follows
    double stays[FIT_HIDDEN_STATES_MAX]; // of them, in the same state
};

static double next_probability(const struct fit_hidden *hidden, unsigned from, unsigned to)
{
    return from == to ? hidden->stay[from] : (1 - hidden->stay[from]) / (hidden->states - 1);
}

// Of a count in each state, but for a common factor.
static void emit(const struct fit_hidden *hidden, double count, double batch, double *likelihood)
{
    double most = -INFINITY;
    for (unsigned i = 0; i < hidden->states; i++) {
        double mean = fmax(hidden->mean[i], MEAN_LEAST);
        likelihood[i] = (count * log(mean) - mean) / batch;
        most = fmax(most, likelihood[i]);
    }
    for (unsigned i = 0; i < hidden->states; i++)
        likelihood[i] = exp(likelihood[i] - most) + 1e-300;
}

static void normalise(double *values, unsigned count)
{
    double sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += values[i];
    for (unsigned i = 0; i < count; i++)
        values[i] /= sum;
}

// forward[t * states + i]: the probability of state i given the counts up to t.
static void go_forward(const struct fit_hidden *hidden, const double *emitted, size_t windows,
                       double *forward)
{
    unsigned states = hidden->states;
    for (size_t t = 0; t < windows; t++) {
        double *now = forward + t * states;
        for (unsigned j = 0; j < states; j++) {
            double sum = t == 0 ? 1 : 0;
            for (unsigned i = 0; t > 0 && i < states; i++)
                sum += forward[(t - 1) * states + i] * next_probability(hidden, i, j);
            now[j] = sum * emitted[t * states + j];
        }
        normalise(now, states);
    }
}

static void add_window(struct sums *sums, unsigned states, const double *share, double count)
{
    for (unsigned i = 0; i < states; i++) {
        sums->time[i] += share[i];
        sums->requests[i] += share[i] * count;
    }
}

static void go_backward(const struct fit_hidden *hidden, const double *counts,
                        const double *emitted, size_t windows, const double *forward,
                        struct sums *sums)
{
    unsigned states = hidden->states;
    double behind[FIT_HIDDEN_STATES_MAX], share[FIT_HIDDEN_STATES_MAX];
    *sums = (struct sums){0};
    for (unsigned i = 0; i < states; i++)
        behind[i] = 1;
    add_window(sums, states, forward + (windows - 1) * states, counts[windows - 1]);
    for (size_t t = windows - 1; t-- > 0;) {
        double before[FIT_HIDDEN_STATES_MAX], stay[FIT_HIDDEN_STATES_MAX], total = 0;
        for (unsigned i = 0; i < states; i++) {
            before[i] = 0;
            for (unsigned j = 0; j < states; j++) {
                double step =
                    next_probability(hidden, i, j) * emitted[(t + 1) * states + j] * behind[j];
                before[i] += step;
                if (i == j)
                    stay[i] = step * forward[t * states + i];
            }
            share[i] = before[i] * forward[t * states + i];
            total += share[i];
        }
        for (unsigned i = 0; i < states; i++) {
            share[i] /= total;
            sums->left[i] += share[i];
            sums->stays[i] += stay[i] / total;
        }
        add_window(sums, states, share, counts[t]);
        normalise(before, states);
        memcpy(behind, before, sizeof behind);
    }
}

static void improve(struct fit_hidden *hidden, const struct sums *sums, size_t windows)
{
    double most = 1 - 0.5 / (double)windows;
    for (unsigned i = 0; i < hidden->states; i++) {
        if (sums->time[i] > 1e-9)
            hidden->mean[i] = sums->requests[i] / sums->time[i];
        if (sums->left[i] > 1e-9)
            hidden->stay[i] = fmax(0.01, fmin(most, sums->stays[i] / sums->left[i]));
    }
}

// Groups of counts around means that are spread over the square roots, so that each varies alike.
static void begin(struct fit_hidden *hidden, const double *counts, size_t windows)
{
    double least = INFINITY, most = 0;
    for (size_t t = 0; t < windows; t++) {
        least = fmin(least, sqrt(counts[t]));
        most = fmax(most, sqrt(counts[t]));
    }
    for (unsigned i = 0; i < hidden->states; i++) {
        double root = least + (most - least) * (i + 0.5) / hidden->states;
        hidden->mean[i] = root * root;
        hidden->stay[i] = STAY_FIRST;
    }
    for (int round = 0; round < FIRST_ROUNDS; round++) {
        struct sums sums = {0};
        for (size_t t = 0; t < windows; t++) {
            unsigned nearest = 0;
            for (unsigned i = 1; i < hidden->states; i++) {
                if (fabs(sqrt(counts[t]) - sqrt(hidden->mean[i])) <
                    fabs(sqrt(counts[t]) - sqrt(hidden->mean[nearest])))
                    nearest = i;
            }
            sums.time[nearest] += 1;
            sums.requests[nearest] += counts[t];
        }
        improve(hidden, &sums, windows);
    }
}

bool fit_hidden_estimate(struct fit_hidden *hidden, unsigned states, const double *counts,
                         size_t windows, double batch)
{
    double *emitted = malloc(windows * states * sizeof *emitted);
    double *forward = malloc(windows * states * sizeof *forward);
    bool ok = emitted != NULL && forward != NULL;
    hidden->states = states;
    if (ok)
        begin(hidden, counts, windows);
    // Whoever tries what comes of it learns of the signal.
    for (int round = 0; ok && round < ROUNDS && stop_signal == 0; round++) {
        struct sums sums;
        for (size_t t = 0; t < windows; t++)
            emit(hidden, counts[t], batch, emitted + t * states);
        go_forward(hidden, emitted, windows, forward);
        go_backward(hidden, counts, emitted, windows, forward, &sums);
        improve(hidden, &sums, windows);
    }
    free(emitted);
    free(forward);
    return ok;
}

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
    fit_work_hidden(search->target->work, states, windows);
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
