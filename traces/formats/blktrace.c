// SPDX-License-Identifier: GPL-2.0-or-later
// The binary block traces: per-CPU files or a dump, merged.
#include "traces/blktrace/blktrace_merge.h"
#include "traces/events.h"

static bool recognise(const uint8_t *head, size_t length)
{
    unsigned version;
    return length >= sizeof(uint32_t) &&
           blktrace_record_magic(head, &version) != BLKTRACE_MAGIC_NONE;
}

static void *open_source(const struct trace_context *context, struct trace_error *error)
{
    return blktrace_merge_open(context->files, error);
}

static enum trace_result next_record(void *merge, const struct trace_events_wanted *wanted,
                                     const struct blktrace_record **record,
                                     struct trace_error *error)
{
    enum trace_result result;
    do {
        result = blktrace_merge_next(merge, record, error);
    } while (result == TRACE_REQUEST && !trace_events_want(wanted, *record));
    return result;
}

static int64_t origin_ns(const void *merge)
{
    return blktrace_merge_origin_ns(merge);
}

static void report(const void *merge, struct trace_notices *notices)
{
    blktrace_merge_report(merge, notices);
}

static uint64_t consumed(const void *merge)
{
    return blktrace_merge_consumed(merge);
}

static void close_source(void *merge)
{
    blktrace_merge_close(merge);
}

static const struct trace_event_source event_source = {
    .open = open_source,
    .next = next_record,
    .origin_ns = origin_ns,
    .report = report,
    .consumed = consumed,
    .close = close_source,
};

static void *open_reader(struct trace_context *context, struct trace_error *error)
{
    return trace_events_open(context, &event_source, error);
}

const struct trace_format trace_format_blktrace = {
    .name = "blktrace",
    .known_by = "a blktrace file of version 7 (starts with 07 74 61 65, or 65 61 74 07)",
    .recognise = recognise,
    .open = open_reader,
    .read = trace_events_read,
    .report = trace_events_report,
    .consumed = trace_events_consumed,
    .close = trace_events_close,
};
