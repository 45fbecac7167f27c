// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_model.h"

#include <stdlib.h>

static bool concerns(const struct run_span *span, const struct report_request *request)
{
    bool read_or_write =
        request->direction == REPORT_DIRECTION_READ || request->direction == REPORT_DIRECTION_WRITE;
    if (request->member != span->member)
        return false;
    if (span->direction == RUN_THROTTLED)
        return request->throttled;
    if (span->direction == RUN_READ_WRITE)
        return read_or_write;
    return span->direction == RUN_ALL || (int)request->direction == span->direction;
}

static bool lies_in(const struct run_span *span, int64_t at_ns)
{
    return at_ns >= span->start_ns && at_ns < span->end_ns;
}

struct run_sums run_model_sums(const struct run *run, const struct run_span *span)
{
    struct run_sums sums = {0};
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        int64_t bytes = (int64_t)request->bytes;
        if (!concerns(span, request))
            continue;
        if (lies_in(span, request->arrival_ns)) {
            sums.arrived++;
            sums.arrived_bytes += bytes;
            sums.waited += request->dispatch_ns != request->arrival_ns;
        }
        if (lies_in(span, request->dispatch_ns)) {
            sums.dispatched++;
            sums.dispatched_bytes += bytes;
        }
        if (lies_in(span, request->complete_ns)) {
            sums.completed++;
            sums.completed_bytes += bytes;
        }
    }
    return sums;
}

static bool is_waiting(const struct report_request *request, int64_t at_ns)
{
    return request->arrival_ns <= at_ns &&
           (request->dispatch_ns == REPORT_NOT_YET || request->dispatch_ns > at_ns);
}

int64_t run_model_waiting(const struct run *run, const struct run_span *span, int64_t at_ns)
{
    int64_t waiting = 0;
    for (size_t i = 0; i < run->request_count; i++)
        waiting += concerns(span, &run->requests[i]) && is_waiting(&run->requests[i], at_ns);
    return waiting;
}

// The number only grows at arrivals.
int64_t run_model_waiting_max(const struct run *run, const struct run_span *span)
{
    int64_t largest = run_model_waiting(run, span, span->start_ns);
    for (size_t i = 0; i < run->request_count; i++) {
        int64_t at_ns = run->requests[i].arrival_ns;
        int64_t waiting = lies_in(span, at_ns) ? run_model_waiting(run, span, at_ns) : 0;
        largest = waiting > largest ? waiting : largest;
    }
    return largest;
}

double run_model_queue_mean(const struct run *run, const struct run_span *span)
{
    int64_t waited_ns = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        bool left = request->dispatch_ns != REPORT_NOT_YET;
        if (concerns(span, request))
            waited_ns += (left ? request->dispatch_ns : run->end_ns) - request->arrival_ns;
    }
    return (double)waited_ns / (double)run->end_ns;
}

static int compare_latencies(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t run_model_latencies(const struct run *run, const struct run_span *span, int metric,
                           int64_t latencies[RUN_REQUESTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        const int64_t values[RUN_METRICS] = {
            request->dispatch_ns - request->arrival_ns, request->complete_ns - request->dispatch_ns,
            request->complete_ns - request->arrival_ns, request->recorded_ns};
        int64_t counted_ns = metric == 0 ? request->dispatch_ns : request->complete_ns;
        if (concerns(span, request) && lies_in(span, counted_ns) &&
            !(metric == 3 && request->recorded_ns == REPORT_NOT_YET))
            latencies[count++] = values[metric];
    }
    qsort(latencies, count, sizeof *latencies, compare_latencies);
    return count;
}

static uint32_t group_at(const struct run *run, uint32_t member, int64_t at_ns)
{
    uint32_t group = REPORT_NONE;
    for (size_t i = 0; i < run->move_count && run->moves[i].at_ns <= at_ns; i++) {
        if (run->moves[i].member == member)
            group = run->moves[i].group;
    }
    return group;
}

// Nothing changes but at even instants (requests) and odd ones (moves): looking at both around
// every request's moments and every move is looking everywhere.
bool run_model_backlogged(const struct run *run, const struct run_span *span, uint32_t group)
{
    struct run_span throttled = *span;
    throttled.direction = RUN_THROTTLED;
    if (group_at(run, span->member, span->start_ns) != group ||
        run_model_waiting(run, &throttled, span->start_ns) == 0)
        return false;
    for (size_t i = 0; i < run->move_count; i++) {
        if (run->moves[i].member == span->member && run->moves[i].at_ns > span->start_ns &&
            run->moves[i].at_ns < span->end_ns)
            return false;
    }
    for (size_t i = 0; i < run->request_count; i++) {
        int64_t at_ns = run->requests[i].dispatch_ns;
        if (lies_in(span, at_ns) && run_model_waiting(run, &throttled, at_ns) == 0)
            return false;
    }
    return true;
}

bool run_model_group_active(const struct run *run, const struct run_span *span, uint32_t group)
{
    for (size_t i = 0; i < run->move_count; i++) {
        int64_t at_ns = run->moves[i].at_ns > 0 ? run->moves[i].at_ns : 0;
        if (run->moves[i].group == group && lies_in(span, at_ns))
            return true;
    }
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        const int64_t times[] = {request->arrival_ns, request->dispatch_ns, request->complete_ns};
        for (size_t k = 0; k < 3 && times[k] >= 0; k++) {
            if (lies_in(span, times[k]) && group_at(run, request->member, times[k]) == group)
                return true;
        }
    }
    return false;
}

