// SPDX-License-Identifier: GPL-2.0-or-later
// Random runs: when each request arrives, leaves and completes, and who is in which group. The
// recorder only listens, so no throttling algorithm is needed: any times in order will do.
#ifndef TESTS_REPORTS_RUN_RANDOM_H
#define TESTS_REPORTS_RUN_RANDOM_H

#include "reports/recorder.h"

#include <gsl/gsl_rng.h>

#define RUN_MEMBERS 5
#define RUN_GROUPS 2
#define RUN_REQUESTS_MAX 160
#define RUN_MOVES_MAX 12
#define RUN_CAUSES 3
#define RUN_IOPS_SIZE 4096 // of the throttle

extern const char *const run_causes[RUN_CAUSES];

struct run_move {
    int64_t at_ns; // odd, while requests only have even times
    uint32_t member;
    uint32_t group;
};

struct run {
    int64_t interval_ns; // even; 0: adapts
    bool omit_series;
    int64_t end_ns;
    struct report_request requests[RUN_REQUESTS_MAX];
    size_t request_count;
    int64_t waits[RUN_REQUESTS_MAX][RUN_CAUSES];
    bool tells_wait[RUN_REQUESTS_MAX];    // why it waited
    struct run_move moves[RUN_MOVES_MAX]; // in order of time; the first of each member is at -1
    size_t move_count;
};

// As how many operations the throttle counts it.
double run_operations(const struct report_request *request);

void run_draw(struct run *run, gsl_rng *rng);
// All times become so many times as long.
void run_stretch(struct run *run, int64_t factor);
// Tells the recorder, calls of one instant in an order drawn from rng. Returns the run's id.
int64_t run_record(const struct run *run, gsl_rng *rng, struct report_database *database);
#endif
