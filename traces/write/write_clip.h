// SPDX-License-Identifier: GPL-2.0-or-later
// What a format cannot hold of a request is left out, rounded down or moved; and counted.
#ifndef TRACES_WRITE_WRITE_CLIP_H
#define TRACES_WRITE_WRITE_CLIP_H

#include "traces/notices.h"

#include <stdint.h>

#define WRITE_SECTOR_BYTES 512

struct write_limits {
    unsigned operations;     // bit n: operation n has a word of its own
    bool empty;              // requests without bytes that are no flush
    int64_t time_step_ns;    // of arrivals
    int64_t time_min_ns;     // earlier ones are moved there
    int64_t latency_step_ns; // 0: there are no latencies
    bool latency_nonzero;    // 0 means that it is unknown
    bool completions;        // a latency is told by when it ends, which is below 2^63 ns
    uint64_t offset_step;    // bytes
    uint64_t bytes_step;
    uint64_t bytes_max; // a multiple of bytes_step
};

// In requests.
struct write_losses {
    uint64_t zero_bytes;
    uint64_t operation_lost[TRACE_OP_COUNT];
    uint64_t operation_changed; // writes of zeroes, written as writes
    uint64_t time_rounded;
    uint64_t time_moved;
    uint64_t latency_lost;
    uint64_t latency_rounded;
    uint64_t offset_rounded;
    uint64_t length_rounded;
    uint64_t length_cut;
    uint64_t volume_lost;
};

// False: the format cannot hold the request at all; it is counted.
bool write_fit(const struct write_limits *limits, struct trace_request *request,
               struct write_losses *losses);

void write_losses_report(const struct write_losses *losses, const struct write_limits *limits,
                         const char *path, struct trace_notices *notices);

#endif
