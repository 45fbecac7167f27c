// SPDX-License-Identifier: GPL-2.0-or-later
// The threads of a recording of block events: their numbers (pid), their names, which may be told
// again and again, and those that sent requests as the streams of the trace.
#ifndef TRACES_THREADS_H
#define TRACES_THREADS_H

#include "traces/stream_sets.h"
#include "traces/trace.h"
#include "traces/volumes.h"

// What the kernel keeps of a name are 15 bytes.
#define TRACE_THREAD_NAME_BYTES 31

struct trace_thread {
    int64_t named_ns; // when it had that name
    uint32_t pid;
    uint32_t stream; // 0: it has sent nothing yet
    char name[TRACE_THREAD_NAME_BYTES + 1];
};

// All zero but for the streams is none.
struct trace_threads {
    struct trace_volumes *streams; // the trace's; the first has the number 1
    struct trace_map numbers;      // by (pid, 0) and (stream, 1)
    struct trace_thread *items;    // TRACE_VOLUMES_MAX at most
    uint32_t count;
    uint32_t capacity;
    uint64_t unlisted;             // requests queued of more threads than that
    struct trace_stream_sets sets; // of streams, that share a flush
};

void trace_threads_free(struct trace_threads *threads);

// A thread has this name at this time; of several names the latest holds. One of more threads than
// have room has none.
void trace_threads_name(struct trace_threads *threads, uint32_t pid, const char *name,
                        size_t length, int64_t time_ns);

// The stream of a thread, named as far as it is known, otherwise by its pid. 0: not known, as of
// pid 0, which runs when no thread does.
uint32_t trace_threads_stream(struct trace_threads *threads, uint32_t pid);

// As trace_stream_text has it, of one that is known.
const char *trace_threads_text(const struct trace_threads *threads, uint32_t stream,
                               char text[TRACE_STREAM_TEXT]);

void trace_threads_report(const struct trace_threads *threads, const char *source,
                          struct trace_notices *notices);

#endif
