// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/hidden.h"

#include "sim/base/stop.h"

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