// All instants at which something is dispatched or a backlog can begin, in order.
static size_t list_instants(const struct run *run, int64_t *instants)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        instants[count++] = run->requests[i].arrival_ns;
        if (run->requests[i].dispatch_ns != REPORT_NOT_YET)
            instants[count++] = run->requests[i].dispatch_ns;
    }
    for (size_t i = 0; i < run->move_count; i++)
        instants[count++] = run->moves[i].at_ns > 0 ? run->moves[i].at_ns : 0;
    qsort(instants, count, sizeof *instants, compare_latencies);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || instants[kept - 1] != instants[i])
            instants[kept++] = instants[i];
    }
    return kept;
}

static int64_t max_size(int64_t left, int64_t right)
{
    return llabs(right) > left ? llabs(right) : left;
}

// From t1 on, as long as both are backlogged: the service in (t1, t2] for each t2.
static void widen(const struct run *run, uint32_t group, const uint32_t pair[2],
                  const int64_t *instants, size_t count, int64_t *requests, int64_t *bytes)
{
    int64_t ahead = 0, ahead_bytes = 0;
    for (size_t k = 1; k < count; k++) {
        for (int side = 0; side < 2; side++) {
            struct run_span before = {pair[side], RUN_THROTTLED, instants[0], instants[k]};
            struct run_span now = {pair[side], RUN_THROTTLED, instants[k], instants[k] + 1};
            struct run_sums got = run_model_sums(run, &now);
            int sign = side == 0 ? 1 : -1;
            if (!run_model_backlogged(run, &before, group))
                return;
            ahead += sign * got.dispatched;
            ahead_bytes += sign * got.dispatched_bytes;
        }
        *requests = max_size(*requests, ahead);
        *bytes = max_size(*bytes, ahead_bytes);
    }
}

void run_model_difference(const struct run *run, uint32_t group, int64_t *requests, int64_t *bytes)
{
    int64_t instants[2 * RUN_REQUESTS_MAX + RUN_MOVES_MAX];
    size_t count = list_instants(run, instants);
    *requests = *bytes = 0;
    for (uint32_t i = 0; i < RUN_MEMBERS; i++) {
        for (uint32_t j = 0; j < i; j++) {
            for (size_t t1 = 0; t1 < count; t1++)
                widen(run, group, (const uint32_t[2]){i, j}, instants + t1, count - t1, requests,
                      bytes);
        }
    }
}

double run_model_extra(const struct run *run, const struct run_span *span)
{
    double extra = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        if (concerns(span, request) && lies_in(span, request->dispatch_ns))
            extra += run_operations(request) - 1;
    }
    return extra;
}

void run_model_cause(const struct run *run, const struct run_span *span, size_t cause,
                     int64_t *requests, int64_t *wait_ns)
{
    *requests = *wait_ns = 0;
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        if (concerns(span, request) && lies_in(span, request->dispatch_ns) && run->tells_wait[i] &&
            run->waits[i][cause] > 0) {
            *requests += 1;
            *wait_ns += run->waits[i][cause];
        }
    }
}
