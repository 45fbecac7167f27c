// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/flow.h"

#include <string.h>

bool trace_flow_open(struct trace_flow *flow, struct trace_context *context, const char *what,
                     struct trace_error *error)
{
    const struct trace_files *files = context->files;
    *flow = (struct trace_flow){.context = context, .selected = TRACE_VOLUME_NONE};
    if (files->count != 1) {
        trace_error_set(error, "%s and %zu more: %s is one file; open them one by one",
                        files->items[0].path, files->count - 1, what);
        return false;
    }
    return trace_reorder_init(&flow->reorder, error) &&
           trace_input_open(&flow->input, &files->items[0], error);
}

void trace_flow_close(struct trace_flow *flow)
{
    trace_input_close(&flow->input);
    trace_reorder_free(&flow->reorder);
}

// The next request in order of arrival, of any volume.
static enum trace_result take(struct trace_flow *flow, struct trace_request *request,
                              struct trace_error *error)
{
    while (!flow->ended && !trace_reorder_full(&flow->reorder)) {
        enum trace_result result = flow->next(flow->reader, request, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_REQUEST)
            trace_reorder_push(&flow->reorder, request);
        flow->ended = result == TRACE_END;
    }
    return trace_reorder_pop(&flow->reorder, request) ? TRACE_REQUEST : TRACE_END;
}

static bool is_wanted(struct trace_flow *flow, const struct trace_request *request)
{
    const struct trace_volumes *volumes = &flow->context->volumes;
    if (flow->context->volume == NULL)
        return true;
    for (; flow->volumes_seen < volumes->count; flow->volumes_seen++) {
        if (strcmp(volumes->names[flow->volumes_seen], flow->context->volume) == 0)
            flow->selected = (uint32_t)flow->volumes_seen;
    }
    return request->volume == flow->selected;
}

static enum trace_result end_trace(const struct trace_flow *flow, struct trace_error *error)
{
    const struct trace_volumes *volumes = &flow->context->volumes;
    char list[400];
    if (flow->context->volume == NULL || flow->requests > 0)
        return TRACE_END;
    trace_volumes_list(volumes, list, sizeof list);
    bool named = volumes->count > 1 || (volumes->count == 1 && list[0] != '\0');
    trace_error_set(error, "%s: no request of volume \"%s\" is in the trace; it has %s",
                    flow->input.path, flow->context->volume,
                    named                ? list
                    : volumes->count > 0 ? "one volume, without a name"
                                         : "no request at all");
    return TRACE_ERROR;
}

bool trace_flow_start(struct trace_flow *flow, trace_flow_next *next, void *reader,
                      struct trace_error *error)
{
    flow->next = next;
    flow->reader = reader;
    enum trace_result result = take(flow, &flow->first, error);
    flow->first_waits = result == TRACE_REQUEST;
    flow->context->times_are_absolute = false;
    flow->context->origin_ns = flow->first_waits ? flow->first.arrival_ns : 0;
    return result != TRACE_ERROR;
}

enum trace_result trace_flow_read(struct trace_flow *flow, struct trace_request *request,
                                  struct trace_error *error)
{
    do {
        enum trace_result result = TRACE_REQUEST;
        if (flow->first_waits)
            *request = flow->first;
        else
            result = take(flow, request, error);
        flow->first_waits = false;
        if (result != TRACE_REQUEST)
            return result == TRACE_END ? end_trace(flow, error) : result;
    } while (!is_wanted(flow, request));
    flow->requests++;
    return TRACE_REQUEST;
}

void trace_flow_report(const struct trace_flow *flow)
{
    trace_reorder_report(&flow->reorder, &flow->context->notices, flow->input.path);
}

void trace_flow_report_displaced(const struct trace_flow *flow)
{
    trace_notices_set(&flow->context->notices, "out-of-order", flow->input.path,
                      flow->reorder.displaced,
                      "%llu requests come after a later one; they were put into order.",
                      (unsigned long long)flow->reorder.displaced);
}
