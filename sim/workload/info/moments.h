// SPDX-License-Identifier: GPL-2.0-or-later
// Mean and variance of a stream in constant memory, by Welford's recurrence; zeros can be added any
// number at a time, which a count of requests per window needs where nothing happens for long.
#ifndef SIM_WORKLOAD_INFO_MOMENTS_H
#define SIM_WORKLOAD_INFO_MOMENTS_H

#include <stdint.h>

// All zero is empty.
struct info_moments {
    uint64_t count;
    double mean;
    double squares; // sum of the squared distances from the mean
};

void info_moments_add(struct info_moments *moments, double value);
void info_moments_add_zeros(struct info_moments *moments, uint64_t count);

// Of a sample, as gsl_rstat_variance; 0 of fewer than two values.
double info_moments_variance(const struct info_moments *moments);

#endif
