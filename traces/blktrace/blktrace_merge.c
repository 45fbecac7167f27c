// SPDX-License-Identifier: GPL-2.0-or-later
// A binary heap over the streams, ordered by (time of the stream's record, number of the stream).
// The stream at the top is advanced when the next record is asked for, not before: its record is
// what the caller looks at. It stays the earliest for many records, so the heap is not touched
// until it passes the runner-up; the time in its entry is of when it came to the top.
#include "traces/blktrace/blktrace_merge.h"

#include "traces/trace_error.h"

#include <stdlib.h>

static bool entry_before(const struct blktrace_merge_entry *a, const struct blktrace_merge_entry *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->stream < b->stream;
}

static void sift_down(struct blktrace_merge *merge, size_t at)
{
    struct blktrace_merge_entry moved = merge->heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= merge->heap_count)
            break;
        if (child + 1 < merge->heap_count &&
            entry_before(&merge->heap[child + 1], &merge->heap[child]))
            child++;
        if (!entry_before(&merge->heap[child], &moved))
            break;
        merge->heap[at] = merge->heap[child];
        at = child;
    }
    merge->heap[at] = moved;
}

// Closes the file of a stream that has ended, so that it holds no memory.
static void finish_stream(struct blktrace_merge *merge, struct blktrace_stream *stream)
{
    merge->finished_bytes += stream->file->bytes;
    blktrace_stream_close(stream);
}

static enum trace_result start_streams(struct blktrace_merge *merge,
                                       const struct trace_files *files, struct trace_error *error)
{
    for (size_t i = 0; i < files->count; i++) {
        struct blktrace_stream *stream = &merge->streams[i];
        if (!blktrace_stream_open(stream, &files->items[i], error))
            return TRACE_ERROR;
        merge->stream_count++;
        enum trace_result result = blktrace_stream_next(stream, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_END) {
            finish_stream(merge, stream);
        } else {
            merge->heap[merge->heap_count++] =
                (struct blktrace_merge_entry){stream->record.time_ns, stream};
        }
    }
    for (size_t i = merge->heap_count / 2; i > 0; i--)
        sift_down(merge, i - 1);
    return TRACE_END;
}

struct blktrace_merge *blktrace_merge_open(const struct trace_files *files,
                                           struct trace_error *error)
{
    struct blktrace_merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    merge->streams = calloc(files->count, sizeof *merge->streams);
    merge->heap = calloc(files->count, sizeof *merge->heap);
    bool good = merge->streams != NULL && merge->heap != NULL;
    if (!good)
        trace_error_no_memory(error);
    if (!good || start_streams(merge, files, error) == TRACE_ERROR) {
        blktrace_merge_close(merge);
        return NULL;
    }
    return merge;
}

void blktrace_merge_close(struct blktrace_merge *merge)
{
    if (merge == NULL)
        return;
    for (size_t i = 0; i < merge->stream_count; i++)
        blktrace_stream_close(&merge->streams[i]);
    free(merge->streams);
    free(merge->heap);
    free(merge);
}

// Makes the stream at the top the current one.
static enum trace_result choose(struct blktrace_merge *merge, const struct blktrace_record **record)
{
    const struct blktrace_merge_entry *heap = merge->heap;
    if (merge->heap_count == 0) {
        merge->current = NULL;
        return TRACE_END;
    }
    merge->current = heap[0].stream;
    merge->limit_ns = BLKTRACE_TIME_LIMIT_NS;
    if (merge->heap_count > 1) {
        bool second = merge->heap_count > 2 && entry_before(&heap[2], &heap[1]);
        const struct blktrace_merge_entry *next = &heap[second ? 2 : 1];
        merge->limit_ns = next->time_ns + (merge->current < next->stream);
    }
    *record = &merge->current->record;
    return TRACE_REQUEST;
}

enum trace_result blktrace_merge_turn(struct blktrace_merge *merge,
                                      const struct blktrace_record **record,
                                      struct trace_error *error)
{
    struct blktrace_stream *stream = merge->current;
    if (stream == NULL)
        return choose(merge, record);
    enum trace_result result = blktrace_stream_next(stream, error);
    if (result == TRACE_ERROR)
        return TRACE_ERROR;
    if (result == TRACE_END) {
        finish_stream(merge, stream);
        merge->heap[0] = merge->heap[--merge->heap_count];
    } else {
        merge->heap[0].time_ns = stream->record.time_ns;
    }
    if (merge->heap_count > 0)
        sift_down(merge, 0);
    return choose(merge, record);
}

int64_t blktrace_merge_origin_ns(const struct blktrace_merge *merge)
{
    return merge->heap_count > 0 ? (int64_t)merge->heap[0].time_ns : 0;
}

void blktrace_merge_report(const struct blktrace_merge *merge, struct trace_notices *notices)
{
    for (size_t i = 0; i < merge->stream_count; i++)
        blktrace_stream_report(&merge->streams[i], notices);
}

uint64_t blktrace_merge_consumed(const struct blktrace_merge *merge)
{
    uint64_t bytes = merge->finished_bytes;
    for (size_t i = 0; i < merge->stream_count; i++)
        bytes += trace_input_consumed(&merge->streams[i].input);
    return bytes;
}
