// SPDX-License-Identifier: GPL-2.0-or-later
// How near a replay comes to a recording that was made under the scenario's own limits.
//
// The recording is kept in memory and replayed often: to fit what it does not tell, and with
// jitter, to see how much of a difference chance would make. What the numbers mean:
// docs/validate.md.
#ifndef SIM_VALIDATE_VALIDATE_H
#define SIM_VALIDATE_VALIDATE_H

#include "reports/validation.h"
#include "sim/base/progress.h"
#include "sim/validate/recorded.h"

// What is fitted: bits.
enum validate_fit {
    VALIDATE_DEVICE = 1, // one time for all requests, and whether timers have steps of 1 ms
    VALIDATE_LEVELS = 2, // of groups of which the scenario does not tell them
    VALIDATE_STALLS = 4,
};

struct validate_options {
    bool is_dependent; // arrivals answer; else they are as recorded
    unsigned fits;
    uint64_t runs; // with jitter
    int64_t jitter_ns;
    unsigned jobs; // how many runs at a time
    struct progress_watch watch;
};

// Fills what validation has not: all but what is zero. The scenario is changed: its device, its
// arrivals, its end. False with the error filled; report_validation_free is needed in any case.
bool validate(struct report_validation *validation, struct scenario *scenario,
              const struct validate_options *options, struct sim_error *error);

// ---- Parts ----

struct validating {
    struct report_validation *validation;
    struct scenario *scenario;
    const struct validate_options *options;
    struct recorded recorded;
    uint64_t done, planned; // replays
};

// One replay. What is wanted of it is given; the rest is NULL. By number in the recording.
struct trial {
    struct validating *validating;
    struct scenario scenario; // a copy that shares all it holds
    bool is_dependent;
    int64_t jitter_ns;
    uint64_t seed;
    struct validation_outcome *outcomes;
    int64_t *waits_ns;      // in the throttle; VALIDATION_NONE: it never left
    bool *throttled;        // it counts there
    sources_notice *notice; // of what the replay has to say
    void *notice_context;
};

// As the scenario is now; room for outcomes is the caller's.
struct trial trial_of(struct validating *validating, struct validation_outcome *outcomes);
// False with the error filled.
bool trial_run(struct trial *trial, struct sim_error *error);

// Finds which requests are compared, and tells of the others. False with the error filled.
bool classify(struct validating *validating, struct sim_error *error);

// Sets the scenario's stalls to those that bring the distributions nearest, or to none. False with
// the error filled.
bool fit_stalls(struct validating *validating, struct sim_error *error);

// What the options ask for. False with the error filled.
bool fit_all(struct validating *validating, struct sim_error *error);

#endif
