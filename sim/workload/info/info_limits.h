// SPDX-License-Identifier: GPL-2.0-or-later
// Under which limit would how many requests of a recording wait?
//
// For each volume alone, and for all of them in one throttle group, the smallest `iops-total`, and
// the smallest `bps-total`, under which at most 1 %, 0.1 %, none of the requests that are kept,
// those which a throttle counts, leave later than they arrived: no other limit, no burst (a bucket
// of a tenth of a second), timers that fire at their deadlines.
//
// The share that waits never grows with the limit. PROOF. Let V be what has arrived and not leaked:
// the bucket's level and what waits. Something waits only while the bucket is full, and a bucket
// that is not empty leaks at the limit N, so V falls at the rate N until it is 0, whatever leaves
// in which order. A request waits if and only if it finds V > N / 10, in time: V / N > 0.1 s. V / N
// is the work that waits for a server which takes units / N for each request. With a larger N each
// takes less, and by Lindley's recurrence W' = max(0, W + units / N - time), so does all that
// follows. Rounding to whole nanoseconds, and of doubles, can shift this by single requests at an
// edge, therefore the last step is the engine's.
//
// So: V / N is followed for many limits at a time, in passes that narrow the bracket around each
// answer, until a limit stands beside the one below it; then both are replayed through the real
// engine, and if it decides otherwise, the bracket moves until it agrees.
#ifndef SIM_WORKLOAD_INFO_INFO_LIMITS_H
#define SIM_WORKLOAD_INFO_INFO_LIMITS_H

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
#define INFO_STEPS_READ 6
#define INFO_STEPS_PASS 1
#define INFO_STEPS_CONFIRM 20
#define INFO_PASSES_GUESS 10

// Another request was looked at.
void info_work_step(struct info_work *work, unsigned steps);

// The requests of a trace, kept for reading them again: what is read from standard input can be
// read once, and decoding takes longer than reading this. A private file without a name in TMPDIR
// (default /tmp), about 8 bytes a request; a short trace never leaves memory.

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

#define INFO_LIMIT_MAX INT64_C(1000000000000000) // the engine accepts no more

enum info_limit {
    INFO_IOPS_TOTAL,
    INFO_BPS_TOTAL,
    INFO_LIMIT_COUNT,
};

enum info_share {
    INFO_SHARE_1_PERCENT,
    INFO_SHARE_01_PERCENT,
    INFO_SHARE_NONE,
    INFO_SHARE_COUNT,
};

extern const char *const info_limit_keys[INFO_LIMIT_COUNT]; // "iops-total"
extern const double info_share_values[INFO_SHARE_COUNT];    // 0.01

struct info_answer {
    int64_t limit;    // 1 if that is enough; 0: more than INFO_LIMIT_MAX would be needed
    uint64_t waiting; // requests that wait under it
    bool confirmed;   // by the engine; not where more would wait at a time than it is given memory
};

struct info_answers {
    uint64_t requests; // that a throttle counts
    struct info_answer answer[INFO_LIMIT_COUNT][INFO_SHARE_COUNT];
};

// How many may wait.
uint64_t info_limits_allowed(uint64_t requests, enum info_share share);

// Fills answers[0 .. volume_count] for each volume, the last for all; their `requests` are known.
// False with the error filled.
bool info_limits_find(struct info_spool *spool, size_t volume_count, struct info_answers *answers,
                      struct sim_error *error);

// The last step of it: with the engine.
bool info_limits_confirm(struct info_spool *spool, size_t volume_count,
                         struct info_answers *answers, struct sim_error *error);

#endif
