// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/flow.h"

#include "traces/input/flow_order.h"

#include <stdlib.h>
#include <string.h>

static enum trace_result take(struct trace_flow *flow, struct trace_request *request,
                              struct trace_error *error)
{
    if (flow->spread_ns == 0)
        return flow_order_next(flow, request, error);
    while (!trace_spread_pop(&flow->spread, request)) {
        enum trace_result result = flow_order_next(flow, request, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_REQUEST) {
            trace_spread_push(&flow->spread, request);
            continue;
        }
        trace_spread_finish(&flow->spread);
        return trace_spread_pop(&flow->spread, request) ? TRACE_REQUEST : TRACE_END;
    }
    return TRACE_REQUEST;
}

static bool is_wanted(struct trace_flow *flow, const struct trace_request *request)
{
    const struct trace_volumes *volumes = &flow->context->volumes;
    if (flow->context->volume == NULL)
        return true;
    for (; flow->volumes_seen < volumes->count; flow->volumes_seen++)
        if (strcmp(volumes->names[flow->volumes_seen], flow->context->volume) == 0)
            flow->selected = (uint32_t)flow->volumes_seen;
    return request->volume == flow->selected;
}

static enum trace_result end_trace(const struct trace_flow *flow, struct trace_error *error)
{
    const struct trace_volumes *volumes = &flow->context->volumes;
    char list[400];
    if (flow->context->volume == NULL || flow->requests > 0)
        return TRACE_END;
    if (flow->source->miss != NULL)
        return flow->source->miss(flow, error);
    trace_volumes_list(volumes, list, sizeof list);
    bool named = volumes->count > 1 || (volumes->count == 1 && list[0] != '\0');
    trace_error_set(error, "%s: no request of volume \"%s\" is in the trace; it has %s",
                    flow->input.path, flow->context->volume,
                    named                ? list
                    : volumes->count > 0 ? "one volume, without a name"
                                         : "no request at all");
    return TRACE_ERROR;
}

static bool start(struct trace_flow *flow, struct trace_error *error)
{
    if (!trace_input_open(&flow->input, &flow->context->files->items[0], error) ||
        !flow->source->start(flow, error))
        return false;
    flow->context->lines = flow->lines;
    if (!flow_order_start(flow, error))
        return false;
    if (flow->spread_ns > 0 && !trace_spread_init(&flow->spread, flow->spread_ns, error))
        return false;
    enum trace_result result = take(flow, &flow->first, error);
    flow->first_waits = result == TRACE_REQUEST;
    flow->context->times_are_absolute = flow->is_absolute;
    flow->context->origin_ns = flow->first_waits ? flow->first.arrival_ns : 0;
    if (result != TRACE_ERROR && flow->source->begun != NULL)
        flow->source->begun(flow);
    return result != TRACE_ERROR;
}

void *trace_flow_open(struct trace_context *context, const struct trace_flow_source *source,
                      const void *how, struct trace_error *error)
{
    const struct trace_files *files = context->files;
    if (files->count != 1) {
        trace_error_set(error, "%s and %zu more: %s is one file; open them one by one",
                        files->items[0].path, files->count - 1, source->what);
        return NULL;
    }
    struct trace_flow *flow = calloc(1, source->bytes);
    if (flow == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    flow->context = context;
    flow->source = source;
    flow->how = how;
    flow->selected = TRACE_VOLUME_NONE;
    if (!start(flow, error)) {
        trace_flow_close(flow);
        return NULL;
    }
    return flow;
}

enum trace_result trace_flow_read(void *reader, struct trace_request *request,
                                  struct trace_error *error)
{
    struct trace_flow *flow = reader;
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

void trace_flow_report(void *reader)
{
    const struct trace_flow *flow = reader;
    flow->source->report(reader);
}

enum trace_arrival trace_flow_arrival(const void *opaque, uint32_t volume)
{
    const struct trace_flow *flow = opaque;
    (void)volume;
    return flow->source->has_arrivals ? flow->context->arrival : TRACE_ARRIVAL_AUTO;
}

uint64_t trace_flow_consumed(const void *reader)
{
    const struct trace_flow *flow = reader;
    // What is held to be put into order has been read, but nobody has got it.
    const struct trace_reorder *reorder = &flow->reorder;
    uint64_t held = reorder->ring_count + reorder->heap.count;
    uint64_t bytes = trace_input_consumed(&flow->input);
    return held == 0 ? bytes
                     : (uint64_t)((double)bytes * (double)(reorder->pushed - held) /
                                  (double)reorder->pushed);
}

void trace_flow_close(void *reader)
{
    struct trace_flow *flow = reader;
    if (flow->source->stop != NULL)
        flow->source->stop(flow);
    trace_input_close(&flow->input);
    trace_reorder_free(&flow->reorder);
    trace_sorter_free(&flow->sorter);
    trace_spread_free(&flow->spread);
    free(flow->owned);
    free(flow);
}

static void *open_flow(struct trace_context *context, const void *how, struct trace_error *error)
{
    return trace_flow_open(context, how, NULL, error);
}

const struct trace_reader_kind trace_reader_flow = TRACE_FLOW_KIND(open_flow);

void trace_flow_report_late(const struct trace_flow *flow)
{
    trace_reorder_report(&flow->reorder, &flow->context->notices, flow->input.path);
}

void trace_flow_report_displaced(const struct trace_flow *flow)
{
    trace_notices_count(&flow->context->notices, "out-of-order", flow->input.path,
                        flow->is_sorted ? flow->sorter.displaced : flow->reorder.displaced,
                        "requests come after a later one; they were put into order.");
}
