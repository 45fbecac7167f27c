// SPDX-License-Identifier: GPL-2.0-or-later
// The definitions of docs/database.md taken literally, from the times of the requests alone.
// Slow and without state: each question goes through all requests again.
#ifndef TESTS_REPORTS_RUN_MODEL_H
#define TESTS_REPORTS_RUN_MODEL_H

#include "run_random.h"

#define RUN_ALL (-1)                          // all directions
#define RUN_THROTTLED (-2)                    // what the throttle counts, of all directions
#define RUN_READ_WRITE REPORT_DIRECTION_COUNT // reads and writes
#define RUN_DIRECTIONS (RUN_READ_WRITE + 1)   // that have rows of their own
#define RUN_METRICS 4

// A span of time [start_ns, end_ns), of one member and direction.
struct run_span {
    uint32_t member;
    int direction; // or RUN_ALL, ...
    int64_t start_ns;
    int64_t end_ns;
};

struct run_sums {
    int64_t arrived, arrived_bytes;
    int64_t dispatched, dispatched_bytes;
    int64_t completed, completed_bytes;
    int64_t waited;
};

struct run_sums run_model_sums(const struct run *run, const struct run_span *span);
// How many wait at at_ns, and the most that ever do in the span.
int64_t run_model_waiting(const struct run *run, const struct run_span *span, int64_t at_ns);
int64_t run_model_waiting_max(const struct run *run, const struct run_span *span);
double run_model_queue_mean(const struct run *run, const struct run_span *span);

// The latencies of requests that completed (metric 0, throttle_wait: that were dispatched) in the
// span, sorted; metrics 1 to 3 are service, total, recorded.
size_t run_model_latencies(const struct run *run, const struct run_span *span, int metric,
                           int64_t latencies[RUN_REQUESTS_MAX]);

// How many operations more than requests those dispatched in the span were counted as.
double run_model_extra(const struct run *run, const struct run_span *span);

// How many of those dispatched in the span waited for the cause, and how long, all together.
void run_model_cause(const struct run *run, const struct run_span *span, size_t cause,
                     int64_t *requests, int64_t *wait_ns);

// Is the member in the group and something throttled of it waiting, at every moment of the span?
bool run_model_backlogged(const struct run *run, const struct run_span *span, uint32_t group);
// Did anything happen in the group in the span?
bool run_model_group_active(const struct run *run, const struct run_span *span, uint32_t group);
// The largest difference in service between members of the group.
void run_model_difference(const struct run *run, uint32_t group, int64_t *requests, int64_t *bytes);
#endif
