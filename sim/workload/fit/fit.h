// SPDX-License-Identifier: GPL-2.0-or-later
// A specification for `trace synth` estimated from a recording, and how good it is:
// docs/trace-fit.md.
#ifndef SIM_WORKLOAD_FIT_FIT_H
#define SIM_WORKLOAD_FIT_FIT_H

#include "sim/base/error.h"
#include "sim/parts/cut.h"
#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/search.h"
#include "traces/synth.h"
#include "traces/trace.h"

#include <jansson.h>
#include <stdio.h>

// A recording and what its specification makes, side by side.

#define FIT_SHOWN_WINDOWS 5     // 1 ms, 10 ms, ... 10 s
#define FIT_CORRELATION_COUNT 2 // in windows of 100 ms, 1 s

// How a length of windows is called.
struct fit_length {
    const char *name; // "1 ms"
    const char *key;  // "1ms"
};

extern const struct fit_length fit_shown[FIT_SHOWN_WINDOWS];
extern const struct fit_length fit_correlation_lengths[FIT_CORRELATION_COUNT];

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

// recorded_s, made_s: how long they are. False: out of memory.
bool fit_goodness_fill(struct fit_goodness *goodness, const struct fit_volume *recorded,
                       const struct fit_volume *made, double recorded_s, double made_s);

#define FIT_VERDICTS_MAX (7 + FIT_SHOWN_WINDOWS)
#define FIT_VERDICT_MAX 256 // bytes

// The verdicts in words, one sentence each. Returns how many there are.
size_t fit_goodness_verdicts(const struct fit_goodness *goodness,
                             char texts[FIT_VERDICTS_MAX][FIT_VERDICT_MAX]);

// The mean correlations of all pairs of volumes; pairs: how many there are.
void fit_correlate(const struct fit_record *record, double correlations[FIT_CORRELATION_COUNT],
                   size_t *pairs);

struct fit_options {
    uint64_t seed;
    uint32_t count;          // of each volume of the recording, at least 1
    struct cut cut;          // what of the recording is described; its strings must stay
    progress_tell *progress; // may be NULL
    void *progress_context;
};

// All of the recording, one of each volume.
struct fit_options fit_options_of_all(void);

struct fit_entry {
    struct fit_score score;
    struct fit_goodness goodness;
};

struct fit {
    struct cut cut;
    struct cut_stream stream;
    const char *path;
    struct fit_work work;
    uint32_t *numbers; // by volume of the trace: its number in the record
    size_t number_count;
    struct fit_record record; // of the volumes of which something is described
    struct synth_spec spec;
    struct fit_entry *entries; // one for each of the record's volumes, and of the specification's
    struct fit_record made;    // of the specification
    struct fit_goodness all;
    double correlations[FIT_CORRELATION_COUNT]; // between volumes, on average
    size_t pairs;                               // of volumes that were looked at
};

// Reads the trace, finds the specification and compares what it makes with the recording.
// False with the error filled; fit_free is needed in any case. The config's strings must live as
// long as the fit; its volume is not used, but the cut's. A signal (sim/base/stop.h) ends it at
// once, as an error.
bool fit_read(struct fit *fit, const struct trace_config *config, const struct fit_options *options,
              struct sim_error *error);
void fit_free(struct fit *fit);

// Plots of the recording and of what was made, beside each other: fit-rates and so on. Lengthens
// steps of their series. False with the error filled.
bool fit_draw(struct fit *fit, const char *directory, report_plot_written *written, void *context,
              struct sim_error *error);

// How good it is, as YAML comments.
void fit_print(const struct fit *fit, FILE *out);

// The same, and the specification as the text that it is given. A new reference; NULL: out of
// memory, or a name that is not UTF-8.
json_t *fit_json(const struct fit *fit, const char *spec);

#endif
