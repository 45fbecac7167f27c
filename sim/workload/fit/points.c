// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/points.h"

#include <math.h>

static bool next_in(const struct report_histogram *histogram, int64_t low_ns, int64_t high_ns,
                    size_t *position, struct report_histogram_range *range)
{
    while (report_histogram_next(histogram, position, range)) {
        if (range->high_ns > high_ns)
            return false;
        if (range->low_ns >= low_ns)
            return true;
    }
    return false;
}

void fit_points_take(struct fit_points *points, const struct report_histogram *histogram,
                     int64_t low_ns, int64_t high_ns, int64_t resolution_ns)
{
    struct report_histogram_range range;
    size_t position = 0;
    double sum = 0, half_tick = 0.5 * (double)resolution_ns;
    points->total = points->count = 0;
    while (next_in(histogram, low_ns, high_ns, &position, &range)) {
        points->total += range.count;
        sum += ((double)range.low_ns / 2 + (double)range.high_ns / 2) * (double)range.count;
    }
    points->mean = points->total == 0 ? 0 : sum / (double)points->total;
    uint64_t seen = 0, step = points->total / (FIT_POINTS_MAX - 2) + 1, due = 0;
    for (position = 0; next_in(histogram, low_ns, high_ns, &position, &range);) {
        seen += range.count;
        if (seen < due && seen < points->total)
            continue;
        points->edge[points->count] = (double)range.high_ns + half_tick;
        points->share[points->count++] = (double)seen / (double)points->total;
        due = seen + step;
    }
}

// How many of the values are in the bucket at *position, if it is the one that comes next.
static uint64_t take_bucket(const struct report_histogram_range *range, bool *is_there, int64_t low,
                            const struct report_histogram *histogram, size_t *position,
                            struct report_histogram_range *next)
{
    if (!*is_there || range->low_ns != low)
        return 0;
    uint64_t count = range->count;
    *is_there = report_histogram_next(histogram, position, next);
    return count;
}

double fit_histogram_distance(const struct report_histogram *left,
                              const struct report_histogram *right)
{
    struct report_histogram_range a, b;
    size_t at_a = 0, at_b = 0;
    bool has_a = report_histogram_next(left, &at_a, &a);
    bool has_b = report_histogram_next(right, &at_b, &b);
    uint64_t seen_a = 0, seen_b = 0;
    double distance = 0;
    if (!has_a || !has_b)
        return has_a == has_b ? 0 : 1;
    while (has_a && has_b) {
        int64_t low = a.low_ns < b.low_ns ? a.low_ns : b.low_ns;
        seen_a += take_bucket(&a, &has_a, low, left, &at_a, &a);
        seen_b += take_bucket(&b, &has_b, low, right, &at_b, &b);
        distance = fmax(distance, fabs((double)seen_a / (double)left->count -
                                       (double)seen_b / (double)right->count));
    }
    return distance;
}
