// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/law_draw.h"

#include "traces/bit_mix.h"
#include "traces/synth/exact_math.h"

#include <math.h>

// ---- Streams ----

void synth_stream_init(struct synth_stream *stream, uint64_t seed, const char *name,
                       uint32_t purpose)
{
    uint64_t key = trace_mix(seed + TRACE_MIX_STEP);
    for (const char *c = name; *c != '\0'; c++)
        key = trace_mix((key ^ (unsigned char)*c) + TRACE_MIX_STEP);
    key = trace_mix((key ^ UINT64_C(0x100) ^ (uint64_t)purpose << 32) + TRACE_MIX_STEP);
    for (int i = 0; i < 4; i++)
        stream->state[i] = trace_mix(key += TRACE_MIX_STEP);
}

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t synth_stream_bits(struct synth_stream *stream)
{
    uint64_t *s = stream->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

double synth_stream_share(struct synth_stream *stream)
{
    return ((double)(synth_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

// ---- Laws ----

double synth_exponential(struct synth_stream *stream)
{
    return -exact_log(synth_stream_share(stream));
}

static double draw_normal(struct synth_stream *stream)
{
    for (;;) {
        double x = 2 * synth_stream_share(stream) - 1;
        double y = 2 * synth_stream_share(stream) - 1;
        double square = x * x + y * y;
        if (square > 0 && square < 1)
            return x * sqrt(-2 * exact_log(square) / square);
    }
}

// Gamma of shape 1 or more, scale 1.
static double draw_gamma_above(double shape, struct synth_stream *stream)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = draw_normal(stream);
        double root = 1 + c * x;
        double v = root * root * root;
        double u = synth_stream_share(stream);
        if (root > 0 && exact_log(u) < 0.5 * x * x + d - d * v + d * exact_log(v))
            return d * v;
    }
}

// Below 1, Gamma(k) is Gamma(k + 1) U^(1/k).
static double draw_gamma(double shape, struct synth_stream *stream)
{
    if (shape >= 1)
        return draw_gamma_above(shape, stream);
    double above = draw_gamma_above(shape + 1, stream);
    return above * exact_exp(-synth_exponential(stream) / shape);
}

void synth_sampler_init(struct synth_sampler *sampler, const struct synth_draw *draw)
{
    *sampler = (struct synth_sampler){draw->law, draw->mean, draw->shape, draw->mean};
    switch (draw->law) {
    case SYNTH_GAMMA:
        sampler->scale = draw->mean / draw->shape;
        break;
    case SYNTH_WEIBULL:
        sampler->scale = draw->mean / exact_gamma(1 + 1 / draw->shape);
        break;
    case SYNTH_PARETO:
        sampler->scale = draw->mean * ((draw->shape - 1) / draw->shape);
        break;
    case SYNTH_LOGNORMAL:
        sampler->scale = draw->mean * exact_exp(-draw->shape * draw->shape / 2);
        break;
    default:
        break;
    }
}

double synth_sampler_draw(const struct synth_sampler *sampler, struct synth_stream *stream)
{
    double shape = sampler->shape;
    if (sampler->mean <= 0)
        return 0;
    switch (sampler->law) {
    case SYNTH_EXPONENTIAL:
        return sampler->scale * synth_exponential(stream);
    case SYNTH_GAMMA:
        return sampler->scale * draw_gamma(shape, stream);
    case SYNTH_WEIBULL:
        return sampler->scale * exact_power(synth_exponential(stream), 1 / shape);
    case SYNTH_PARETO:
        return sampler->scale * exact_exp(synth_exponential(stream) / shape);
    case SYNTH_LOGNORMAL:
        return sampler->scale * exact_exp(shape * draw_normal(stream));
    default:
        return sampler->mean;
    }
}

static double draw_met(const struct synth_sampler *sampler, struct synth_stream *stream)
{
    double shape = sampler->shape;
    switch (sampler->law) {
    case SYNTH_EXPONENTIAL:
        return sampler->scale * (synth_exponential(stream) + synth_exponential(stream));
    case SYNTH_GAMMA:
        return sampler->scale * draw_gamma(shape + 1, stream);
    case SYNTH_WEIBULL:
        return sampler->scale * exact_power(draw_gamma(1 + 1 / shape, stream), 1 / shape);
    case SYNTH_PARETO:
        return sampler->scale * exact_exp(synth_exponential(stream) / (shape - 1));
    case SYNTH_LOGNORMAL:
        return sampler->scale * exact_exp(shape * (draw_normal(stream) + shape));
    default:
        return sampler->mean;
    }
}

double synth_sampler_rest(const struct synth_sampler *sampler, struct synth_stream *stream)
{
    double share = synth_stream_share(stream);
    return sampler->mean <= 0 ? 0 : share * draw_met(sampler, stream);
}

// ---- Places ----
// Zipf by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates
// from monotone discrete distributions", 1996): the area below x^-exponent is inverted, and a
// rank is taken if the point lies within its bar, of which the area around it holds almost all. The
// cost depends on neither the count nor the exponent.

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
