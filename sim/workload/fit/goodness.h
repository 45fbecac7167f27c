// SPDX-License-Identifier: GPL-2.0-or-later
// A recording and what its specification makes, side by side.
#ifndef SIM_WORKLOAD_FIT_GOODNESS_H
#define SIM_WORKLOAD_FIT_GOODNESS_H

#include "sim/workload/fit/fit_record.h"

#define FIT_SHOWN_WINDOWS 5       // 1 ms, 10 ms, ... 10 s
#define FIT_CORRELATION_COUNT 2   // in windows of 100 ms, 1 s
#define FIT_CORRELATED_VOLUMES 64 // the busiest; of more, pairs are too many

extern const int fit_shown_windows[FIT_SHOWN_WINDOWS];       // indexes of fit_window_ns
extern const char *const fit_shown_names[FIT_SHOWN_WINDOWS]; // "1 ms"
extern const char *const fit_shown_keys[FIT_SHOWN_WINDOWS];  // "1ms"
extern const int64_t fit_correlation_ns[FIT_CORRELATION_COUNT];
extern const char *const fit_correlation_names[FIT_CORRELATION_COUNT];
extern const char *const fit_correlation_keys[FIT_CORRELATION_COUNT];

struct fit_figures {
    uint64_t requests;
    double requests_per_s;
    double bytes_per_s;
    double read_share;
    double sequential_share;
    double working_set;                   // bytes
    double dispersion[FIT_SHOWN_WINDOWS]; // negative: unknown
    double latency_ns;                    // mean; negative: unknown
};

struct fit_goodness {
    struct fit_figures recorded;
    struct fit_figures made;
    double gap_distance; // Kolmogorov's and Smirnov's
    double size_distance;
    double latency_distance; // negative: unknown
};

// blocks: of 4 KiB, that either touches. duration_ns: of both. False: out of memory.
bool fit_goodness_fill(struct fit_goodness *goodness, const struct fit_volume *recorded,
                       uint64_t recorded_blocks, const struct fit_volume *made,
                       uint64_t made_blocks, double recorded_s, double made_s);

// The verdicts in words, one sentence each; returns false behind the last. text is for the caller.
bool fit_goodness_verdict(const struct fit_goodness *goodness, size_t index, char *text,
                          size_t size);

// The mean correlation of all pairs of volumes, in windows of fit_correlation_ns[index]; pairs: how
// many there are.
double fit_correlation(const struct fit_record *record, int index, size_t *pairs);

#endif
