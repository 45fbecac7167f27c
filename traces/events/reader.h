// SPDX-License-Identifier: GPL-2.0-or-later
// A reader of block events, and its reading ahead.
#ifndef TRACES_EVENTS_READER_H
#define TRACES_EVENTS_READER_H

#include "traces/blktrace/blktrace_pair.h"
#include "traces/events.h"
#include "traces/events/devices.h"
#include "traces/events/order.h"
#include "traces/events/stacks.h"

// Few enough to stay in the cache beside what is done with them.
#define EVENTS_READY_RECORDS 128

struct events_reader {
    struct trace_context *context;
    const struct trace_event_source *source;
    const void *how; // of the format
    void *opened;    // the source
    // Where the records come from: the source, or what was sorted of it.
    events_next *next;
    void *records;
    bool once;                     // it can be opened only once
    struct events_order order;     // of records that are not in order of time
    struct blktrace_record *ahead; // read ahead, of a stream
    size_t ahead_count;
    size_t ahead_next; // to be read
    // Taken from the source in one go (trace_event_source.take).
    struct blktrace_record *ready; // EVENTS_READY_RECORDS; NULL: they are not in its order
    const struct blktrace_record *ready_next; // to be read
    const struct blktrace_record *ready_end;
    struct trace_events_wanted wanted;
    struct blktrace_pairing pairing;
    struct events_devices devices;
    struct events_stacks stacks;
    struct trace_threads threads;
    uint32_t held; // so many records are read before a request is given out
    char *name;    // what notices about the whole trace are about
};

// All its records are there to be read again.
static inline bool events_reader_is_sorted(const struct events_reader *reader)
{
    return reader->next == events_order_next_sorted;
}

// Reads the opened source as far as it takes to decide what the arrivals are, and whether it is
// told who sent them. The selected device must be in the trace. False: error filled.
bool events_reader_survey(struct events_reader *reader, struct trace_error *error);

#endif
