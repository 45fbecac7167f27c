// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that were handed over together, and the order in which they were.
//
// Linux gives a device a whole plug list in the order of queueing, but writes the events of the
// issues in the reverse order (queue_rqs, 5.16 and later). A batch is a run of issues of one device
// on one CPU with nothing between them there but completions. Its requests keep the times of the
// issues, but in the order in which they were queued. Rules: docs/traces.md.
#ifndef TRACES_BLKTRACE_BATCHES_H
#define TRACES_BLKTRACE_BATCHES_H

#include "traces/map.h"
#include "traces/trace.h"

#define BLKTRACE_BATCH_GAP_NS 200000     // between two issues of a batch, at most
#define BLKTRACE_BATCH_WAITED_NS 3000000 // completions of such requests tell their order
#define BLKTRACE_BATCH_MAX 4096U
#define BLKTRACE_BATCH_QUEUED 4096U // so many of the last Q are remembered

struct blktrace_batch_member {
    uint64_t number; // in the window
    uint64_t order;  // of its first Q
    bool is_first;   // of its batch
};

// Issues of one device on one CPU, the last of which may not be the last of its batch.
struct blktrace_run {
    uint64_t last_ns;
    uint32_t sequence; // of the last issue or completion; 0: none is told
    uint32_t count;    // 0: there is no batch
    uint32_t capacity;
    bool is_broken; // something else came behind it
    struct blktrace_batch_member *members;
};

struct blktrace_batch_queued {
    uint64_t start;
    uint32_t bytes;
    uint32_t minor; // volume and kind
};

struct blktrace_batches {
    enum trace_batch_order order; // ISSUE: nothing is done; AUTO: not decided yet
    struct trace_map by_cpu;      // (volume, CPU)
    struct blktrace_run *runs;
    uint32_t run_count;
    uint32_t run_capacity;
    uint64_t next_end_ns;                 // before this no run ends by its age
    uint64_t hold_from;                   // this request, and later ones, may be in a run
    struct blktrace_batch_queued *queued; // a ring
    uint64_t queued_count;
    struct blktrace_batch_member *kept; // of batches that ended before it was decided
    uint32_t kept_count;
    uint32_t kept_capacity;
    uint64_t reordered; // batches
    uint64_t neighbours;
    uint64_t opposite_issued; // of them complete in the opposite order, as they were issued,
    uint64_t opposite_queued; // and as they were queued
};

#endif
