// SPDX-License-Identifier: GPL-2.0-or-later
// The requests of a trace as limits are looked for among them, to be read again and again.
#ifndef SIM_WORKLOAD_INFO_INFO_SPOOL_H
#define SIM_WORKLOAD_INFO_INFO_SPOOL_H

#include "sim/base/error.h"
#include "sim/base/progress.h"
#include "traces/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How far the work on a trace has come, in steps that take about as long each.
struct info_work {
    progress_tell *progress; // may be NULL
    void *context;
    uint64_t requests; // looked at, some of them often
    uint64_t done;     // steps
    double total;      // as it looks now
};

// What looking at a request takes: reading it, in a pass that narrows brackets, and through the
// engine. How many passes there will be is a guess as long as there are brackets.
#define INFO_STEPS_READ 10
#define INFO_STEPS_PASS 1
#define INFO_STEPS_CONFIRM 20
#define INFO_PASSES_GUESS 10
#define INFO_BUSY_GUESS 0.15 // the share of requests that all passes but the first look at

// Another request was looked at.
void info_work_step(struct info_work *work, unsigned steps);

// The requests of a trace, kept for reading them again: what is read from standard input can be
// read once, and decoding takes longer than reading this. A private file without a name in TMPDIR
// (default /tmp), about 8 bytes a request; a short trace never leaves memory.

#define INFO_SPOOL_BLOCK ((size_t)1 << 18) // bytes, in memory

enum info_limit {
    INFO_IOPS_TOTAL,
    INFO_BPS_TOTAL,
    INFO_LIMIT_COUNT,
};

// Of which limits: those of its volume, those of all volumes together; bit n more: of kind n.
#define INFO_OF_VOLUME 0
#define INFO_OF_ALL INFO_LIMIT_COUNT

// Only what a throttle looks at.
struct info_record {
    int64_t arrival_ns;
    uint64_t bytes;
    uint32_t volume;
    enum trace_op op;
    unsigned spared; // bit by limit: no answer depends on it any longer (info_filter.h)
};

// All zero is empty, to be closed after use.
struct info_spool {
    unsigned char *block; // INFO_SPOOL_BLOCK
    size_t used;          // bytes of the block
    size_t at;            // when reading
    uint64_t blocks;      // in the file, all full; 0: it is not open, as a short trace needs none
    uint64_t next;        // block to be read
    int file;
    uint64_t records; // in all
    uint64_t left;    // when reading
    int64_t last_ns;
    struct info_work *work; // may be NULL
    unsigned steps;         // of reading a record
};

// Arrivals never decrease. False with the error filled.
bool info_spool_add(struct info_spool *spool, const struct info_record *record,
                    struct sim_error *error);

// To be called when all is added, and before each reading.
bool info_spool_rewind(struct info_spool *spool, struct sim_error *error);

// 1: a record. 0: the end. -1: it cannot be read, the error is filled.
int info_spool_read(struct info_spool *spool, struct info_record *record, struct sim_error *error);

void info_spool_close(struct info_spool *spool);

#endif
