// SPDX-License-Identifier: GPL-2.0-or-later
// Shrinking, the numbers: sizes of requests and times between events become round and smaller.
#include "sim/verify/random/shrink_internal.h"

// ---- Sizes ----

static bool lower_sizes(struct shrink *shrink, uint64_t bytes, size_t first, size_t end)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    for (size_t i = first; i < end; i++) {
        if (candidate->events[i].bytes > bytes)
            candidate->events[i].bytes = bytes;
    }
    return shrink_offer(shrink, candidate);
}

bool shrink_sizes(struct shrink *shrink)
{
    static const uint64_t sizes[] = {512, 4096, 65536, 1048576};
    size_t size_count = sizeof sizes / sizeof sizes[0], count = shrink->best->event_count;
    bool any = false;
    for (size_t i = 0; i < size_count; i++) {
        if (lower_sizes(shrink, sizes[i], 0, count)) {
            any = true;
            break;
        }
    }
    for (size_t event = 0; event < count; event++) {
        for (size_t i = 0; i < size_count; i++) {
            if (lower_sizes(shrink, sizes[i], event, event + 1)) {
                any = true;
                break;
            }
        }
    }
    return any;
}

// ---- Times ----

// To so many leading digits, the others 0.
static int64_t round_down(int64_t value, unsigned digits)
{
    int64_t limit = 1, unit = 1;
    if (digits == 0)
        return 0;
    for (unsigned i = 0; i < digits; i++)
        limit *= 10;
    while (value / unit >= limit)
        unit *= 10;
    return value / unit * unit;
}

// Rounds the time before an event. What comes later, the end too, moves with it.
static void round_gap(struct random_case *random_case, size_t index, unsigned digits)
{
    struct random_event *events = random_case->events;
    int64_t from_ns = index == 0 ? 0 : events[index - 1].at_ns;
    int64_t gap_ns = events[index].at_ns - from_ns;
    int64_t less_ns = gap_ns - round_down(gap_ns, digits);
    if (random_case->end_ns != RANDOM_CASE_NO_END && random_case->end_ns >= events[index].at_ns)
        random_case->end_ns -= less_ns;
    for (size_t i = index; i < random_case->event_count; i++)
        events[i].at_ns -= less_ns;
}

static bool round_gaps(struct shrink *shrink, unsigned digits, size_t first, size_t end)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    for (size_t i = first; i < end; i++)
        round_gap(candidate, i, digits);
    return shrink_offer(shrink, candidate);
}

static bool drop_end(struct shrink *shrink)
{
    struct random_case *candidate = shrink_candidate(shrink);
    if (candidate == NULL)
        return false;
    candidate->end_ns = RANDOM_CASE_NO_END;
    return shrink_offer(shrink, candidate);
}

bool shrink_times(struct shrink *shrink)
{
    const unsigned digits_max = 4;
    size_t count = shrink->best->event_count;
    bool any = drop_end(shrink);
    for (unsigned digits = 0; digits < digits_max; digits++) {
        if (round_gaps(shrink, digits, 0, count)) {
            any = true;
            break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (unsigned digits = 0; digits < digits_max; digits++) {
            if (round_gaps(shrink, digits, i, i + 1)) {
                any = true;
                break;
            }
        }
    }
    return any;
}
