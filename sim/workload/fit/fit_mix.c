// SPDX-License-Identifier: GPL-2.0-or-later
// The exponent of Zipf's law is chosen so that as many different places come up as in the
// recording: the more uneven the places are, the fewer. It needs a count of different places only,
// which adaptive sampling gives in bounded memory, and it is the figure that a cache depends on.
#include "sim/workload/fit/search.h"

#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNED_SHARE 0.9 // of the places must be multiples of `align`
#define EXPONENT_MAX 3.0
#define EXPONENT_MIN 0.05   // below it places are as good as uniform
#define RANKS_ONE_BY_ONE 64 // in sums over ranks; the rest in steps of 2 %

bool fit_places_add(struct fit_places *places, const struct trace_request *request, uint64_t bound)
{
    bool is_first = places->requests == 0;
    uint64_t end = request->offset + request->bytes;
    if (is_first || request->offset < places->lowest)
        places->lowest = request->offset;
    if (is_first || end > places->highest)
        places->highest = end;
    bool is_sequential = !is_first && places->end == request->offset;
    places->requests++;
    places->end = end;
    if (is_sequential) {
        places->sequential++;
        return true;
    }
    int level = request->offset == 0 ? FIT_ALIGN_LEVELS - 1 : __builtin_ctzll(request->offset);
    places->aligned[level < FIT_ALIGN_LEVELS ? level : FIT_ALIGN_LEVELS - 1]++;
    return info_blocks_add_one(&places->different, request->offset, bound);
}

void fit_places_free(struct fit_places *places)
{
    info_blocks_free(&places->different);
    *places = (struct fit_places){0};
}

double fit_places_touched(double places, double requests, double exponent)
{
    double weights = 0, touched = 0;
    for (int pass = 0; pass < 2; pass++) {
        double next;
        for (double rank = 1; rank <= places; rank = next) {
            next = rank < RANKS_ONE_BY_ONE ? rank + 1 : floor(rank * 1.02) + 1;
            next = fmin(next, floor(places) + 1);
            double count = next - rank;
            double weight = pow(rank + (count - 1) / 2, -exponent);
            if (pass == 0)
                weights += count * weight;
            else
                touched -= count * expm1(-requests * weight / weights);
        }
    }
    return touched;
}

static double find_exponent(double places, double requests, double touched)
{
    double low = 0, high = EXPONENT_MAX;
    if (fit_places_touched(places, requests, high) >= touched)
        return high;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (fit_places_touched(places, requests, middle) > touched)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static uint64_t find_align(const struct fit_places *places)
{
    uint64_t all = places->requests - places->sequential, aligned = 0;
    int level = FIT_ALIGN_LEVELS - 1;
    for (; level > 0; level--) {
        aligned += places->aligned[level];
        if ((double)aligned >= ALIGNED_SHARE * (double)all)
            break;
    }
    // One place alone (0 is a multiple of everything) would have nothing but room around it.
    while (level > 0 && UINT64_C(1) << level > places->highest - places->lowest)
        level--;
    return UINT64_C(1) << level;
}

void fit_places_kind(const struct fit_places *places, struct synth_kind *kind)
{
    uint64_t random = places->requests - places->sequential;
    uint64_t bytes_max = 0;
    for (uint32_t i = 0; i < kind->size_count; i++)
        bytes_max = kind->sizes[i].bytes > bytes_max ? kind->sizes[i].bytes : bytes_max;
    // Places are counted from `first`, which is aligned, too, so that all of them are.
    uint64_t align = find_align(places), first = places->lowest / align * align;
    uint64_t span = places->highest - first;
    span = span < bytes_max ? bytes_max : span;
    kind->first = first;
    kind->span = span < align ? align : span;
    kind->align = align;
    kind->place = SYNTH_UNIFORM;
    // The first request follows none.
    kind->sequential = places->requests < 2
                           ? 0
                           : fit_round((double)places->sequential / (double)(places->requests - 1));
    double exponent = find_exponent((double)(kind->span / align), (double)random,
                                    (double)info_blocks_count(&places->different));
    if (random > 1 && exponent >= EXPONENT_MIN && kind->span / align <= SYNTH_PLACES_MAX) {
        kind->place = SYNTH_ZIPF;
        kind->zipf_exponent = fit_round(exponent);
    }
}

// ---- Kinds of requests ----

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

static bool fill_kinds(const struct fit_volume *volume, struct synth_volume *spec)
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

// ---- Places that recur as often ----

#define REQUESTS_MAX 1000000 // of more, the estimate is not improved
#define ROUNDS 7
#define CLOSE 0.03      // of the working set
#define SHIFT_MAX 2.0   // of an exponent
#define SHIFTED_MAX 4.0 // a shifted exponent

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
            kind->place == SYNTH_UNIFORM ? 0 : fit_round(fmin(exponent, SHIFTED_MAX));
    }
}

// Blocks that the generator touches.
static bool count_blocks(struct synth_volume *volume, uint64_t requests, uint64_t *blocks,
                         struct fit_work *work, struct sim_error *error)
{
    struct synth_spec spec = {.seed = 1,
                              .duration_ns = (int64_t)requests * 1000,
                              .requests_max = requests,
                              .volumes = volume,
                              .volume_count = 1};
    struct trace_error trace_error;
    struct trace_request request;
    struct info_blocks touched = {0};
    struct synth *synth = synth_open(&spec, &trace_error);
    bool ok = true;
    while (ok && synth != NULL && synth_read(synth, &request, &trace_error) == TRACE_REQUEST) {
        ok = fit_work_step(work, FIT_BLOCKS_US, error);
        if (ok && (request.op == TRACE_READ || request.op == TRACE_WRITE))
            ok = info_blocks_add(&touched, request.offset, request.bytes, INFO_BLOCKS_MAX) ||
                 sim_fail_memory(error);
    }
    *blocks = info_blocks_count(&touched);
    info_blocks_free(&touched);
    synth_close(synth);
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

bool fit_mix(const struct fit_volume *volume, struct synth_volume *spec, struct fit_work *work,
             struct sim_error *error)
{
    if (!fill_kinds(volume, spec))
        return sim_fail_memory(error);
    if (volume->info.requests > REQUESTS_MAX || volume->info.requests < 2 ||
        info_blocks_count(&volume->info.blocks) == 0)
        return true;
    struct synth_volume *tried = malloc(sizeof *tried);
    if (tried == NULL)
        return sim_fail_memory(error);
    memcpy(tried, spec, sizeof *tried);
    // Arrivals that take no time to make.
    tried->arrivals = (struct synth_arrivals){.process = SYNTH_RENEWAL,
                                              .gap_ns = {.law = SYNTH_CONSTANT, .mean = 1000}};
    bool ok = search(volume, spec, tried, work, error);
    free(tried);
    return ok;
}
