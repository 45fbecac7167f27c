// SPDX-License-Identifier: GPL-2.0-or-later
// Zipf by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates
// from monotone discrete distributions", 1996): the area below x^-exponent is inverted, and a
// rank is taken if the point lies within its bar, of which the area around it holds almost all. The
// cost depends on neither the count nor the exponent.
#include "traces/synth/synth_places.h"

#include "traces/bit_mix.h"
#include "traces/synth/exact_math.h"

// expm1(t) / t and log1p(t) / t, also at 0.
static double expm1_ratio(double t)
{
    return t > -1e-8 && t < 1e-8 ? 1 + t / 2 : exact_expm1(t) / t;
}

static double log1p_ratio(double t)
{
    return t > -1e-8 && t < 1e-8 ? 1 - t / 2 : exact_log1p(t) / t;
}

// The integral of x^-exponent from 1 to x.
static double area(const struct synth_zipf *zipf, double x)
{
    double logarithm = exact_log(x);
    return expm1_ratio((1 - zipf->exponent) * logarithm) * logarithm;
}

static double area_inverse(const struct synth_zipf *zipf, double value)
{
    double t = value * (1 - zipf->exponent);
    if (t <= -1) // beyond the last, by rounding
        return zipf->count + 0.5;
    return exact_exp(log1p_ratio(t) * value);
}

static double height(const struct synth_zipf *zipf, double x)
{
    return exact_exp(-zipf->exponent * exact_log(x));
}

void synth_zipf_init(struct synth_zipf *zipf, double exponent, uint64_t count)
{
    *zipf = (struct synth_zipf){.exponent = exponent, .count = (double)count};
    // The first bar is taken whole, so that nothing is rejected there.
    zipf->lowest = area(zipf, 1.5) - 1;
    zipf->highest = area(zipf, zipf->count + 0.5);
    // A point that is no farther than this below its rank is below the bar of any rank.
    zipf->squeeze = 2 - area_inverse(zipf, area(zipf, 2.5) - height(zipf, 2));
}

uint64_t synth_zipf_draw(const struct synth_zipf *zipf, struct synth_stream *stream)
{
    for (;;) {
        double share = synth_stream_share(stream);
        double value = zipf->highest + share * (zipf->lowest - zipf->highest);
        double x = area_inverse(zipf, value);
        double rank = x < 1 ? 1 : x > zipf->count ? zipf->count : (double)(uint64_t)(x + 0.5);
        if (rank - x <= zipf->squeeze || value >= area(zipf, rank + 0.5) - height(zipf, rank))
            return (uint64_t)rank;
    }
}

// Each step is a bijection of the numbers of so many bits; what falls outside goes round again,
// which stays a bijection of those inside.
uint64_t synth_scatter(uint64_t value, uint64_t count, uint64_t key)
{
    unsigned bits = 1;
    while (bits < 40 && UINT64_C(1) << bits < count)
        bits++;
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    unsigned half = (bits + 1) / 2;
    do {
        for (unsigned round = 0; round < 4; round++) {
            uint64_t part = trace_mix(key + round);
            value = (value + (part >> 20)) & mask;
            value = (value * ((part << 1) | 1)) & mask;
            value ^= value >> half;
        }
    } while (value >= count);
    return value;
}
