// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/restart.h"

#include <stdlib.h>
#include <string.h>

void trace_restarts_free(struct trace_restarts *restarts)
{
    free(restarts->volumes);
    *restarts = (struct trace_restarts){0};
}

static bool make_room(struct trace_restarts *restarts, size_t count, struct trace_error *error)
{
    if (count > restarts->capacity) {
        size_t capacity = count < 8 ? 8 : 2 * count;
        void *volumes = realloc(restarts->volumes, capacity * sizeof *restarts->volumes);
        if (volumes == NULL) {
            trace_error_no_memory(error);
            return false;
        }
        restarts->volumes = volumes;
        restarts->capacity = capacity;
    }
    if (count > restarts->count) {
        memset(restarts->volumes + restarts->count, 0,
               (count - restarts->count) * sizeof *restarts->volumes);
        restarts->count = count;
    }
    return true;
}

static void run_add(struct trace_restart_run *run, int64_t time_ns)
{
    bool first = run->count++ == 0;
    run->mixed = run->mixed || (!first && time_ns < run->last_ns);
    run->min_ns = first || time_ns < run->min_ns ? time_ns : run->min_ns;
    run->max_ns = first || time_ns > run->max_ns ? time_ns : run->max_ns;
    run->last_ns = time_ns;
}

// One run of both.
static void run_join(struct trace_restart_run *run, const struct trace_restart_run *other)
{
    run->min_ns = other->min_ns < run->min_ns ? other->min_ns : run->min_ns;
    run->max_ns = other->max_ns > run->max_ns ? other->max_ns : run->max_ns;
    run->count += other->count;
    run->mixed = true;
}

static bool is_long(const struct trace_restart_run *run)
{
    return run->count >= TRACE_RESTART_MIXED ||
           (run->count >= TRACE_RESTART_ORDERED && !run->mixed);
}

// later - earlier, at most INT64_MAX.
static int64_t gap(int64_t later_ns, int64_t earlier_ns)
{
    uint64_t gap_ns = (uint64_t)later_ns - (uint64_t)earlier_ns;
    return gap_ns > INT64_MAX ? INT64_MAX : (int64_t)gap_ns;
}

// Into the first half of what the run covers. A request that took long stands where it was
// complete: that is not back.
static bool goes_back(const struct trace_restart_run *run, const struct trace_request *request)
{
    int64_t time_ns = request->arrival_ns;
    int64_t latency_ns = request->latency_ns > 0 ? request->latency_ns : 0;
    if (run->count == 0 || time_ns >= run->max_ns)
        return false;
    int64_t back_ns = gap(run->max_ns, time_ns);
    return back_ns > latency_ns && back_ns - latency_ns > TRACE_RESTART_MIN_NS &&
           (time_ns < run->min_ns || gap(time_ns, run->min_ns) < back_ns);
}

// Of one that follows: its times lie among those of the run, not just at their edge.
static bool is_amid(const struct trace_restart_run *run, const struct trace_restart_run *after)
{
    if (after->max_ns <= run->min_ns)
        return false;
    int64_t overlap_ns = gap(after->max_ns, run->min_ns);
    return overlap_ns > TRACE_RESTART_MIN_NS ||
           (!after->mixed && overlap_ns >= gap(after->max_ns, after->min_ns) / 2);
}

enum trace_result trace_restarts_add(struct trace_restarts *restarts,
                                     const struct trace_request *request, uint64_t place,
                                     uint64_t *restart, int64_t *back_ns, struct trace_error *error)
{
    if (!make_room(restarts, (size_t)request->volume + 1, error))
        return TRACE_ERROR;
    struct trace_restart_volume *volume = &restarts->volumes[request->volume];
    struct trace_restart_run *before = &volume->before, *after = &volume->after;
    int64_t time_ns = request->arrival_ns;
    if (after->count > 0 && time_ns > before->max_ns) { // it goes on where it was
        run_join(before, after);
        after->count = 0;
    }
    if (goes_back(after->count > 0 ? after : before, request)) {
        // Parts of one recording may stand in any order: then they do not overlap.
        if (after->count > 0 && is_long(after))
            run_join(before, after);
        else if (after->count > 0)
            before->count = 0;
        *after = (struct trace_restart_run){0};
        if (is_long(before))
            volume->place = place;
        else
            *before = *after;
        run_add(before->count > 0 ? after : before, time_ns);
        return TRACE_REQUEST;
    }
    run_add(after->count > 0 ? after : before, time_ns);
    if (after->count == 0 || !is_long(after) || !is_amid(before, after))
        return TRACE_REQUEST;
    *restart = volume->place;
    *back_ns = gap(before->max_ns, after->min_ns);
    return TRACE_END;
}
