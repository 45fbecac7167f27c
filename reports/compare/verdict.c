// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison in one sentence. It says who is faster only if that is so of each request that
// differs, and mostly if it is so of most of them, of their mean and of their p99; it has the
// numbers of both kinds in any case.
#include "reports/compare/compare_internal.h"
#include "reports/grid.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define VERDICT_NAME_CELLS 40

struct counts {
    double requests, slower, faster, unknown;
    double waiting[2];
};

const char *const comparison_outcomes[] = {
    [COMPARISON_EMPTY] = "empty",
    [COMPARISON_SAME] = "same",
    [COMPARISON_FASTER] = "faster",
    [COMPARISON_SLOWER] = "slower",
    [COMPARISON_MOSTLY_FASTER] = "mostly-faster",
    [COMPARISON_MOSTLY_SLOWER] = "mostly-slower",
    [COMPARISON_MIXED] = "mixed",
};

static void append(struct comparison_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct comparison_verdict *verdict, const char *format, ...)
{
    size_t used = strlen(verdict->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->text + used, sizeof verdict->text - used, format, arguments);
    va_end(arguments);
}

static struct counts count_all(const struct report_comparison *comparison)
{
    struct counts counts = {.requests = (double)comparison->count};
    for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++) {
        const struct comparison_stream *stream = comparison->total.streams[d];
        if (stream == NULL)
            continue;
        counts.slower += stream->changes[REPORT_SLOWER].b;
        counts.faster += stream->changes[REPORT_FASTER].b;
        counts.unknown += (double)stream->traffic.unknown;
        for (int side = 0; side < 2; side++)
            counts.waiting[side] += (double)stream->traffic.waiting[side];
    }
    return counts;
}

// Less than 0: B is lower.
static int sign_of(const struct report_change *change)
{
    double absolute = report_change_absolute(change);
    return (absolute > 0) - (absolute < 0); // not known: 0
}

static bool is_changed(const struct comparison_stream *stream)
{
    return stream != NULL &&
           stream->changes[REPORT_SLOWER].b + stream->changes[REPORT_FASTER].b > 0;
}

// What the sentence is about besides: reads and writes, unless only others differ.
static size_t main_stream(const struct comparison_member *member)
{
    size_t s = COMPARISON_READ_WRITE;
    for (size_t d = 0; d < REPORT_DIRECTION_COUNT && !is_changed(member->streams[s]); d++)
        s = is_changed(member->streams[d]) ? d : s;
    return s;
}

static enum comparison_outcome judge(const struct counts *counts,
                                     const struct comparison_stream *stream)
{
    if (counts->requests == 0)
        return COMPARISON_EMPTY;
    if (counts->slower == 0 && counts->faster == 0)
        return counts->unknown < counts->requests ? COMPARISON_SAME : COMPARISON_EMPTY;
    if (counts->slower == 0)
        return COMPARISON_FASTER;
    if (counts->faster == 0)
        return COMPARISON_SLOWER;
    int mean = sign_of(&stream->changes[REPORT_MEAN]), p99 = sign_of(&stream->changes[REPORT_P99]);
    if (counts->faster > counts->slower && mean < 0 && p99 <= 0)
        return COMPARISON_MOSTLY_FASTER;
    if (counts->slower > counts->faster && mean > 0 && p99 >= 0)
        return COMPARISON_MOSTLY_SLOWER;
    return COMPARISON_MIXED;
}

// As the tables have it.
static const struct report_change *shown_of(const struct comparison_stream *stream, int metric)
{
    return metric == REPORT_P99 ? &stream->shown[0][COMPARISON_SHOWN - 1]
                                : &stream->changes[metric];
}

// "p99 of read+write 849 ms -> 38.1 ms": the first of p99, mean and maximum that differs.
static int append_change(struct comparison_verdict *verdict, const struct comparison_stream *stream,
                         const char *direction)
{
    static const int metrics[] = {REPORT_P99, REPORT_MEAN, REPORT_MAX};
    char a[GRID_NUMBER_MAX], b[GRID_NUMBER_MAX];
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        const struct report_change *change = &stream->changes[metrics[i]];
        if (sign_of(change) == 0)
            continue;
        change = shown_of(stream, metrics[i]);
        append(verdict, "; %s of %s %s -> %s", report_metrics[metrics[i]].name, direction,
               grid_format(a, change->a, GRID_TIME), grid_format(b, change->b, GRID_TIME));
        return metrics[i];
    }
    return -1;
}

