// SPDX-License-Identifier: GPL-2.0-or-later
// Exponential, Weibull and Pareto by inversion, normal by Marsaglia's polar method, Gamma by
// Marsaglia and Tsang's squeeze without the squeeze.
//
// The length that a random moment falls into has the density x f(x) / mean. For all these laws that
// is one of their kin: for Gamma(k) Gamma(k + 1), for Pareto(a) Pareto(a - 1) of the same least,
// for a Weibull variable X of scale 1 X^k is Gamma(1 + 1/k), a lognormal one's logarithm moves
// up by its variance.
#include "traces/synth/law_draw.h"

#include "traces/synth/exact_math.h"

#include <math.h>

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
