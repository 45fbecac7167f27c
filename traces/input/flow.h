// SPDX-License-Identifier: GPL-2.0-or-later
// What the readers share whose trace is one file with one request after the other: the file, the
// order of arrival, the selected volume, the origin.
//
// The reader makes requests in the order of the file, of whatever volume; what comes out is in
// order of arrival (reorder.h) and of the selected volume only.
#ifndef TRACES_INPUT_FLOW_H
#define TRACES_INPUT_FLOW_H

#include "traces/format.h"
#include "traces/input/input.h"
#include "traces/reorder.h"

// The reader's next request in the order of the file; its volume is interned in the context.
typedef enum trace_result trace_flow_next(void *reader, struct trace_request *request,
                                          struct trace_error *error);

struct trace_flow {
    struct trace_context *context;
    struct trace_input input;
    trace_flow_next *next;
    void *reader;
    struct trace_reorder reorder;
    bool ended;                 // the reader has no more
    size_t volumes_seen;        // of the context's volumes
    uint32_t selected;          // TRACE_VOLUME_NONE: has not come up
    uint64_t requests;          // let out
    struct trace_request first; // read when opened, for the origin
    bool first_waits;           // to be let out
};

// Opens the one file; `what` is the format in messages, such as "an iolog". Allowed to fail half
// way: close it in any case.
bool trace_flow_open(struct trace_flow *flow, struct trace_context *context, const char *what,
                     struct trace_error *error);

// Reads ahead until the earliest request is known, whose arrival becomes the origin.
bool trace_flow_start(struct trace_flow *flow, trace_flow_next *next, void *reader,
                      struct trace_error *error);

enum trace_result trace_flow_read(struct trace_flow *flow, struct trace_request *request,
                                  struct trace_error *error);

// Requests that came after a later one were put into order: normal for some formats only.
void trace_flow_report_displaced(const struct trace_flow *flow);
void trace_flow_report(const struct trace_flow *flow);

// Allowed on a zeroed one.
void trace_flow_close(struct trace_flow *flow);

#endif
