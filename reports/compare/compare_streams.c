// SPDX-License-Identifier: GPL-2.0-or-later
// Which streams there are, each measured once.
#include "reports/compare/compare_internal.h"
#include "reports/fairness.h"

#include <math.h>
#include <stdlib.h>

// Requests that the resamples of all members' streams have together, and at least of one. Those of
// the total have BOOTSTRAP_MOST in any case.
#define STREAMS_BUDGET (UINT64_C(1) << 20)
#define STREAMS_LEAST 512

// Both are of the same runs, or the first is empty.
static void streams_add_traffic(struct compare_traffic *to, const struct compare_traffic *what)
{
    if (what->requests == 0)
        return;
    if (to->requests == 0 || what->first_arrival_ns < to->first_arrival_ns)
        to->first_arrival_ns = what->first_arrival_ns;
    to->requests += what->requests;
    to->unknown += what->unknown;
    for (int i = 0; i < 2; i++) {
        to->waiting[i] += what->waiting[i];
        to->completed[i] += what->completed[i];
        to->completed_bytes[i] =
            report_add_saturated(to->completed_bytes[i], what->completed_bytes[i]);
        if (what->last_completion_ns[i] > to->last_completion_ns[i])
            to->last_completion_ns[i] = what->last_completion_ns[i];
    }
}

static bool streams_make(struct compare_member *member, struct report_error *error)
{
    for (size_t s = 0; s < COMPARE_STREAMS; s++) {
        struct compare_traffic traffic = {0};

        for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++) {
            if (d == s || (s == COMPARE_READ_WRITE && d <= REPORT_DIRECTION_WRITE))
                streams_add_traffic(&traffic, &member->traffic[d]);
        }
        if (traffic.requests == 0)
            continue;
        struct compare_stream *stream = calloc(1, sizeof *stream);

        if (stream == NULL)
            return compare_memory(error);
        stream->traffic = traffic;
        for (size_t i = 0; i < REPORT_METRIC_COUNT; i++)
            stream->changes[i] = (struct report_change){NAN, NAN, NAN, NAN};
        member->streams[s] = stream;
    }
    return true;
}

// The same requests as in another stream, measured already: reads and writes of a member that only
// reads, the total of one member.
static const struct compare_stream *streams_find_equal(const struct report_comparison *comparison,
                                                       const struct compare_member *member,
                                                       size_t s)
{
    uint64_t requests = member->streams[s]->traffic.requests;

    for (size_t d = 0; s == COMPARE_READ_WRITE && d <= REPORT_DIRECTION_WRITE; d++) {
        if (member->streams[d] != NULL && member->streams[d]->traffic.requests == requests)
            return member->streams[d];
    }
    for (size_t m = 0; member == &comparison->total && m < comparison->member_count; m++) {
        const struct compare_stream *stream = comparison->members[m].streams[s];

        if (stream != NULL && stream->traffic.requests == requests)
            return stream;
    }
    return NULL;
}

static bool streams_measure(const struct report_comparison *comparison,
                            struct compare_member *member, struct compare_columns *columns,
                            struct report_error *error)
{
    for (size_t s = 0; s < COMPARE_STREAMS; s++) {
        if (member->streams[s] == NULL)
            continue;
        const struct compare_stream *equal = streams_find_equal(comparison, member, s);

        if (equal != NULL)
            *member->streams[s] = *equal;
        else if (!compare_measure_stream(comparison, member, s, columns, error))
            return false;
    }
    return true;
}

// With many members each has fewer requests in a resample, so that the cost stays the same.
static size_t streams_choose_most(const struct report_comparison *comparison)
{
    size_t most = 2 * (size_t)BOOTSTRAP_MOST;
    uint64_t all;

    do {
        most /= 2;
        all = 0;
        for (size_t i = 0; i < comparison->member_count * COMPARE_STREAMS; i++) {
            const struct compare_stream *stream =
                comparison->members[i / COMPARE_STREAMS].streams[i % COMPARE_STREAMS];

            if (stream != NULL)
                all += stream->traffic.requests < most ? stream->traffic.requests : most;
        }
    } while (all > STREAMS_BUDGET && most > STREAMS_LEAST);
    return most;
}

static bool streams_prepare(struct report_comparison *comparison, struct compare_columns *columns,
                            struct report_error *error)
{
    struct compare_member *total = &comparison->total;
    bool good = true;

    for (size_t m = 0; good && m < comparison->member_count; m++) {
        struct compare_member *member = &comparison->members[m];

        good = streams_make(member, error);
        for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++)
            streams_add_traffic(&total->traffic[d], &member->traffic[d]);
    }
    total->count = comparison->count;
    if (!good || !streams_make(total, error) ||
        !report_spill_open(&columns->spill, comparison->count, 4 * sizeof(int64_t), error))
        return false;
    comparison->most = streams_choose_most(comparison);
    for (int side = 0; side < 2 && comparison->count > 0; side++) {
        int64_t *first = columns->spill.bytes;

        columns->wait_ns[side] = first + (size_t)side * comparison->count;
        columns->total_ns[side] = first + (size_t)(side + 2) * comparison->count;
    }
    return true;
}

bool compare_measure(struct report_comparison *comparison, struct report_error *error)
{
    struct compare_columns columns = {.count = 0};
    bool good = streams_prepare(comparison, &columns, error);

    for (size_t m = 0; good && m < comparison->member_count; m++)
        good = streams_measure(comparison, &comparison->members[m], &columns, error);
    good = good && streams_measure(comparison, &comparison->total, &columns, error);
    report_spill_close(&columns.spill);
    return good;
}
