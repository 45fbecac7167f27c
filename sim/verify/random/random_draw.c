// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/random/random_draw.h"

#include <gsl/gsl_errno.h>

gsl_rng *random_draw_new(uint64_t seed)
{
    // The generator takes 32 bits; seeds below 2^32 stay apart.
    uint32_t folded = (uint32_t)seed ^ (uint32_t)((seed >> 32) * UINT64_C(0x9e3779b1));
    // GSL's own handler would end the program when memory runs out.
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_set_error_handler(handler);
    if (rng != NULL)
        gsl_rng_set(rng, (uint32_t)(folded + 1)); // 0 is taken for a default
    return rng;
}

uint64_t random_draw_below(gsl_rng *rng, uint64_t limit)
{
    if (limit <= UINT32_MAX)
        return gsl_rng_uniform_int(rng, (unsigned long)limit);
    uint64_t high = gsl_rng_get(rng);
    uint64_t low = gsl_rng_get(rng);
    return (high << 32 | low) % limit;
}

int64_t random_draw_between(gsl_rng *rng, int64_t least, int64_t most)
{
    return least + (int64_t)random_draw_below(rng, (uint64_t)(most - least) + 1);
}

bool random_draw_percent(gsl_rng *rng, unsigned percent)
{
    return random_draw_below(rng, 100) < percent;
}

int64_t random_draw_magnitude(gsl_rng *rng, int64_t most)
{
    unsigned digits = 1;
    for (int64_t rest = most; rest >= 10; rest /= 10)
        digits++;
    int64_t limit = 10;
    for (uint64_t more = random_draw_below(rng, digits); more > 0 && limit <= most / 10; more--)
        limit *= 10;
    return random_draw_between(rng, limit / 10, limit <= most ? limit - 1 : most);
}

int64_t random_draw_pick(gsl_rng *rng, const int64_t *values, size_t count)
{
    return values[random_draw_below(rng, count)];
}

size_t random_draw_weighted(gsl_rng *rng, const unsigned *weights, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    unsigned long left = gsl_rng_uniform_int(rng, sum);
    size_t index = 0;
    for (; left >= weights[index]; index++)
        left -= weights[index];
    return index;
}
