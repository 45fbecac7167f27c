// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/write/write_events.h"

#define EVENT_READ (1 << 0)
#define EVENT_SYNC (1 << 3)

const struct write_event_op write_event_ops[TRACE_OP_COUNT] = {
    [TRACE_READ] = {"R", EVENT_READ},
    [TRACE_WRITE] = {"W", BLKTRACE_WRITE},
    [TRACE_DISCARD] = {"D", BLKTRACE_WRITE | BLKTRACE_DISCARD},
    // As a bio that is no more than a flush enters the block layer.
    [TRACE_FLUSH] = {"FWS", BLKTRACE_WRITE | BLKTRACE_FLUSH | EVENT_SYNC},
};

void write_events(struct write_context *context, const struct trace_request *request,
                  enum write_stage stage, write_event_put *put)
{
    struct write_event event = {
        .time_ns = (uint64_t)request->arrival_ns,
        .sector = request->offset / WRITE_SECTOR_BYTES,
        .bytes = request->bytes,
        .op = &write_event_ops[request->op],
        .volume = &context->volumes.items[request->volume],
    };
    if (stage == WRITE_COMPLETION) {
        event.action = BLKTRACE_COMPLETE;
        event.time_ns += (uint64_t)request->latency_ns;
        put(context, &event);
        return;
    }
    event.action = BLKTRACE_QUEUE;
    put(context, &event);
    event.action = BLKTRACE_ISSUE;
    put(context, &event);
}
