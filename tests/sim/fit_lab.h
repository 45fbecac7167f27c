// SPDX-License-Identifier: GPL-2.0-or-later
// Made workloads as traces in memory, and what is fitted to them.
#ifndef TESTS_SIM_FIT_LAB_H
#define TESTS_SIM_FIT_LAB_H

#include "tests/sim/lab.h"

#include "sim/workload/fit/fit.h"

// All that the specification makes, as native CSV, to be freed. The specification must be valid.
char *fit_lab_text(const struct synth_spec *spec, size_t *size);

// One volume "v" with these arrivals, 4 KiB reads at a fifth sequential and else Zipf places, and
// lognormal latencies; to be freed, with its spec, by fit_lab_free.
struct synth_spec *fit_lab_spec(const struct synth_arrivals *arrivals, uint64_t seed,
                                double requests);
void fit_lab_free(struct synth_spec *spec);

// Fits text. The fit must succeed; to be freed by fit_free.
struct fit fit_lab_fit(const char *text, size_t size, const struct fit_options *options);
// It must fail with this in the message.
void fit_lab_fail(const char *text, const char *message);

// Fits what a volume with these arrivals makes, about so many requests; to be freed by fit_free.
// The fit is valid and has the rate.
struct fit fit_lab_refit(const struct synth_arrivals *arrivals, uint64_t seed, double requests);

// A recording, and the greatest distances that are allowed between it and what is made of its fit.
struct fit_lab_case {
    const char *path;
    double gaps, sizes, latencies; // latencies negative: none
};

// To be freed by fit_free.
struct fit fit_lab_path(const char *path);
// Also the rates, shares, and bursts at 100 ms are those of the recording.
void fit_lab_check(const struct fit_lab_case *row);

// The law is the same, mean and shape within these shares.
void fit_lab_draw(const struct synth_draw *found, const struct synth_draw *wanted,
                  double mean_share, double shape_share, const char *what);

// The test fails unless `found` is within `share` of `wanted`.
void fit_lab_near(double found, double wanted, double share, const char *what);

#endif
