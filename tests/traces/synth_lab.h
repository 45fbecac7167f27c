// SPDX-License-Identifier: GPL-2.0-or-later
// For tests of made workloads: specifications, and statistics that say how sure they are.
//
// Everything is seeded, so a test that passes passes always; the significance says how likely a
// right generator would have failed when the seed was chosen: below 1 in 1000 for each comparison.
#ifndef TESTS_TRACES_SYNTH_LAB_H
#define TESTS_TRACES_SYNTH_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "traces/synth.h"

#define SECOND_NS INT64_C(1000000000)

// One entry "v" with Poisson arrivals, 100/s, and 4 KiB reads anywhere in 1 GiB.
struct synth_volume lab_volume(void);
struct synth_kind lab_kind(enum trace_op op);
struct synth_spec lab_spec(struct synth_volume *volumes, size_t count, int64_t duration_ns);

struct lab_requests {
    struct trace_request *items;
    size_t count;
};

// Everything that the specification makes, or what one volume of it has.
struct lab_requests lab_read(const struct synth_spec *spec);
struct lab_requests lab_select(const struct lab_requests *all, uint32_t volume);
void lab_free(struct lab_requests *requests);

// How many requests of each volume arrive in each window: [volume * windows + window].
double *lab_counts(const struct synth_spec *spec, int64_t window_ns, size_t *volumes,
                   size_t *windows);

// A law's distribution function, by GSL.
typedef double lab_cdf(double x, const void *context);
double lab_law_cdf(double x, const void *draw); // struct synth_draw

// Kolmogorov and Smirnov's test, at 1 in 1000; sorts the values.
void lab_expect_law(const char *what, double *values, size_t count, lab_cdf *cdf,
                    const void *context);

// Chi-square test of how often each thing was found, at 1 in 1000. Neighbours are put together
// until 10 are expected; the last must not be rare.
void lab_expect_shares(const char *what, const uint64_t *found, const double *shares, size_t count);

// The mean of independent values is the wanted one: within 4 of its standard errors, which are to
// be at most sure of it.
void lab_expect_mean(const char *what, const double *values, size_t count, double wanted,
                     double sure);

#endif
