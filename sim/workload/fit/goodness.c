// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit.h"

#include "sim/base/stop.h"
#include "sim/workload/fit/law.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_WINDOWS_MIN 4 // fewer of a length tell nothing
#define SIZED_OPS (CUT_ALL_OPS & ~(1U << TRACE_FLUSH))
#define CORRELATED_VOLUMES 64 // the busiest; of more, pairs are too many

static const int shown_windows[FIT_SHOWN_WINDOWS] = {0, 2, 4, 6, 8}; // of fit_window_ns
const struct fit_length fit_shown[FIT_SHOWN_WINDOWS] = {
    {"1 ms", "1ms"}, {"10 ms", "10ms"}, {"100 ms", "100ms"}, {"1 s", "1s"}, {"10 s", "10s"}};
const struct fit_length fit_correlation_lengths[FIT_CORRELATION_COUNT] = {{"100 ms", "100ms"},
                                                                          {"1 s", "1s"}};
static const int64_t correlation_ns[FIT_CORRELATION_COUNT] = {100000000, 1000000000};

static void fill_figures(struct fit_figures *figures, const struct fit_volume *volume,
                         double seconds)
{
    const struct info_volume *info = &volume->info;
    uint64_t moving = info->directions[0].requests + info->directions[1].requests;
    uint64_t sequential = info->directions[0].sequential + info->directions[1].sequential;
    *figures = (struct fit_figures){
        .requests = info->requests,
        .requests_per_s = seconds > 0 ? (double)info->requests / seconds : 0,
        .bytes_per_s = seconds > 0 ? (double)info->bytes / seconds : 0,
        .read_share = info_volume_read_share(info),
        .sequential_share = moving > 0 ? (double)sequential / (double)moving : 0,
        .working_set = (double)info_blocks_count(&info->blocks) * INFO_BLOCK_BYTES,
        .latency_ns = info->latency.count > 0 ? report_histogram_mean(&info->latency) : -1,
    };
    for (int i = 0; i < FIT_SHOWN_WINDOWS; i++)
        figures->dispersion[i] =
            fit_windows_dispersion(&volume->windows, shown_windows[i], SHOWN_WINDOWS_MIN);
}

bool fit_goodness_fill(struct fit_goodness *goodness, const struct fit_volume *recorded,
                       const struct fit_volume *made, double recorded_s, double made_s)
{
    struct info_sizes recorded_sizes, made_sizes;
    fill_figures(&goodness->recorded, recorded, recorded_s);
    fill_figures(&goodness->made, made, made_s);
    goodness->gap_distance =
        fit_histogram_distance(&recorded->info.gap_histogram, &made->info.gap_histogram);
    goodness->latency_distance =
        recorded->info.latency.count == 0
            ? -1
            : fit_histogram_distance(&recorded->info.latency, &made->info.latency);
    bool ok = info_volume_sizes(&recorded->info, SIZED_OPS, &recorded_sizes);
    ok = info_volume_sizes(&made->info, SIZED_OPS, &made_sizes) && ok;
    goodness->size_distance =
        fit_histogram_distance(&recorded_sizes.histogram, &made_sizes.histogram);
    info_sizes_free(&recorded_sizes);
    info_sizes_free(&made_sizes);
    return ok;
}

// ---- Verdicts ----

static double ratio_off(double recorded, double made)
{
    if (recorded <= 0 || made <= 0)
        return recorded <= 0 && made <= 0 ? 1 : INFINITY;
    return recorded > made ? recorded / made : made / recorded;
}

size_t fit_goodness_verdicts(const struct fit_goodness *goodness,
                             char texts[FIT_VERDICTS_MAX][FIT_VERDICT_MAX])
{
    const struct fit_figures *recorded = &goodness->recorded, *made = &goodness->made;
    const struct {
        const char *what;
        double recorded, made, most;
    } figures[] = {
        {"requests/s", recorded->requests_per_s, made->requests_per_s, 1.1},
        {"bytes/s", recorded->bytes_per_s, made->bytes_per_s, 1.15},
        {"the working set", recorded->working_set, made->working_set, 1.25},
        {"the mean latency", recorded->latency_ns, made->latency_ns, 1.25},
    };
    const struct {
        const char *what;
        double distance, most;
    } distances[] = {
        {"times between arrivals", goodness->gap_distance, 0.15},
        {"sizes", goodness->size_distance, 0.05},
        {"latencies", goodness->latency_distance, 0.15},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (ratio_off(figures[i].recorded, figures[i].made) > figures[i].most)
            snprintf(texts[count++], FIT_VERDICT_MAX,
                     "%s in this run of the specification: %.4g, not %.4g", figures[i].what,
                     figures[i].made, figures[i].recorded);
    }
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        if (distances[i].distance > distances[i].most)
            snprintf(texts[count++], FIT_VERDICT_MAX, "%s have another distribution: distance %.2f",
                     distances[i].what, distances[i].distance);
    }
    for (int i = 0; i < FIT_SHOWN_WINDOWS; i++) {
        double found = recorded->dispersion[i], now = made->dispersion[i];
        if (found >= 0 && now >= 0 && !(ratio_off(found + 0.1, now + 0.1) < 2))
            snprintf(texts[count++], FIT_VERDICT_MAX,
                     "%s at %s are not described: the index of dispersion is %.3g, not %.3g",
                     found > now ? "bursts" : "steady rates", fit_shown[i].name, now, found);
    }
    return count;
}

// ---- Volumes together ----

static int compare_busy(const void *a, const void *b)
{
    const struct fit_volume *left = *(const struct fit_volume *const *)a;
    const struct fit_volume *right = *(const struct fit_volume *const *)b;
    if (left->info.requests != right->info.requests)
        return left->info.requests > right->info.requests ? -1 : 1;
    return left < right ? -1 : left > right;
}

void fit_correlate(const struct fit_record *record, double correlations[FIT_CORRELATION_COUNT],
                   size_t *pairs)
{
    const struct fit_volume **volumes = malloc((record->volume_count + 1) * sizeof *volumes);
    size_t count = volumes == NULL ? 0 : record->volume_count;
    double sums[FIT_CORRELATION_COUNT] = {0};
    *pairs = 0;
    for (size_t i = 0; i < count; i++)
        volumes[i] = &record->volumes[i];
    if (count > 0)
        qsort(volumes, count, sizeof *volumes, compare_busy);
    count = count < CORRELATED_VOLUMES ? count : CORRELATED_VOLUMES;
    for (size_t i = 0; i < count && stop_signal == 0; i++) {
        for (size_t j = 0; j < i; j++, ++*pairs) {
            for (int k = 0; k < FIT_CORRELATION_COUNT; k++)
                sums[k] +=
                    fit_bins_correlation(&volumes[i]->bins, &volumes[j]->bins, correlation_ns[k]);
        }
    }
    free(volumes);
    for (int k = 0; k < FIT_CORRELATION_COUNT; k++)
        correlations[k] = *pairs == 0 ? 0 : sums[k] / (double)*pairs;
}
