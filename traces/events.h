// SPDX-License-Identifier: GPL-2.0-or-later
// What the formats of block events share, binary or text: a source of records becomes requests.
//
// Devices become volumes, one may be selected, reading ahead tells what the arrivals are, and the
// events are paired (blktrace/blktrace_pair.h). A format brings only its source.
#ifndef TRACES_EVENTS_H
#define TRACES_EVENTS_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/format.h"

// Most records change nothing: a source need not hand them on, nor read more of them than this.
struct trace_events_wanted {
    unsigned actions; // bit n: records of action n matter
    bool selects;     // only of this device
    uint32_t device;
};

static inline bool trace_events_want(const struct trace_events_wanted *wanted,
                                     const struct blktrace_record *record)
{
    return (!wanted->selects || record->device == wanted->device) &&
           ((wanted->actions >> (blktrace_record_action(record) & 31) & 1) != 0 ||
            record->after_gap || blktrace_record_has(record, BLKTRACE_PASSTHROUGH));
}

// The next wanted record, valid until the next call.
typedef enum trace_result events_next(void *records, const struct trace_events_wanted *wanted,
                                      const struct blktrace_record **record,
                                      struct trace_error *error);

// Opened twice, the first time to read ahead.
struct trace_event_source {
    // `how` is of the format.
    void *(*open)(const struct trace_context *context, const void *how, struct trace_error *error);
    events_next *next; // in order of time
    // Stores as many of the wanted records that `next` would give as lie in memory, are fit to be
    // used without a further look, and have room. 0: what comes next is for `next` to tell, errors
    // and the end as well. `place` holds no longer. NULL: always 0.
    size_t (*take)(void *source, const struct trace_events_wanted *wanted,
                   struct blktrace_record *records, size_t room);
    // Where the first record begins in some bytes from the middle of a file.
    size_t (*align)(const uint8_t *bytes, size_t length);
    // Where the last record stands, as "FILE: line N".
    void (*place)(const void *source, char *text, size_t size);
    // Time of the earliest record; 0 if there is none. Asked for before the first `next`.
    int64_t (*origin_ns)(const void *source);
    const struct trace_lines *(*lines)(const void *source); // NULL: not a text
    void (*report)(const void *source, struct trace_notices *notices);
    uint64_t (*consumed)(const void *source);
    void (*close)(void *source); // NULL is allowed
};

// What `open` of a kind of reader does, and the others.
void *trace_events_open(struct trace_context *context, const struct trace_event_source *source,
                        const void *how, struct trace_error *error);
enum trace_result trace_events_read(void *reader, struct trace_request *request,
                                    struct trace_error *error);
void trace_events_report(void *reader);
enum trace_arrival trace_events_arrival(const void *reader, uint32_t volume);
uint64_t trace_events_consumed(const void *reader);
void trace_events_close(void *reader);

// Of every format of this kind, what should have been recorded.
#define TRACE_EVENTS_TO_RECORD                                                                     \
    "blktrace -a queue -a issue -a complete, or the tracepoints block_bio_queue, block_rq_issue, " \
    "block_rq_complete"
#define TRACE_EVENTS_WANTED "events Q (queue) or D (issue) of data; record " TRACE_EVENTS_TO_RECORD

#define TRACE_EVENTS_KIND(open_reader)                                                             \
    {                                                                                              \
        .open = (open_reader), .read = trace_events_read, .report = trace_events_report,           \
        .arrival = trace_events_arrival, .consumed = trace_events_consumed,                        \
        .close = trace_events_close,                                                               \
    }

#endif
