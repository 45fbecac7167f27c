// SPDX-License-Identifier: GPL-2.0-or-later
// The process that describes a volume's arrivals best: estimates of every kind are tried with the
// generator (sim/workload/fit/fit_trial.h), and the best are improved. docs/trace-fit.md explains
// the method.
#ifndef SIM_WORKLOAD_FIT_FIT_ARRIVALS_H
#define SIM_WORKLOAD_FIT_FIT_ARRIVALS_H

#include "sim/workload/fit/fit_trial.h"

struct fit_choice {
    struct synth_arrivals arrivals;
    struct fit_score score;
};

// The volume has at least one request. False with the error filled.
bool fit_arrivals(const struct fit_target *target, struct fit_choice *best,
                  struct sim_error *error);

#endif
