// SPDX-License-Identifier: GPL-2.0-or-later
// The value's digits to the base 256 are found one after the other, from the highest: how many of
// the values that agree so far have each next digit?
#include "reports/quantile.h"

#define DIGIT_BITS 8
#define DIGITS (1u << DIGIT_BITS)

uint64_t quantile_rank(uint64_t count, unsigned percent)
{
    // count * percent could overflow.
    uint64_t rank = count / 100 * percent + (count % 100 * percent + 99) / 100;
    return rank > 0 ? rank : 1;
}

static unsigned top_shift(const int64_t *values, size_t count)
{
    uint64_t all = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < count; i++)
        all |= values[i] < 0 ? 0 : (uint64_t)values[i];
    while (shift + DIGIT_BITS < 64 && all >> (shift + DIGIT_BITS))
        shift += DIGIT_BITS;
    return shift;
}

int64_t quantile_select(const int64_t *values, size_t count, uint64_t rank)
{
    uint64_t found = 0; // the digits above `shift`
    for (unsigned shift = top_shift(values, count) + DIGIT_BITS; shift > 0;) {
        uint64_t counts[DIGITS] = {0};
        uint64_t digit = 0;
        shift -= DIGIT_BITS;
        for (size_t i = 0; i < count; i++) {
            uint64_t prefix = (uint64_t)values[i] >> shift;
            if (values[i] >= 0 && prefix >> DIGIT_BITS == found)
                counts[prefix % DIGITS]++;
        }
        while (digit + 1 < DIGITS && rank > counts[digit])
            rank -= counts[digit++];
        found = found << DIGIT_BITS | digit;
    }
    return (int64_t)found;
}
