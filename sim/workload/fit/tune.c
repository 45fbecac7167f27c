// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/tune.h"

#include "sim/workload/fit/law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 1000000 // of more, the estimate is not improved
#define ROUNDS 7
#define CLOSE 0.03        // of the working set
#define SHIFT_MAX 2.0     // of an exponent
#define EXPONENT_MIN 0.05 // below it places are as good as uniform
#define EXPONENT_MAX 4.0

static void shift(const struct synth_volume *from, double by, struct synth_volume *to)
{
    for (uint32_t i = 0; i < from->kind_count; i++) {
        const struct synth_kind *before = &from->kinds[i];
        struct synth_kind *kind = &to->kinds[i];
        bool moves_data = before->op == TRACE_READ || before->op == TRACE_WRITE;
        double exponent = (before->place == SYNTH_ZIPF ? before->zipf_exponent : 0) + by;
        if (!moves_data || before->span / before->align > SYNTH_PLACES_MAX)
            continue;
        kind->place = exponent < EXPONENT_MIN ? SYNTH_UNIFORM : SYNTH_ZIPF;
        kind->zipf_exponent =
            kind->place == SYNTH_UNIFORM ? 0 : fit_round(fmin(exponent, EXPONENT_MAX));
    }
}

// Blocks that the generator touches, with arrivals that take no time to make.
static bool count_blocks(const struct synth_volume *volume, uint64_t requests, uint64_t *blocks,
                         struct fit_work *work, struct sim_error *error)
{
    struct synth_spec spec = {.seed = 1,
                              .duration_ns = (int64_t)requests * 1000,
                              .requests_max = requests,
                              .volumes = malloc(sizeof *volume),
                              .volume_count = 1};
    struct trace_error trace_error;
    struct trace_request request;
    struct info_blocks touched = {0};
    if (spec.volumes == NULL)
        return sim_fail_memory(error);
    memcpy(spec.volumes, volume, sizeof *volume);
    spec.volumes->arrivals = (struct synth_arrivals){
        .process = SYNTH_RENEWAL, .gap_ns = {.law = SYNTH_CONSTANT, .mean = 1000}};
    *blocks = 0;
    struct synth *synth = synth_check(&spec, &trace_error) ? synth_open(&spec, &trace_error) : NULL;
    bool ok = true;
    while (ok && synth != NULL && synth_read(synth, &request, &trace_error) == TRACE_REQUEST) {
        ok = fit_work_step(work, error);
        if (ok && (request.op == TRACE_READ || request.op == TRACE_WRITE))
            ok = info_blocks_add(&touched, request.offset, request.bytes, INFO_BLOCKS_MAX) ||
                 sim_fail_memory(error);
    }
    *blocks = info_blocks_count(&touched);
    info_blocks_free(&touched);
    synth_close(synth);
    free(spec.volumes);
    return ok;
}

static bool search(const struct fit_volume *volume, struct synth_volume *spec,
                   struct synth_volume *tried, struct fit_work *work, struct sim_error *error)
{
    double wanted = (double)info_blocks_count(&volume->info.blocks);
    double low = -SHIFT_MAX, high = SHIFT_MAX, by = 0, best_off = INFINITY, best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t blocks;
        shift(spec, by, tried);
        if (!count_blocks(tried, volume->info.requests, &blocks, work, error))
            return false;
        if (blocks == 0)
            return true;
        double off = log((double)blocks / wanted);
        if (fabs(off) < best_off) {
            best_off = fabs(off);
            best = by;
        }
        if (fabs(off) < CLOSE)
            break;
        *(off > 0 ? &low : &high) = by;
        // The first steps are small: the estimate is near.
        by = round == 0 ? (off > 0 ? 0.25 : -0.25) : (low + high) / 2;
        if (round == 1 && low == -SHIFT_MAX)
            by = high - 0.5;
        if (round == 1 && high == SHIFT_MAX)
            by = low + 0.5;
    }
    shift(spec, best, tried);
    memcpy(spec->kinds, tried->kinds, sizeof spec->kinds);
    return true;
}

bool fit_tune_places(const struct fit_volume *volume, struct synth_volume *spec,
                     struct fit_work *work, struct sim_error *error)
{
    if (volume->info.requests > REQUESTS_MAX || volume->info.requests < 2 ||
        info_blocks_count(&volume->info.blocks) == 0)
        return true;
    struct synth_volume *tried = malloc(sizeof *tried);
    if (tried == NULL)
        return sim_fail_memory(error);
    memcpy(tried, spec, sizeof *tried);
    bool ok = search(volume, spec, tried, work, error);
    free(tried);
    return ok;
}
