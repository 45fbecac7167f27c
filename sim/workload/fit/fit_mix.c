// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_mix.h"

#include "sim/workload/fit/law.h"

#include <stdlib.h>

#define SIZES_EXACT 192 // the commonest, if there are too many for all
#define SIZE_STEP 512   // a mean of others is rounded to it

// All sizes that found no place of their own share one entry a power of two: their mean.
static void join_sizes(const struct report_trace_size *sizes, size_t count, double factor,
                       struct synth_kind *kind)
{
    double weights[64] = {0}, bytes[64] = {0};
    for (size_t i = 0; i < count; i++) {
        int power = 63 - __builtin_clzll(sizes[i].bytes | 1);
        weights[power] += (double)sizes[i].requests;
        bytes[power] += (double)sizes[i].requests * (double)sizes[i].bytes;
    }
    for (int power = 0; power < 64; power++) {
        if (weights[power] <= 0)
            continue;
        uint64_t mean = (uint64_t)(bytes[power] / weights[power] / SIZE_STEP + 0.5) * SIZE_STEP;
        kind->sizes[kind->size_count++] =
            (struct synth_size){mean < SIZE_STEP ? SIZE_STEP : mean, weights[power] * factor};
    }
}

static bool fill_sizes(const struct info_sizes *sizes, struct synth_kind *kind)
{
    struct report_trace_size *list = info_sizes_by_count(sizes);
    if (list == NULL)
        return false;
    bool is_exact = sizes->used <= SYNTH_SIZES_MAX && sizes->others == 0;
    size_t exact = is_exact || sizes->used < SIZES_EXACT ? sizes->used : SIZES_EXACT;
    double rest = 0;
    for (size_t i = 0; i < exact; i++) {
        // Requests that move nothing are not described.
        if (list[i].bytes > 0)
            kind->sizes[kind->size_count++] =
                (struct synth_size){list[i].bytes, (double)list[i].requests};
    }
    for (size_t i = exact; i < sizes->used; i++)
        rest += (double)list[i].requests;
    if (rest > 0)
        join_sizes(list + exact, sizes->used - exact, 1 + (double)sizes->others / rest, kind);
    if (kind->size_count == 0)
        kind->sizes[kind->size_count++] = (struct synth_size){SIZE_STEP, 1};
    free(list);
    return true;
}

static void fill_latency(const struct fit_volume *volume, struct synth_draw *latency)
{
    struct fit_points points;
    if (volume->info.latency.count == 0)
        return;
    fit_points_take(&points, &volume->info.latency, 0, INT64_MAX, 1);
    *latency = fit_law_nearest(&points);
    latency->mean = latency->mean < SYNTH_MEAN_NS_MIN   ? SYNTH_MEAN_NS_MIN
                    : latency->mean > SYNTH_MEAN_NS_MAX ? SYNTH_MEAN_NS_MAX
                                                        : fit_round(latency->mean);
    latency->shape = fit_round(latency->shape);
}

bool fit_mix(const struct fit_volume *volume, struct synth_volume *spec)
{
    for (int op = 0; op < TRACE_OP_COUNT; op++) {
        const struct info_op *found = &volume->info.ops[op];
        struct synth_kind *kind = &spec->kinds[spec->kind_count];
        if (found->requests == 0)
            continue;
        *kind = (struct synth_kind){.op = (enum trace_op)op, .weight = (double)found->requests};
        spec->kind_count++;
        if (op != TRACE_FLUSH) {
            if (!fill_sizes(&found->sizes, kind))
                return false;
            fit_places_kind(&volume->places[op], kind);
        }
    }
    fill_latency(volume, &spec->latency_ns);
    return true;
}
