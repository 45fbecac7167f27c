// SPDX-License-Identifier: GPL-2.0-or-later
// What is in a recording, per volume and in all.
#ifndef SIM_TRACE_INFO_H
#define SIM_TRACE_INFO_H

#include "reports/histogram.h"
#include "sim/error.h"
#include "traces/trace.h"

#include <jansson.h>
#include <stdio.h>

struct trace_op_info {
    uint64_t requests;
    uint64_t bytes;
    uint64_t smallest; // bytes
    uint64_t largest;
};

struct volume_info {
    const char *name; // NULL: all volumes
    int64_t first_ns; // arrivals
    int64_t last_ns;
    struct trace_op_info ops[TRACE_OP_COUNT];
    struct report_histogram latency;
};

struct trace_info {
    struct trace *trace;
    const char *path;
    struct volume_info *volumes;
    size_t volume_count;
    struct volume_info all;
};

// Reads the whole trace. False with the error filled; trace_info_free is needed in any case. The
// config's strings must live as long as the info.
bool trace_info_read(struct trace_info *info, const struct trace_config *config,
                     struct sim_error *error);
void trace_info_free(struct trace_info *info);

void trace_info_print(const struct trace_info *info, FILE *out);

// A new reference; NULL: out of memory.
json_t *trace_info_json(const struct trace_info *info);

#endif
