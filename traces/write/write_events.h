// SPDX-License-Identifier: GPL-2.0-or-later
// What the formats of block events share: each request is a Q and, at the same time, a D, and when
// it completes a C. So reading it gives the same requests, whatever their arrival is taken to be.
#ifndef TRACES_WRITE_WRITE_EVENTS_H
#define TRACES_WRITE_WRITE_EVENTS_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/write/write_format.h"

// Who did it, where a name is wanted.
#define WRITE_EVENT_NAME "throttlesim"

// How an operation is told.
struct write_event_op {
    const char *letters;
    unsigned categories; // of blktrace
};

// Write zeroes have no bit and no letter of their own: they are not held.
extern const struct write_event_op write_event_ops[TRACE_OP_COUNT];

// The lengths of records have 32 bits.
#define WRITE_EVENT_LIMITS(step)                                                                   \
    {                                                                                              \
        .operations =                                                                              \
            1U << TRACE_READ | 1U << TRACE_WRITE | 1U << TRACE_DISCARD | 1U << TRACE_FLUSH,        \
        .time_step_ns = 1, .latency_step_ns = 1, .completions = true,                              \
        .offset_step = WRITE_SECTOR_BYTES, .bytes_step = (step),                                   \
        .bytes_max = UINT32_MAX - UINT32_MAX % (step),                                             \
    }

// One Q, D or C of a request, at its time.
struct write_event {
    enum blktrace_action action;
    uint64_t time_ns;
    uint64_t sector;
    uint64_t bytes;
    const struct write_event_op *op;
    struct write_volume *volume;
};

// What a format's `stage` does with one event.
typedef void write_event_put(struct write_context *context, const struct write_event *event);

void write_events(struct write_context *context, const struct trace_request *request,
                  enum write_stage stage, write_event_put *put);

static inline uint32_t write_device_major(uint32_t device)
{
    return device >> 20;
}

static inline uint32_t write_device_minor(uint32_t device)
{
    return device & 0xfffff;
}

#endif
