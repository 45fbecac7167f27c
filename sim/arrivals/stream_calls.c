// SPDX-License-Identifier: GPL-2.0-or-later
// Who wakes whom, found by counting: how often a request of one group comes out of the blue shortly
// after a completion of another, against how often that happens by chance, which is counted with
// the completions shifted in time. Source: docs/model.md.
#include "sim/arrivals/streams.h"

#include <math.h>
#include <stdlib.h>

#define MS INT64_C(1000000)
#define WINDOWS 5
#define SHIFTS 8
#define GROUPS_MAX 256U    // of a device: among so many at most
#define CALLS_MAX 256U     // that are found
#define LOOKED_AT_MAX 4096 // completions before a start: a device that is faster tells less

static const int64_t windows_ns[WINDOWS] = {STREAM_IDLE_NS, MS, 3 * MS, 10 * MS, 30 * MS};
static const int64_t shifts_ns[SHIFTS] = {0,         137 * MS,  -211 * MS,  389 * MS,
                                          -733 * MS, 1301 * MS, -1709 * MS, 2503 * MS};

struct pair_counts {
    uint32_t of[WINDOWS][SHIFTS];
};

struct call_search {
    const struct streams *streams;
    uint32_t device;
    uint32_t *local; // by group: its number on this device, or GROUPS_MAX
    uint32_t *groups;
    uint32_t count;
    const struct stream_moment **starts; // of the device, as long as they are not explained
    const struct stream_moment **ends;
    size_t start_count;
    size_t end_count;
    int64_t from_ns, until_ns;   // of the device's starts and ends
    struct pair_counts *pairs;   // [caller][callee]
    uint32_t (*totals)[WINDOWS]; // starts, by callee
    uint64_t *seen;              // by local group: the mark of the window that saw it
    uint64_t mark;
};

// How many ends lie at or before this time.
static size_t ends_until(const struct call_search *search, int64_t time_ns)
{
    size_t low = 0, high = search->end_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (search->ends[middle]->time_ns <= time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// A time so much before, in a recording that is a ring: in a short one most would else lie outside.
static int64_t shifted(const struct call_search *search, int64_t time_ns, int64_t shift_ns)
{
    uint64_t length_ns = (uint64_t)search->until_ns - (uint64_t)search->from_ns + 1;
    uint64_t back_ns = (uint64_t)(shift_ns < 0 ? -shift_ns : shift_ns) % length_ns;
    uint64_t since_ns = (uint64_t)time_ns - (uint64_t)search->from_ns; // below length_ns, of 2^63
    since_ns += shift_ns < 0 ? back_ns : length_ns - back_ns;
    return (int64_t)((uint64_t)search->from_ns + since_ns % length_ns);
}

// Adds `by` to what each caller explains of this start, with its completions shifted.
static void count_shifted(struct call_search *search, const struct stream_moment *start, int shift,
                          uint32_t by)
{
    uint32_t callee = search->local[start->group];
    int64_t time_ns = shifted(search, start->time_ns, shifts_ns[shift]);
    uint32_t others = search->count - 1;
    size_t last = ends_until(search, time_ns);
    search->mark++;
    for (size_t i = last; i-- > 0 && last - i <= LOOKED_AT_MAX && others > 0;) {
        int64_t distance_ns = time_ns - search->ends[i]->time_ns;
        if (distance_ns > windows_ns[WINDOWS - 1])
            break;
        uint32_t caller = search->local[search->ends[i]->group];
        if (caller == callee || search->seen[caller] == search->mark)
            continue;
        search->seen[caller] = search->mark;
        others--;
        for (int w = 0; w < WINDOWS; w++)
            if (distance_ns <= windows_ns[w] && start->idle_ns > windows_ns[w])
                search->pairs[caller * search->count + callee].of[w][shift] += by;
    }
}

static void count_start(struct call_search *search, const struct stream_moment *start, uint32_t by)
{
    for (int shift = 0; shift < SHIFTS; shift++)
        count_shifted(search, start, shift, by);
}

// How surely a pair is one, or 0.
static double surely(const struct call_search *search, uint32_t caller, uint32_t callee, int window,
                     double *expected)
{
    const uint32_t *counts = search->pairs[caller * search->count + callee].of[window];
    uint32_t others = 0;
    for (int shift = 1; shift < SHIFTS; shift++)
        others += counts[shift];
    *expected = others / (double)(SHIFTS - 1);
    double counted = counts[0];
    double z = (counted - *expected) / sqrt(*expected + 1);
    bool is_one = counted >= 5 && counted > 3 * *expected && z > 4 &&
                  counted * 10 >= search->totals[callee][window];
    return is_one ? z : 0;
}

static bool find_strongest(const struct call_search *search, struct stream_call *call, int *window)
{
    double best = 0;
    for (uint32_t caller = 0; caller < search->count; caller++) {
        for (uint32_t callee = 0; callee < search->count; callee++) {
            for (int w = 0; w < WINDOWS; w++) {
                double expected, z = surely(search, caller, callee, w, &expected);
                if (z <= best)
                    continue;
                best = z;
                *window = w;
                *call = (struct stream_call){
                    .caller = search->groups[caller],
                    .callee = search->groups[callee],
                    .window_ns = windows_ns[w],
                    .counted = search->pairs[caller * search->count + callee].of[w][0],
                    .expected = expected,
                };
            }
        }
    }
    return best > 0;
}

static bool explains(const struct call_search *search, const struct stream_call *call,
                     const struct stream_moment *start)
{
    if (start->group != call->callee || start->idle_ns <= call->window_ns)
        return false;
    for (size_t i = ends_until(search, start->time_ns); i-- > 0;) {
        if (start->time_ns - search->ends[i]->time_ns > call->window_ns)
            return false;
        if (search->ends[i]->group == call->caller)
            return true;
    }
    return false;
}

static void remove_explained(struct call_search *search, const struct stream_call *call)
{
    size_t kept = 0;
    for (size_t i = 0; i < search->start_count; i++) {
        const struct stream_moment *start = search->starts[i];
        if (explains(search, call, start))
            count_start(search, start, UINT32_MAX); // one less
        else
            search->starts[kept++] = start;
    }
    search->start_count = kept;
}

static bool add_call(struct streams *streams, const struct stream_call *call)
{
    struct stream_call *calls =
        realloc(streams->calls, (streams->call_count + 1) * sizeof *streams->calls);
    if (calls == NULL)
        return false;
    streams->calls = calls;
    calls[streams->call_count++] = *call;
    return true;
}

static size_t select_moments(const struct call_search *search, const struct stream_moments *from,
                             const struct stream_moment **to)
{
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].device == search->device &&
            search->local[from->items[i].group] < GROUPS_MAX)
            to[count++] = &from->items[i];
    return count;
}

