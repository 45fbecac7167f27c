// SPDX-License-Identifier: GPL-2.0-or-later
// The exponent of Zipf's law is chosen so that as many different places come up as in the
// recording: the more uneven the places are, the fewer. It needs a count of different places only,
// which adaptive sampling gives in bounded memory, and it is the figure that a cache depends on.
#include "sim/workload/fit/fit_places.h"

#include "sim/workload/fit/law.h"

#include <math.h>

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
