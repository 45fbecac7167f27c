// SPDX-License-Identifier: GPL-2.0-or-later
// The binary block traces: per-CPU files or a dump, as one stream in order of time.
//
// A heap of the streams, ordered by (time of the stream's record, number of the stream).
// The stream at the top is advanced when the next record is asked for, not before: its record is
// what the caller looks at. It stays the earliest for many records, so the heap is not touched
// until it passes the runner-up; the time in its entry is of when it came to the top.
#include "traces/blktrace/blktrace_stream.h"
#include "traces/events.h"
#include "traces/heap.h"

#include <stdio.h>
#include <stdlib.h>

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
                                       const struct trace_context *context,
                                       struct trace_error *error)
{
    const struct trace_files *files = context->files;
    for (size_t i = 0; i < files->count; i++) {
        struct blktrace_stream *stream = &merge->streams[i];
        if (!blktrace_stream_open(stream, context, &files->items[i], error))
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

static void close_source(void *opaque)
{
    struct blktrace_merge *merge = opaque;
    if (merge == NULL)
        return;
    for (size_t i = 0; i < merge->stream_count; i++)
        blktrace_stream_close(&merge->streams[i]);
    free(merge->streams);
    trace_heap_free(&merge->heap);
    free(merge);
}

static void *open_source(const struct trace_context *context, const void *how,
                         struct trace_error *error)
{
    const struct trace_files *files = context->files;
    (void)how;
    struct blktrace_merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    merge->streams = calloc(files->count, sizeof *merge->streams);
    if (merge->streams == NULL)
        trace_error_no_memory(error);
    if (merge->streams == NULL || start_streams(merge, context, error) == TRACE_ERROR) {
        close_source(merge);
        return NULL;
    }
    return merge;
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

// The current stream has moved on: its next record is known.
static enum trace_result turn_on(struct blktrace_merge *merge,
                                 const struct blktrace_record **record)
{
    struct blktrace_merge_entry entry = {merge->current->record.time_ns, merge->current};
    trace_heap_replace(&merge->heap, &streams, &entry);
    return choose(merge, record);
}

// The next record when it may be another stream's, or is out of the ordinary.
static enum trace_result turn(struct blktrace_merge *merge, const struct blktrace_record **record,
                              struct trace_error *error)
{
    struct blktrace_stream *stream = merge->current;
    if (stream == NULL)
        return choose(merge, record);
    enum trace_result result = blktrace_stream_next(stream, error);
    if (result == TRACE_REQUEST)
        return turn_on(merge, record);
    if (result == TRACE_ERROR)
        return TRACE_ERROR;
    finish_stream(merge, stream);
    trace_heap_pop(&merge->heap, &streams);
    return choose(merge, record);
}

// The next wanted one; those of equal times in order of file, then of place in it.
static enum trace_result next_record(void *opaque, const struct trace_events_wanted *wanted,
                                     const struct blktrace_record **record,
                                     struct trace_error *error)
{
    struct blktrace_merge *merge = opaque;
    enum trace_result result = TRACE_REQUEST;
    do {
        struct blktrace_stream *stream = merge->current;
        if (stream == NULL || !blktrace_stream_step(stream, merge->limit_ns))
            result = turn(merge, record, error);
        else
            *record = &stream->record;
    } while (result == TRACE_REQUEST && !trace_events_want(wanted, *record));
    return result;
}

// Runs of one stream do not look at the heap.
static size_t take_records(void *opaque, const struct trace_events_wanted *wanted,
                           struct blktrace_record *records, size_t room)
{
    struct blktrace_merge *merge = opaque;
    const struct blktrace_record *next;
    size_t count = 0;
    while (merge->current != NULL) {
        count += blktrace_stream_run(merge->current, merge->limit_ns, wanted, records + count,
                                     room - count);
        if (count == room || !blktrace_stream_step(merge->current, BLKTRACE_TIME_LIMIT_NS))
            break;
        turn_on(merge, &next);
        records[count] = *next;
        count += trace_events_want(wanted, next);
    }
    return count;
}

static void show_place(const void *opaque, char *text, size_t size)
{
    const struct blktrace_merge *merge = opaque;
    const struct blktrace_stream *stream = merge->current;
    size_t length = BLKTRACE_HEADER_BYTES + (size_t)stream->record.pdu_bytes;
    snprintf(text, size, "%s: byte %llu%s", stream->input.path,
             (unsigned long long)(stream->input.offset - length),
             trace_input_suffix(&stream->input));
}

static int64_t origin_ns(const void *opaque)
{
    const struct blktrace_merge *merge = opaque;
    const struct blktrace_merge_entry *first = merge->heap.entries;
    return merge->heap.count > 0 ? (int64_t)first->time_ns : 0;
}

static void report(const void *opaque, struct trace_notices *notices)
{
    const struct blktrace_merge *merge = opaque;
    for (size_t i = 0; i < merge->stream_count; i++)
        blktrace_stream_report(&merge->streams[i], notices);
}

static uint64_t consumed(const void *opaque)
{
    const struct blktrace_merge *merge = opaque;
    uint64_t bytes = merge->finished_bytes;
    for (size_t i = 0; i < merge->stream_count; i++)
        bytes += trace_input_consumed(&merge->streams[i].input);
    return bytes;
}

static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    unsigned version;
    size_t at = blktrace_stream_prefix(head, length);
    return length >= at + sizeof(uint32_t) &&
           blktrace_record_magic(head + at, &version) != BLKTRACE_MAGIC_NONE;
}

static void *open_reader(struct trace_context *context, const void *how, struct trace_error *error)
{
    static const struct trace_event_source source = {
        .open = open_source,
        .next = next_record,
        .take = take_records,
        .align = blktrace_stream_align,
        .place = show_place,
        .origin_ns = origin_ns,
        .report = report,
        .consumed = consumed,
        .close = close_source,
    };
    return trace_events_open(context, &source, how, error);
}

static const struct trace_reader_kind kind = TRACE_EVENTS_KIND(open_reader);

const struct trace_format trace_format_blktrace = {
    .name = "blktrace",
    .known_by = "a blktrace file of version 7 (starts with 07 74 61 65, or 65 61 74 07)",
    .wanted = TRACE_EVENTS_WANTED,
    .recognise = recognise,
    .kind = &kind,
    .is_binary = true,
};
