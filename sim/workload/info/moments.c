// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/moments.h"

void info_moments_add(struct info_moments *moments, double value)
{
    double distance = value - moments->mean;
    moments->count++;
    moments->mean += distance / (double)moments->count;
    moments->squares += distance * (value - moments->mean);
}

// Chan, Golub and LeVeque's rule for two samples, of which one is all zeros.
void info_moments_add_zeros(struct info_moments *moments, uint64_t count)
{
    if (count == 0)
        return;
    double old = (double)moments->count, added = (double)count;
    moments->squares += moments->mean * moments->mean * old * (added / (old + added));
    moments->mean *= old / (old + added);
    moments->count += count;
}

double info_moments_variance(const struct info_moments *moments)
{
    return moments->count < 2 ? 0 : moments->squares / (double)(moments->count - 1);
}
