// SPDX-License-Identifier: GPL-2.0-or-later
// Made workloads as traces in memory, and what is fitted to them.
#ifndef TESTS_SIM_FIT_LAB_H
#define TESTS_SIM_FIT_LAB_H

#include "tests/sim/lab.h"

#include "sim/fit.h"

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

// The test fails unless `found` is within `share` of `wanted`.
void fit_lab_near(double found, double wanted, double share, const char *what);

#endif