static void set_range(struct call_search *search)
{
    int64_t first_ns = search->starts[0]->time_ns;
    int64_t last_start_ns = search->starts[search->start_count - 1]->time_ns;
    int64_t last_end_ns = search->ends[search->end_count - 1]->time_ns;
    search->from_ns = first_ns; // a completion has an arrival before it
    search->until_ns = last_start_ns > last_end_ns ? last_start_ns : last_end_ns;
}

static bool search_device(struct streams *streams, struct call_search *search)
{
    search->count = 0;
    for (uint32_t i = 0; i < streams->group_count; i++) {
        const struct stream_group *group = &streams->groups[i];
        bool here = group->device == search->device && search->count < GROUPS_MAX &&
                    streams->items[group->stream].origin != STREAM_MADE;
        search->local[i] = here ? search->count : GROUPS_MAX;
        if (here)
            search->groups[search->count++] = i;
    }
    if (search->count < 2)
        return true;
    search->start_count = select_moments(search, &streams->starts, search->starts);
    search->end_count = select_moments(search, &streams->ends, search->ends);
    search->pairs = calloc((size_t)search->count * search->count, sizeof *search->pairs);
    search->totals = calloc(search->count, sizeof *search->totals);
    bool good = search->pairs != NULL && search->totals != NULL;
    if (good && search->start_count > 0 && search->end_count > 0)
        set_range(search);
    for (size_t i = 0; good && i < search->start_count; i++) {
        count_start(search, search->starts[i], 1);
        for (int w = 0; w < WINDOWS; w++)
            search->totals[search->local[search->starts[i]->group]][w] +=
                search->starts[i]->idle_ns > windows_ns[w];
    }
    struct stream_call call;
    int window;
    while (good && streams->call_count < CALLS_MAX && find_strongest(search, &call, &window)) {
        good = add_call(streams, &call);
        remove_explained(search, &call);
    }
    free(search->pairs);
    free(search->totals);
    return good;
}

bool streams_find_calls(struct streams *streams)
{
    struct call_search search = {
        .streams = streams,
        .local = calloc(streams->group_count + 1, sizeof *search.local),
        .groups = calloc(GROUPS_MAX, sizeof *search.groups),
        .starts = malloc((streams->starts.count + 1) * sizeof *search.starts),
        .ends = malloc((streams->ends.count + 1) * sizeof *search.ends),
        .seen = calloc(GROUPS_MAX, sizeof *search.seen),
    };
    bool good = search.local != NULL && search.groups != NULL && search.starts != NULL &&
                search.ends != NULL && search.seen != NULL;
    for (uint32_t i = 0; good && i < streams->group_count; i++) {
        search.device = streams->groups[i].device;
        bool is_first = true; // of the groups of its device
        for (uint32_t j = 0; j < i && is_first; j++)
            is_first = streams->groups[j].device != search.device;
        if (is_first)
            good = search_device(streams, &search);
    }
    free(search.local);
    free(search.groups);
    free(search.starts);
    free(search.ends);
    free(search.seen);
    return good;
}