// The member in which this metric of the stream changed most in the direction of all of them.
static void append_member(struct comparison_verdict *verdict,
                          const struct report_comparison *comparison, size_t s, int metric)
{
    const struct comparison_member *most = NULL;
    char name[REPORT_LABEL_MAX], a[GRID_NUMBER_MAX], b[GRID_NUMBER_MAX];
    int sign = sign_of(&comparison->total.streams[s]->changes[metric]);
    double largest = 0;
    size_t active = 0;
    for (size_t m = 0; m < comparison->member_count; m++) {
        const struct comparison_member *member = &comparison->members[m];
        active += member->count > 0;
        if (member->streams[s] == NULL)
            continue;
        double change = sign * report_change_absolute(&member->streams[s]->changes[metric]);
        if (change > largest) {
            largest = change;
            most = member;
        }
    }
    if (most == NULL || active < 2)
        return;
    const struct report_change *change = shown_of(most->streams[s], metric);
    report_label(name, most->name, VERDICT_NAME_CELLS);
    append(verdict, ", most for %s: %s -> %s", name, grid_format(a, change->a, GRID_TIME),
           grid_format(b, change->b, GRID_TIME));
}

static void append_counts(struct comparison_verdict *verdict, const struct counts *counts)
{
    char requests[GRID_NUMBER_MAX], faster[GRID_NUMBER_MAX], slower[GRID_NUMBER_MAX];
    grid_format(requests, counts->requests, GRID_COUNT);
    grid_format(faster, counts->faster, GRID_COUNT);
    grid_format(slower, counts->slower, GRID_COUNT);
    switch (verdict->outcome) {
    case COMPARISON_EMPTY:
        append(verdict, "Nothing to compare: %s",
               counts->requests > 0 ? "no request has a latency in both runs" : "no requests");
        break;
    case COMPARISON_SAME:
        append(verdict, "No difference: every request takes as long in B as in A");
        break;
    case COMPARISON_FASTER:
        append(verdict, "B is faster: %s of %s requests, none is slower", faster, requests);
        break;
    case COMPARISON_SLOWER:
        append(verdict, "B is slower: %s of %s requests, none is faster", slower, requests);
        break;
    case COMPARISON_MOSTLY_FASTER:
        append(verdict, "B is mostly faster: %s of %s requests, but %s slower", faster, requests,
               slower);
        break;
    case COMPARISON_MOSTLY_SLOWER:
        append(verdict, "B is mostly slower: %s of %s requests, but %s faster", slower, requests,
               faster);
        break;
    case COMPARISON_MIXED:
        append(verdict, "Mixed: %s of %s requests slower in B, %s faster", slower, requests,
               faster);
        break;
    }
}

void comparison_judge(const struct report_comparison *comparison,
                      struct comparison_verdict *verdict)
{
    struct counts counts = count_all(comparison);
    size_t s = main_stream(&comparison->total);
    const struct comparison_stream *stream = comparison->total.streams[s];
    char a[GRID_NUMBER_MAX], b[GRID_NUMBER_MAX];
    *verdict = (struct comparison_verdict){.outcome = judge(&counts, stream)};
    append_counts(verdict, &counts);
    if (counts.slower + counts.faster > 0) {
        int metric = append_change(verdict, stream, report_direction_name(s));
        if (metric >= 0)
            append_member(verdict, comparison, s, metric);
    }
    if (counts.waiting[0] > 0 || counts.waiting[1] > 0)
        append(verdict, "; left in the throttle: %s -> %s",
               grid_format(a, counts.waiting[0], GRID_COUNT),
               grid_format(b, counts.waiting[1], GRID_COUNT));
    append(verdict, ".");
}
