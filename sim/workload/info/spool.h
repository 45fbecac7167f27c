// SPDX-License-Identifier: GPL-2.0-or-later
// The requests of a trace, kept for reading them again: what is read from standard input can be
// read once, and decoding takes longer than reading this. A private file without a name in TMPDIR
// (default /tmp), about 8 bytes a request; a short trace never leaves memory.
#ifndef SIM_WORKLOAD_INFO_SPOOL_H
#define SIM_WORKLOAD_INFO_SPOOL_H

#include "sim/base/error.h"
#include "traces/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INFO_SPOOL_BLOCK ((size_t)1 << 18) // bytes, in memory

// Only what a throttle looks at.
struct info_record {
    int64_t arrival_ns;
    uint64_t bytes;
    uint32_t volume;
    enum trace_op op;
};

// All zero is empty, to be closed after use.
struct info_spool {
    unsigned char *block; // INFO_SPOOL_BLOCK
    size_t used;          // bytes of the block
    size_t at;            // when reading
    uint64_t blocks;      // in the file, all full
    uint64_t next;        // block to be read
    bool is_open;         // the file; a short trace needs none
    int file;
    uint64_t records; // in all
    uint64_t left;    // when reading
    int64_t last_ns;
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
