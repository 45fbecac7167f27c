// SPDX-License-Identifier: GPL-2.0-or-later
// Exact order statistics without sorting, in bounded time whatever the values.
#ifndef REPORTS_QUANTILE_H
#define REPORTS_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

// The nearest rank, from 1, of a quantile among count > 0 values: the smallest rank that is at
// least percent / 100 of them.
uint64_t quantile_rank(uint64_t count, unsigned percent);

// The value of this rank (1 to as many as are not negative); negative values are left out.
int64_t quantile_select(const int64_t *values, size_t count, uint64_t rank);
#endif
