// SPDX-License-Identifier: GPL-2.0-or-later
// A failing random case made small: fewer events, members, groups and limits, rounder numbers, as
// long as it still fails.
//
// Asking whether a case fails is what costs, so big cuts come first, and no case is asked about
// twice. What comes out fails, and if the calls suffice, it stops failing (or being valid) when any
// one event is taken out.
#ifndef SIM_VERIFY_RANDOM_SHRINK_H
#define SIM_VERIFY_RANDOM_SHRINK_H

#include "sim/verify/random/random_case.h"

// The same case gives the same answer. Only valid cases are asked about.
typedef bool shrink_fails(void *context, const struct random_case *random_case);

// The smallest that was found with at most so many calls of `fails`; the original, which is not
// asked about, must fail. NULL: out of memory. To be freed by random_case_free.
struct random_case *shrink_case(const struct random_case *original, shrink_fails *fails,
                                void *context, unsigned call_max);

#endif
