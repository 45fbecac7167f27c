// SPDX-License-Identifier: GPL-2.0-or-later
// What kind a stream is, of what was counted in the first reading.
#include "sim/arrivals/streams.h"

#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CYCLE_THINK_NS 5000000  // longer thinks separate cycles
#define ASYNC_RATIO 0.23        // arrivals while a request is in flight, to those after it
#define ASYNC_BETWEEN_FROM 0.19 // where sync ones have been seen
#define ASYNC_BETWEEN_TO 0.27   // and async ones

bool stream_end_cycle(struct stream *stream, int64_t time_ns)
{
    int64_t think_ns = time_ns - stream->last_end_ns;
    stream->thinks++;
    stream->think_ns += (double)think_ns;
    if (think_ns <= CYCLE_THINK_NS || stream->origin == STREAM_MADE)
        return true;
    struct stream_cycle cycle = {stream->last_end_ns - stream->cycle_from_ns, think_ns};
    stream->cycle_from_ns = time_ns;
    if (stream->cycles == NULL)
        stream->cycles = malloc(STREAM_CYCLES_MAX * sizeof *stream->cycles);
    if (stream->cycles == NULL)
        return false;
    // Once there are too many, every second one, every fourth, ...
    uint64_t stride = 1;
    while (stream->cycles_seen / stride >= STREAM_CYCLES_MAX)
        stride *= 2;
    if (stream->cycles_seen % stride == 0) {
        if (stream->cycle_count == STREAM_CYCLES_MAX) {
            for (uint32_t i = 0; i < STREAM_CYCLES_MAX / 2; i++)
                stream->cycles[i] = stream->cycles[2 * i];
            stream->cycle_count /= 2;
        }
        stream->cycles[stream->cycle_count++] = cycle;
    }
    stream->cycles_seen++;
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

// The value that `share` of them do not exceed. Sorts them.
static double quantile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, compare_numbers);
    return values[(size_t)((double)(count - 1) * share)];
}

// Does it follow a clock: is its think shorter by as much as it was busy longer?
static bool is_paced(struct stream *stream)
{
    static const double busy_share = 0.98, think_share = 0.95;
    double x[STREAM_CYCLES_MAX], y[STREAM_CYCLES_MAX];
    double offset, slope, cov00, cov01, cov11, sum;
    size_t count = stream->cycle_count, kept = 0;
    if (count < 20)
        return false;
    for (size_t i = 0; i < count; i++) {
        x[i] = (double)stream->cycles[i].busy_ns;
        y[i] = (double)stream->cycles[i].think_ns;
    }
    double busy_max = quantile(x, count, busy_share), think_max = quantile(y, count, think_share);
    for (size_t i = 0; i < count; i++) {
        x[kept] = (double)stream->cycles[i].busy_ns;
        y[kept] = (double)stream->cycles[i].think_ns;
        kept += x[kept] <= busy_max && y[kept] <= think_max;
    }
    if (kept < 20)
        return false;
    gsl_fit_linear(x, 1, y, 1, kept, &offset, &slope, &cov00, &cov01, &cov11, &sum);
    stream->slope = slope;
    stream->slope_error = sqrt(cov11);
    // A clock's is -1. Steeper ones come of few long busy times.
    return slope > -1.5 && slope < -0.5 && slope + 2 * stream->slope_error < -0.3;
}

void stream_conclude(struct stream *stream)
{
    double during = (double)stream->during, after = (double)stream->after;
    uint64_t enough = stream->requests / 100 > 3 ? stream->requests / 100 : 3;
    if (stream->origin == STREAM_OPEN || stream->requests == 0) {
        stream->kind = SCENARIO_STREAM_OPEN; // without completions nobody can wait for them
        return;
    }
    if (stream->origin == STREAM_CLOSED)
        return;
    if (stream->origin == STREAM_MADE) {
        bool is_open = strncmp(stream->name, TRACE_STREAM_OPEN, strlen(TRACE_STREAM_OPEN)) == 0;
        stream->kind = is_open ? SCENARIO_STREAM_OPEN : SCENARIO_STREAM_SYNC;
        return;
    }
    stream->is_saturated =
        stream->depth > 1 && (double)stream->prompt > 0.7 * (double)stream->requests;
    bool is_async =
        stream->hits >= enough && (stream->is_saturated || during > ASYNC_RATIO * after);
    stream->is_between = stream->hits >= enough && !stream->is_saturated &&
                         during > ASYNC_BETWEEN_FROM * after && during < ASYNC_BETWEEN_TO * after;
    if (stream->origin == STREAM_OF_WRITEBACK)
        is_async = 2 * stream->shallow > stream->requests;
    stream->kind = is_async           ? SCENARIO_STREAM_ASYNC
                   : is_paced(stream) ? SCENARIO_STREAM_PACED
                                      : SCENARIO_STREAM_SYNC;
}

// With a depth and no kind it is one that has a depth.
void streams_tell(struct stream *stream, const struct scenario_stream *told)
{
    stream->is_kind_told = told->kind != SCENARIO_STREAM_INFERRED;
    stream->is_depth_told = told->depth > 0;
    if (stream->is_kind_told)
        stream->kind = told->kind;
    else if (told->depth > 1)
        stream->kind = SCENARIO_STREAM_ASYNC;
    if (told->depth > 0)
        stream->depth = told->depth;
    if (told->lifetime == SCENARIO_LIFETIME_RECORDED)
        stream->lifetime_ns = stream->last_ns - stream->first_ns;
}
