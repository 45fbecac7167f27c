// SPDX-License-Identifier: GPL-2.0-or-later
// The I/O records of one blktrace file, in the order of the file: notify records are passed over,
// and what is odd about the file is counted.
#ifndef TRACES_BLKTRACE_BLKTRACE_STREAM_H
#define TRACES_BLKTRACE_BLKTRACE_STREAM_H

#include "traces/blktrace/sequences.h"
#include "traces/events.h"
#include "traces/input/input.h"

struct blktrace_stream {
    struct blktrace_record record; // the current one; its time never decreases, if it is sorted
    struct trace_input input;
    const struct trace_file *file;
    struct trace_threads *threads; // named as their names come up; NULL: not needed
    bool swapped;
    bool is_unsorted; // times come as they stand
    uint64_t last_ns;
    uint32_t own_cpu; // of the file's name
    uint64_t records;
    uint64_t truncated_at; // where a cut header starts
    uint64_t truncated_bytes;
    uint64_t zero_bytes;  // between or behind the records
    uint64_t foreign_cpu; // records of another CPU than the file's
    uint64_t record_at;   // where the current record starts, if it was out of the ordinary
    uint64_t backwards;
    uint64_t backwards_max_ns;
    struct blktrace_sequences sequences;
};

// Of one of the context's files. On failure nothing is left to close.
bool blktrace_stream_open(struct blktrace_stream *stream, const struct trace_context *context,
                          const struct trace_file *file, struct trace_error *error);

// How many of the bytes are lines "Input file ... added" before the records, as `blkparse -d -`
// prints them.
size_t blktrace_stream_prefix(const uint8_t *bytes, size_t length);

// Where the first record begins in bytes from the middle of a file.
size_t blktrace_stream_align(const uint8_t *bytes, size_t length);

// Every time in a record is below this.
#define BLKTRACE_TIME_LIMIT_NS ((uint64_t)INT64_MAX + 1)

// Stores up to `room` of the next records that are wanted, as far as all are like almost all: whole
// in memory, plausible, before `limit_ns`, not of a kind that is passed over or that needs its PDU,
// and numbered as the next on the device and CPU of the one before it. The record behind them, if
// there was room, is for blktrace_stream_next to tell of. `record` does not change.
size_t blktrace_stream_run(struct blktrace_stream *stream, uint64_t limit_ns,
                           const struct trace_events_wanted *wanted,
                           struct blktrace_record *records, size_t room);

// The next record, whatever it is, if it is like almost all: `record`, else as it was or of no
// meaning, for blktrace_stream_next to tell.
bool blktrace_stream_step(struct blktrace_stream *stream, uint64_t limit_ns);

// TRACE_REQUEST: `record` is the next one, whatever it is.
enum trace_result blktrace_stream_next(struct blktrace_stream *stream, struct trace_error *error);

void blktrace_stream_report(const struct blktrace_stream *stream, struct trace_notices *notices);

// Frees what reading needs; the counts stay.
void blktrace_stream_close(struct blktrace_stream *stream);

#endif
