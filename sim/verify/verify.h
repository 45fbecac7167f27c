// SPDX-License-Identifier: GPL-2.0-or-later
// Verifying one scenario, and many random ones.
#ifndef SIM_VERIFY_VERIFY_H
#define SIM_VERIFY_VERIFY_H

#include "reports/style.h"
#include "sim/verify/lockstep/lockstep.h"
#include "sim/verify/random/random_case.h"

#define VERIFY_GRANULARITY_NS INT64_C(1000000) // QEMU's main loop's, the only one besides 0

// Makes a scenario fit for the comparison: the null device, since QEMU's disks are such; the given
// granularity, unless it is negative.
bool verify_prepare(struct scenario *scenario, int64_t granularity_ns, struct sim_error *error);

// As lockstep_run, and if they differ, all that can be found out about it.
bool verify_scenario(const struct scenario *scenario, const struct lockstep_config *config,
                     struct lockstep_result *result, struct sim_error *error);

void verify_free(struct lockstep_result *result);

struct verify_random_config {
    struct lockstep_config lockstep;
    uint64_t seed;  // of the first scenario; the next have the next
    uint64_t count; // of scenarios
    unsigned jobs;  // at a time, each with a QEMU of its own: at most JOBS_MAX (sim/base/jobs.h)
    int64_t granularity_ns;
    const char *directory;   // where a failing one is written to; NULL: the working directory
    progress_tell *progress; // of scenarios
    void *progress_context;
};

struct verify_random_result {
    uint64_t scenarios; // that agreed
    uint64_t requests;
    uint64_t waited;
    uint64_t operations;
    double seconds;
    char qemu_version[160];
    bool agree;
    uint64_t failing_seed; // the smallest, if they do not
};

bool verify_random(const struct verify_random_config *config, struct verify_random_result *result,
                   struct sim_error *error);

// What was found about a failing one.
struct verify_failure {
    char path[4352];       // the scenario as it was drawn
    char small_path[4352]; // and after shrinking
    struct scenario *small;
    struct lockstep_result result; // of the small one
};

// Writes the scenario of this seed to a file, then a small one that still fails.
bool verify_shrink(const struct verify_random_config *config, uint64_t seed,
                   struct verify_failure *failure, struct sim_error *error);

void verify_failure_free(struct verify_failure *failure);

// ---- What came of it ----

// The JSON objects are to be freed; NULL: out of memory.
json_t *verify_json(const struct lockstep_result *result, const struct scenario *scenario);
json_t *verify_random_json(const struct verify_random_result *result,
                           const struct verify_random_config *config);

void verify_print(const struct lockstep_result *result, const struct scenario *scenario,
                  const struct report_style *style);
void verify_random_print(const struct verify_random_result *result,
                         const struct report_style *style);

#endif
