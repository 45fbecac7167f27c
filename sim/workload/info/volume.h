// SPDX-License-Identifier: GPL-2.0-or-later
// What is learnt about one volume of a recording, or about all of them, request by request.
#ifndef SIM_WORKLOAD_INFO_VOLUME_H
#define SIM_WORKLOAD_INFO_VOLUME_H

#include "reports/histogram.h"
#include "sim/workload/info/blocks.h"
#include "sim/workload/info/info_limits.h"
#include "sim/workload/info/info_series.h"
#include "sim/workload/info/info_windows.h"
#include "sim/workload/info/moments.h"
#include "sim/workload/info/sizes.h"
#include "traces/trace.h"

#define INFO_DIRECTION_COUNT 2 // reads, writes (of zeroes, too); nothing else has a place to follow

struct info_op {
    uint64_t requests;
    uint64_t bytes; // at most INT64_MAX, where sums of bytes stop
    struct info_sizes sizes;
};

struct info_direction {
    uint64_t requests;
    uint64_t sequential; // begin where the one before of this volume and direction ended
    uint64_t end;        // where the last one ended
};

// All zero is empty, to be freed after use.
struct info_volume {
    const char *name; // NULL: all volumes
    uint64_t requests;
    uint64_t bytes;   // at most INT64_MAX
    int64_t first_ns; // arrivals
    int64_t last_ns;
    struct info_op ops[TRACE_OP_COUNT];
    struct info_direction directions[INFO_DIRECTION_COUNT];
    struct info_windows windows;
    struct info_moments gaps; // times from one arrival to the next, ns
    struct report_histogram gap_histogram;
    struct report_histogram latency;
    struct info_blocks blocks; // that are read or written
    struct info_series series; // only if it is wanted
    struct info_answers answers;

    // Of all: sums over the volumes.
    uint64_t touched; // blocks
    double touched_error;
    bool touched_cut;
};

// Does it begin where the one before ended? To be asked before it is added.
bool info_volume_is_sequential(const struct info_volume *volume,
                               const struct trace_request *request);

// False: out of memory.
bool info_volume_add(struct info_volume *volume, const struct trace_request *request,
                     bool sequential);

void info_volume_free(struct info_volume *volume);

// ---- What follows from it ----

double info_volume_seconds(const struct info_volume *volume);
// 0 when the rate has no meaning, as all requests came at once.
double info_volume_rate(const struct info_volume *volume, uint64_t count);
// Of the requests that move data.
double info_volume_read_share(const struct info_volume *volume);
// Standard deviation by mean of the times between arrivals; negative: fewer than two, or all 0.
double info_volume_gap_variation(const struct info_volume *volume);
// Sizes of all requests but flushes. False: out of memory; to be freed in any case.
bool info_volume_sizes(const struct info_volume *volume, struct info_sizes *sizes);

#endif
