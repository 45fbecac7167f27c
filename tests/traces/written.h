// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to be written, and a slow and obvious model of what each format can hold of them: by a
// table of its own, from docs/traces.md.
#ifndef TESTS_TRACES_WRITTEN_H
#define TESTS_TRACES_WRITTEN_H

#include "tests/traces/trace_files.h"
#include "traces/write.h"

#define WORKLOAD_MAX 4000
#define WORKLOAD_VOLUMES 5
#define WRITTEN_FORMATS 13

struct held {
    const char *format;
    const char *operations; // letters: Read, Write, Discard, Zeroes, Flush
    int64_t time_ns;        // the unit
    int64_t latency_ns;     // 0: none is held
    uint64_t offset;        // the unit
    uint64_t length;
    uint64_t length_max;
    const char *const *names; // that it holds as they are; NULL: none
    bool by_completion;       // latencies are held as ends
};

extern const struct held held[WRITTEN_FORMATS];
const struct held *held_find(const char *format);

enum loss {
    LOSS_ZERO_BYTES,
    LOSS_OPERATION_LOST,
    LOSS_OPERATION_CHANGED,
    LOSS_TIME_ROUNDED,
    LOSS_TIME_MOVED,
    LOSS_LATENCY_LOST,
    LOSS_LATENCY_ROUNDED,
    LOSS_OFFSET_ROUNDED,
    LOSS_LENGTH_ROUNDED,
    LOSS_LENGTH_CUT,
    LOSS_VOLUME_LOST,
    LOSS_COUNT,
};
extern const char *const loss_kinds[LOSS_COUNT];

// Requests by order of arrival; their volumes are indices of names.
struct workload {
    struct trace_request requests[WORKLOAD_MAX];
    size_t count;
    const char *names[WORKLOAD_VOLUMES];
    uint64_t losses[LOSS_COUNT]; // of workload_held
};

// No two requests of a volume touch the same bytes; flushes take the same time, so that block
// events leave no doubt. Huge: anything up to 2^63, else what a disk could have done.
void workload_random(struct workload *workload, size_t count, bool huge, const char *const *names,
                     uint64_t seed);

// What the format holds of it.
void workload_held(const struct workload *workload, const struct held *format,
                   struct workload *expected);

// Writes it; fails the test unless that works. The writer is finished, its notices are to be seen.
struct trace_writer *workload_write(const struct workload *workload, const char *path,
                                    const char *format);

// The count of a notice, 0 if there is none.
uint64_t writer_notice(const struct trace_writer *writer, const char *kind);
const char *writer_notice_text(const struct trace_writer *writer, const char *kind);

// Fails unless the reading has the requests, in their order. NULL names:
// whatever the names, there are as many.
void workload_compare(const struct workload *expected, const struct reading *reading,
                      const struct held *format, bool names);

#endif
