// SPDX-License-Identifier: GPL-2.0-or-later
// An exact factor above 0, such as the speed of a replay.
#ifndef SIM_BASE_FRACTION_H
#define SIM_BASE_FRACTION_H

#include <stdbool.h>
#include <stdint.h>

#define FRACTION_MAX INT64_C(1000000000) // of each of the two, so that no product overflows

// Both from 1 to FRACTION_MAX, without a common divisor.
struct fraction {
    int64_t numerator;
    int64_t denominator;
};

// "2", "1.5", "1/3". False on anything else, on 0, and on what needs larger numbers.
bool fraction_parse(const char *text, struct fraction *fraction);

// Completes "expected ..." for fraction_parse.
#define FRACTION_EXPECTED "a factor above 0, such as 2, 1.5 or 1/3"

// *quotient = value / divisor, rounded down, exactly. value is at least 0. False: it does not fit.
bool fraction_divide(int64_t value, const struct fraction *divisor, int64_t *quotient);

#endif
