// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings for tests of `trace info`: random ones, with all their requests in memory.
#ifndef TESTS_SIM_TRACE_INFO_MODEL_H
#define TESTS_SIM_TRACE_INFO_MODEL_H

#include "sim/workload/info/trace_info.h"

#define MODEL_MAX 4000

struct model_request {
    int64_t arrival_ns;
    int64_t latency_ns;
    uint64_t offset;
    uint64_t bytes;
    uint32_t volume;
    enum trace_op op;
};

struct model_trace {
    struct model_request requests[MODEL_MAX];
    size_t count;
    uint32_t volumes; // named v0, v1, ...
};

// Bursts and pauses, sequential runs and jumps, few sizes and many; another one for each seed.
void model_make(struct model_trace *trace, uint64_t seed);

// As a native CSV file; read back as info, which is to be freed.
void model_write(const struct model_trace *trace, const char *name);
void model_read(const char *name, struct trace_info *info);

// Those of one volume of the info (by the number in its name), or of all (NULL) in order; to be
// freed.
struct model_request *model_of(const struct model_trace *trace, const struct info_volume *volume,
                               size_t *count);

#endif
