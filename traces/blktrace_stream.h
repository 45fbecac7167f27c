// SPDX-License-Identifier: GPL-2.0-or-later
// The I/O records of one blktrace file, in the order of the file: notify records are passed over,
// and what is odd about the file is counted.
#ifndef TRACES_BLKTRACE_STREAM_H
#define TRACES_BLKTRACE_STREAM_H

#include "traces/blktrace_record.h"
#include "traces/input.h"
#include "traces/map.h"
#include "traces/paths.h"

struct blktrace_stream {
    struct blktrace_record record; // the current one; its time never decreases
    struct trace_input input;
    const struct trace_file *file;
    bool swapped;
    uint64_t last_ns;
    uint32_t own_cpu; // of the file's name
    uint64_t records;
    uint64_t truncated_at; // where a cut header starts
    uint64_t truncated_bytes;
    uint64_t foreign_cpu; // records of another CPU than the file's
    uint64_t backwards;
    uint64_t backwards_max_ns;
    uint64_t lost; // by the gaps in the sequence numbers
    uint64_t gaps;
    uint64_t misplaced_remaps;
    // Last sequence numbers by (device, CPU): a dump holds many, a per-CPU file one.
    struct trace_map sequence_index;
    struct blktrace_sequence *sequences;
    struct blktrace_sequence *sequence; // that of the last record
    uint32_t sequence_count;
    uint32_t sequence_capacity;
};

// On failure nothing is left to close.
bool blktrace_stream_open(struct blktrace_stream *stream, const struct trace_file *file,
                          struct trace_error *error);

// TRACE_REQUEST: `record` is the next one.
enum trace_result blktrace_stream_next(struct blktrace_stream *stream, struct trace_error *error);

void blktrace_stream_report(const struct blktrace_stream *stream, struct trace_notices *notices);

// Frees what reading needs; the counts stay.
void blktrace_stream_close(struct blktrace_stream *stream);

#endif
