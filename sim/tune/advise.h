// SPDX-License-Identifier: GPL-2.0-or-later
// Few and different limits for bare traces with which SLOs hold, and what each costs.
// What it means: docs/tune.md.
#ifndef SIM_TUNE_ADVISE_H
#define SIM_TUNE_ADVISE_H

#include "reports/style.h"
#include "sim/tune/tuner.h"

#include <jansson.h>

#define ADVISE_GROUP "group" // of the traces, as scenario_quick calls it
#define ADVISE_CANDIDATES 4

// Limits that satisfy the SLOs, and what a run with them says.
struct advice_candidate {
    const char *what; // "no burst"
    char limits[256];
    int64_t average, burst, seconds; // burst 0: none; seconds 0: no length, all at once
    double waited, throttled;        // shares: of the requests, of the time in which any waits
    double wait_p99_ns, wait_max_ns; // INFINITY: without end
    double most_second, most_minute; // what it lets pass in any of these, a second
    double values[TUNER_SLOS_MAX];   // of the SLOs
    int64_t end_ns;
};

struct advice {
    struct tuner tuner;
    struct tune_result result; // of the last search
    bool is_bytes;             // bandwidth is what matters: bps-total, else iops-total
    double iops, throughput;   // on average, without limits
    int64_t end_ns;            // without limits
    bool is_found;
    double unlimited[TUNER_SLOS_MAX]; // the SLOs' values without limits
    struct advice_candidate candidates[ADVISE_CANDIDATES];
    size_t count;
    size_t runs;
};

// The tuner's points (of a scenario whose group has no limit), jobs, watch and slos are filled.
// False with the error filled. Nothing is to be freed.
bool advise(struct advice *advice, struct sim_error *error);

bool advice_print(const struct advice *advice, const struct report_style *style);
json_t *advice_json(const struct advice *advice);

#endif
