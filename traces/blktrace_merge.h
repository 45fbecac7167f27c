// SPDX-License-Identifier: GPL-2.0-or-later
// All files of a blktrace recording as one stream in order of time.
#ifndef TRACES_BLKTRACE_MERGE_H
#define TRACES_BLKTRACE_MERGE_H

#include "traces/blktrace_stream.h"

struct blktrace_merge;

// The files outlive the merge. NULL: error filled.
struct blktrace_merge *blktrace_merge_open(const struct trace_files *files,
                                           struct trace_error *error);

void blktrace_merge_close(struct blktrace_merge *merge);

// The next record, valid until the next call; equal times in order of file, then of place in it.
enum trace_result blktrace_merge_next(struct blktrace_merge *merge,
                                      const struct blktrace_record **record,
                                      struct trace_error *error);

// Time of the earliest record; 0 if there is none. Only before the first call of the above.
int64_t blktrace_merge_origin_ns(const struct blktrace_merge *merge);

void blktrace_merge_report(const struct blktrace_merge *merge, struct trace_notices *notices);

uint64_t blktrace_merge_consumed(const struct blktrace_merge *merge);

#endif
