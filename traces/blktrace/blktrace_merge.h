// SPDX-License-Identifier: GPL-2.0-or-later
// All files of a blktrace recording as one stream in order of time.
#ifndef TRACES_BLKTRACE_BLKTRACE_MERGE_H
#define TRACES_BLKTRACE_BLKTRACE_MERGE_H

#include "traces/blktrace/blktrace_stream.h"
#include "traces/heap.h"

struct blktrace_merge_entry {
    uint64_t time_ns;
    struct blktrace_stream *stream;
};

struct blktrace_merge {
    struct blktrace_stream *current; // the top of the heap, once the caller has seen its record
    uint64_t limit_ns;               // from this time on another stream comes before `current`
    struct blktrace_stream *streams;
    size_t stream_count;
    struct trace_heap heap;
    uint64_t finished_bytes; // on disk, of streams that have ended
};

// The files outlive the merge. NULL: error filled.
struct blktrace_merge *blktrace_merge_open(const struct trace_files *files,
                                           struct trace_error *error);

void blktrace_merge_close(struct blktrace_merge *merge);

// The next record when it may be another stream's, or is out of the ordinary.
enum trace_result blktrace_merge_turn(struct blktrace_merge *merge,
                                      const struct blktrace_record **record,
                                      struct trace_error *error);

// The next record, valid until the next call; equal times in order of file, then of place in it.
static inline enum trace_result blktrace_merge_next(struct blktrace_merge *merge,
                                                    const struct blktrace_record **record,
                                                    struct trace_error *error)
{
    struct blktrace_stream *stream = merge->current;
    if (stream == NULL || !blktrace_stream_advance(stream, merge->limit_ns))
        return blktrace_merge_turn(merge, record, error);
    *record = &stream->record;
    return TRACE_REQUEST;
}

// Time of the earliest record; 0 if there is none. Only before the first call of the above.
int64_t blktrace_merge_origin_ns(const struct blktrace_merge *merge);

void blktrace_merge_report(const struct blktrace_merge *merge, struct trace_notices *notices);

uint64_t blktrace_merge_consumed(const struct blktrace_merge *merge);

#endif
