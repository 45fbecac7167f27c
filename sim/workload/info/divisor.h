// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef SIM_WORKLOAD_INFO_DIVISOR_H
#define SIM_WORKLOAD_INFO_DIVISOR_H

#include <stdint.h>

// Of two numbers that are not negative, by Euclid; 0 and a number: that number.
static inline int64_t info_greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
