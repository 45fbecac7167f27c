// SPDX-License-Identifier: GPL-2.0-or-later
// A specification for `trace synth` estimated from a recording, and how good it is:
// docs/trace-fit.md.
#ifndef SIM_WORKLOAD_FIT_FIT_H
#define SIM_WORKLOAD_FIT_FIT_H

#include "sim/base/error.h"
#include "sim/parts/cut.h"
#include "sim/workload/fit/fit_arrivals.h"
#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/goodness.h"
#include "sim/workload/fit/work.h"
#include "traces/synth.h"
#include "traces/trace.h"

#include <jansson.h>
#include <stdio.h>

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
    uint32_t volume; // in the trace
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
    struct fit_goodness all;
    double correlations[FIT_CORRELATION_COUNT]; // between volumes, on average; see goodness.h
    size_t pairs;                               // of volumes that were looked at
};

// Reads the trace, finds the specification and compares what it makes with the recording.
// False with the error filled; fit_free is needed in any case. The config's strings must live as
// long as the fit; its volume is not used, but the cut's. A signal (sim/base/stop.h) ends it at
// once, as an error.
bool fit_read(struct fit *fit, const struct trace_config *config, const struct fit_options *options,
              struct sim_error *error);
void fit_free(struct fit *fit);

// How good it is, as YAML comments.
void fit_print(const struct fit *fit, FILE *out);

// The same, and the specification as the text that it is given. A new reference; NULL: out of
// memory, or a name that is not UTF-8.
json_t *fit_json(const struct fit *fit, const char *spec);

#endif
