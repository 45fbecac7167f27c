// SPDX-License-Identifier: GPL-2.0-or-later
// Stafford's mixer "Mix13", the finaliser of SplitMix64: a bijection after which every bit depends
// on all of them.
#ifndef TRACES_BIT_MIX_H
#define TRACES_BIT_MIX_H

#include <stdint.h>

// What SplitMix64 adds at each step: 2^64 divided by the golden ratio.
#define TRACE_MIX_STEP UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t trace_mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

#endif
