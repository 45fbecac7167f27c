// SPDX-License-Identifier: GPL-2.0-or-later
// Percentiles as the tables of a run have them, read off a histogram, of requests whose exact ones
// are measured already: who sees both tables sees one number.
#include "reports/compare/compare_internal.h"
#include "reports/histogram.h"
#include "reports/quantile.h"

#include <math.h>

static double *shown_slot(struct comparison_stream *stream, int kind, int percentile, int side)
{
    struct report_change *shown = &stream->shown[kind][percentile];
    return side == 0 ? &shown->a : &shown->b;
}

static double value_of(const struct report_change *change, int side)
{
    return side == 0 ? change->a : change->b;
}

static double least_of(const int64_t *values, size_t count)
{
    int64_t least = COMPARISON_NEVER;
    for (size_t i = 0; i < count; i++)
        least = values[i] >= 0 && values[i] < least ? values[i] : least;
    return (double)least; // not called without one
}

void comparison_show(struct comparison_stream *stream, int kind, int side, const int64_t *values,
                     size_t count, uint64_t known)
{
    static const unsigned percents[COMPARISON_SHOWN] = {50, 90, 99};
    int first = kind == 0 ? REPORT_P50 : REPORT_WAIT_P50;
    double least = least_of(values, count), most = value_of(&stream->changes[first + 3], side);
    for (int i = 0; i < COMPARISON_SHOWN; i++) {
        double value = value_of(&stream->changes[first + i], side);
        uint64_t rank = quantile_rank(known, percents[i]);
        if (rank == 1 || rank == known || isinf(value))
            *shown_slot(stream, kind, i, side) = value;
        else
            *shown_slot(stream, kind, i, side) =
                fmin(fmax((double)report_histogram_middle((int64_t)value), least), most);
    }
}

// As the tables of a run put those of all members together between the least and the largest of the
// members' own.
static void clamp(struct report_comparison *comparison, size_t s)
{
    for (int i = 0; i < 2 * 2 * COMPARISON_SHOWN; i++) {
        int side = i % 2, kind = i / 2 % 2, percentile = i / 4;
        double *shown = shown_slot(comparison->total.streams[s], kind, percentile, side);
        double least = INFINITY, most = -INFINITY;
        for (size_t m = 0; m < comparison->member_count; m++) {
            struct comparison_stream *stream = comparison->members[m].streams[s];
            if (stream == NULL)
                continue;
            least = fmin(least, *shown_slot(stream, kind, percentile, side));
            most = fmax(most, *shown_slot(stream, kind, percentile, side));
        }
        *shown = fmin(fmax(*shown, least), most);
    }
}

void comparison_show_total(struct report_comparison *comparison)
{
    for (size_t s = 0; s < COMPARISON_STREAMS; s++) {
        if (comparison->total.streams[s] != NULL)
            clamp(comparison, s);
    }
}
