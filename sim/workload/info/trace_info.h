// SPDX-License-Identifier: GPL-2.0-or-later
// What is in a recording, per volume and in all: docs/trace-info.md.
#ifndef SIM_WORKLOAD_INFO_TRACE_INFO_H
#define SIM_WORKLOAD_INFO_TRACE_INFO_H

#include "engine/engine.h"
#include "reports/plot.h"
#include "reports/style.h"
#include "sim/base/error.h"
#include "sim/base/progress.h"
#include "sim/parts/cut.h"
#include "sim/workload/info/volume.h"
#include "traces/trace.h"

#include <jansson.h>

#define TRACE_INFO_DRAWN_MAX 200 // volumes of which there are series over time

// What is to be told of which requests.
struct trace_info_options {
    bool wants_series;       // over time, for plots
    progress_tell *progress; // may be NULL
    void *progress_context;
    unsigned ops;              // bit n: those of operation n, as if there were no others
    enum engine_attach attach; // what sits there throttles some: peaks, limits, sizes and the rates
                               // that are drawn are of those
};

struct trace_info {
    struct trace *trace;
    const char *path;
    struct trace_info_options options;
    unsigned throttled;          // operations, of those that are told of
    struct info_volume *volumes; // volume_count, and room for more
    size_t volume_count;
    size_t volume_capacity;
    struct info_volume all;
    struct info_answers *answers; // of each volume, and of all
    int64_t resolution_ns;        // all arrivals are a multiple of it apart; 0: all at one time
};

// Reads the whole trace. False with the error filled; trace_info_free is needed in any case. The
// config's strings must live as long as the info.
bool trace_info_read(struct trace_info *info, const struct trace_config *config,
                     const struct trace_info_options *options, struct sim_error *error);
void trace_info_free(struct trace_info *info);

// False: out of memory.
bool trace_info_print(const struct trace_info *info, const struct report_style *style);

// A new reference; NULL: out of memory, or a name that is not UTF-8.
json_t *trace_info_json(const struct trace_info *info);

// Plots of a trace that was read with series. False with the error filled.
bool info_draw(struct trace_info *info, const char *directory, report_plot_written *written,
               void *context, struct sim_error *error);

#endif
