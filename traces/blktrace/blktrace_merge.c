// SPDX-License-Identifier: GPL-2.0-or-later
// A heap of the streams, ordered by (time of the stream's record, number of the stream).
// The stream at the top is advanced when the next record is asked for, not before: its record is
// what the caller looks at. It stays the earliest for many records, so the heap is not touched
// until it passes the runner-up; the time in its entry is of when it came to the top.
#include "traces/blktrace/blktrace_merge.h"

#include "traces/trace_error.h"

#include <stdlib.h>

static bool is_before(const void *left, const void *right)
{
    const struct blktrace_merge_entry *a = left;
    const struct blktrace_merge_entry *b = right;
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->stream < b->stream;
}

static const struct trace_heap_kind streams = {sizeof(struct blktrace_merge_entry), is_before};

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
            continue;
        }
        struct blktrace_merge_entry entry = {stream->record.time_ns, stream};
        if (!trace_heap_push(&merge->heap, &streams, &entry)) {
            trace_error_no_memory(error);
            return TRACE_ERROR;
        }
    }
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
    if (merge->streams == NULL)
        trace_error_no_memory(error);
    if (merge->streams == NULL || start_streams(merge, files, error) == TRACE_ERROR) {
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
    trace_heap_free(&merge->heap);
    free(merge);
}

// Makes the stream at the top the current one.
static enum trace_result choose(struct blktrace_merge *merge, const struct blktrace_record **record)
{
    const struct blktrace_merge_entry *heap = merge->heap.entries;
    if (merge->heap.count == 0) {
        merge->current = NULL;
        return TRACE_END;
    }
    merge->current = heap[0].stream;
    merge->limit_ns = BLKTRACE_TIME_LIMIT_NS;
    if (merge->heap.count > 1) {
        bool second = merge->heap.count > 2 && is_before(&heap[2], &heap[1]);
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
        trace_heap_pop(&merge->heap, &streams);
    } else {
        struct blktrace_merge_entry entry = {stream->record.time_ns, stream};
        trace_heap_replace(&merge->heap, &streams, &entry);
    }
    return choose(merge, record);
}

int64_t blktrace_merge_origin_ns(const struct blktrace_merge *merge)
{
    const struct blktrace_merge_entry *first = merge->heap.entries;
    return merge->heap.count > 0 ? (int64_t)first->time_ns : 0;
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
