// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/bins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16
#define WINDOWS_MIN 8 // fewer tell nothing of a correlation

static void join_pairs(struct fit_bins *bins)
{
    size_t count = (bins->count + 1) / 2;
    for (size_t i = 0; i < count; i++) {
        uint64_t sum = bins->counts[2 * i];
        if (2 * i + 1 < bins->count)
            sum += bins->counts[2 * i + 1];
        bins->counts[i] = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
    }
    memset(bins->counts + count, 0, (bins->count - count) * sizeof *bins->counts);
    bins->count = count;
    bins->bin_ns *= 2;
}

static bool reserve(struct fit_bins *bins, size_t count)
{
    if (count <= bins->capacity)
        return true;
    size_t capacity = bins->capacity == 0 ? CAPACITY_MIN : bins->capacity;
    while (capacity < count)
        capacity *= 2;
    uint32_t *counts = realloc(bins->counts, capacity * sizeof *counts);
    if (counts == NULL)
        return false;
    memset(counts + bins->capacity, 0, (capacity - bins->capacity) * sizeof *counts);
    bins->counts = counts;
    bins->capacity = capacity;
    return true;
}

bool fit_bins_add(struct fit_bins *bins, int64_t since_ns, size_t bound)
{
    if (bins->bin_ns == 0)
        bins->bin_ns = FIT_BIN_NS;
    while (bins->count > bound || since_ns / bins->bin_ns >= (int64_t)bound)
        join_pairs(bins);
    size_t index = (size_t)(since_ns / bins->bin_ns);
    if (!reserve(bins, index + 1))
        return false;
    bins->counts[index] += bins->counts[index] < UINT32_MAX;
    if (index >= bins->count)
        bins->count = index + 1;
    return true;
}

void fit_bins_join(struct fit_bins *bins, int64_t bin_ns)
{
    while (bins->bin_ns > 0 && bins->bin_ns < bin_ns)
        join_pairs(bins);
}

void fit_bins_free(struct fit_bins *bins)
{
    free(bins->counts);
    *bins = (struct fit_bins){0};
}

static double count_in(const struct fit_bins *bins, size_t window, size_t joined)
{
    double sum = 0;
    for (size_t i = window * joined; i < (window + 1) * joined && i < bins->count; i++)
        sum += bins->counts[i];
    return sum;
}

double fit_bins_correlation(const struct fit_bins *left, const struct fit_bins *right,
                            int64_t window_ns)
{
    int64_t longest_ns = left->bin_ns > right->bin_ns ? left->bin_ns : right->bin_ns;
    if (left->bin_ns == 0 || right->bin_ns == 0)
        return 0;
    while (longest_ns < window_ns)
        longest_ns *= 2;
    size_t join_left = (size_t)(longest_ns / left->bin_ns);
    size_t join_right = (size_t)(longest_ns / right->bin_ns);
    size_t windows = left->count / join_left;
    if (right->count / join_right > windows)
        windows = right->count / join_right;
    if (windows < WINDOWS_MIN)
        return 0;
    double n = (double)windows, mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < windows; i++) {
        mean_a += count_in(left, i, join_left) / n;
        mean_b += count_in(right, i, join_right) / n;
    }
    for (size_t i = 0; i < windows; i++) {
        double a = count_in(left, i, join_left) - mean_a;
        double b = count_in(right, i, join_right) - mean_b;
        aa += a * a / (n - 1);
        bb += b * b / (n - 1);
        ab += a * b / (n - 1);
    }
    // A Poisson stream's counts vary by their mean, whatever its rate does.
    double product = (aa - mean_a) * (bb - mean_b);
    if (aa <= mean_a || bb <= mean_b || !(product > 0))
        return 0;
    return fmax(-1, fmin(1, ab / sqrt(product)));
}
