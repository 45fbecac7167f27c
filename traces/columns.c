// SPDX-License-Identifier: GPL-2.0-or-later
// The reader: requests in the order of the lines, put in order of arrival, spread, selected.
#include "traces/columns/lines.h"
#include "traces/reorder.h"
#include "traces/spread.h"

#include <stdlib.h>
#include <string.h>

struct columns_reader {
    struct trace_context *context;
    const struct columns_layout *layout;
    struct columns_lines lines;
    struct trace_reorder window; // not of a native layout
    struct trace_spread spread;  // if the layout says so
    bool ended;                  // the lines, not what the window holds
    size_t volumes_seen;         // of those, `wanted` is known
    uint32_t wanted;             // the volume asked for, once it was seen
    struct trace_request first;  // read when opened, for the origin
    enum trace_result first_result;
    bool first_taken;
    void *owned;
};

// The next in order of arrival.
static enum trace_result next_ordered(struct columns_reader *reader, struct trace_request *request,
                                      struct trace_error *error)
{
    if (reader->layout->native)
        return columns_lines_next(&reader->lines, request, error);
    while (!reader->ended && !trace_reorder_full(&reader->window)) {
        enum trace_result result = columns_lines_next(&reader->lines, request, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_END)
            reader->ended = true;
        else
            trace_reorder_push(&reader->window, request);
    }
    return trace_reorder_pop(&reader->window, request) ? TRACE_REQUEST : TRACE_END;
}

static enum trace_result next_spread(struct columns_reader *reader, struct trace_request *request,
                                     struct trace_error *error)
{
    if (!reader->layout->spread)
        return next_ordered(reader, request, error);
    while (!trace_spread_pop(&reader->spread, request)) {
        enum trace_result result = next_ordered(reader, request, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_REQUEST) {
            trace_spread_push(&reader->spread, request);
            continue;
        }
        trace_spread_finish(&reader->spread);
        return trace_spread_pop(&reader->spread, request) ? TRACE_REQUEST : TRACE_END;
    }
    return TRACE_REQUEST;
}

static enum trace_result end_trace(const struct columns_reader *reader, struct trace_error *error)
{
    const char *volume = reader->context->volume;
    const struct columns_column *column = reader->lines.plan.column[COLUMNS_VOLUME];
    const struct columns_column *sub = reader->lines.plan.column[COLUMNS_SUBVOLUME];
    char list[400];
    if (volume == NULL || reader->wanted != TRACE_VOLUME_NONE)
        return TRACE_END;
    if (column == NULL) {
        trace_error_set(error,
                        "%s: no volume \"%s\": no column names the volume, so there is one, "
                        "without a name",
                        reader->lines.input.path, volume);
        return TRACE_ERROR;
    }
    trace_volumes_list(&reader->context->volumes, list, sizeof list);
    trace_error_set(error, "%s: no line has \"%s\" in column%s %s%s%s; %s are: %s",
                    reader->lines.input.path, volume, sub != NULL ? "s" : "", column->name,
                    sub != NULL ? "_" : "", sub != NULL ? sub->name : "",
                    reader->layout->native ? "members" : "volumes", list);
    return TRACE_ERROR;
}

// Is this request of the volume asked for?
static bool is_wanted(struct columns_reader *reader, const struct trace_request *request)
{
    const struct trace_volumes *volumes = &reader->context->volumes;
    const char *volume = reader->context->volume;
    if (volume == NULL)
        return true;
    for (; reader->volumes_seen < volumes->count; reader->volumes_seen++)
        if (strcmp(volumes->names[reader->volumes_seen], volume) == 0)
            reader->wanted = (uint32_t)reader->volumes_seen;
    return request->volume == reader->wanted;
}

static enum trace_result next_wanted(struct columns_reader *reader, struct trace_request *request,
                                     struct trace_error *error)
{
    for (;;) {
        enum trace_result result = next_spread(reader, request, error);
        if (result == TRACE_END)
            return end_trace(reader, error);
        if (result == TRACE_ERROR || is_wanted(reader, request))
            return result;
    }
}

void columns_close(void *opaque)
{
    struct columns_reader *reader = opaque;
    columns_lines_close(&reader->lines);
    trace_reorder_free(&reader->window);
    trace_spread_free(&reader->spread);
    free(reader->owned);
    free(reader);
}

void columns_own(void *opaque, void *memory)
{
    struct columns_reader *reader = opaque;
    reader->owned = memory;
}

static bool start(struct columns_reader *reader, struct trace_error *error)
{
    struct trace_context *context = reader->context;
    const struct columns_layout *layout = reader->layout;
    if (!columns_lines_open(&reader->lines, layout, &context->files->items[0], &context->volumes,
                            error))
        return false;
    if (!layout->native && !trace_reorder_init(&reader->window, error))
        return false;
    enum columns_unit unit = reader->lines.plan.column[COLUMNS_TIME]->unit;
    if (layout->spread && !trace_spread_init(&reader->spread, columns_unit_ns(unit), error))
        return false;
    reader->first_result = next_spread(reader, &reader->first, error);
    return reader->first_result != TRACE_ERROR;
}

void *columns_open(struct trace_context *context, const struct columns_layout *layout,
                   struct trace_error *error)
{
    const struct trace_files *files = context->files;
    if (files->count != 1) {
        trace_error_set(error, "%s and %zu more: such a trace is one file; open them one by one",
                        files->items[0].path, files->count - 1);
        return NULL;
    }
    struct columns_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    reader->context = context;
    reader->layout = layout;
    reader->wanted = TRACE_VOLUME_NONE;
    if (!start(reader, error)) {
        columns_close(reader);
        return NULL;
    }
    context->times_are_absolute = layout->native;
    context->origin_ns = reader->first.arrival_ns;
    return reader;
}

enum trace_result columns_read(void *opaque, struct trace_request *request,
                               struct trace_error *error)
{
    struct columns_reader *reader = opaque;
    if (reader->first_taken)
        return next_wanted(reader, request, error);
    reader->first_taken = true;
    *request = reader->first;
    if (reader->first_result == TRACE_END)
        return end_trace(reader, error);
    return is_wanted(reader, request) ? TRACE_REQUEST : next_wanted(reader, request, error);
}

void columns_report(void *opaque)
{
    struct columns_reader *reader = opaque;
    struct trace_notices *notices = &reader->context->notices;
    const struct columns_counts *counts = &reader->lines.counts;
    const char *source = reader->lines.input.path;
    if (reader->layout->native)
        return;
    trace_notices_set(notices, "out-of-order", source, reader->window.displaced,
                      "%llu lines stand behind one of a later time; they were put in order.",
                      (unsigned long long)reader->window.displaced);
    trace_reorder_report(&reader->window, notices, source);
    trace_notices_set(notices, "zero-bytes", source, counts->zero_bytes,
                      "%llu requests without bytes that are no flush were skipped.",
                      (unsigned long long)counts->zero_bytes);
    trace_notices_set(notices, "other-lines", source, counts->prose_lines,
                      "%llu lines without columns, after the header, were passed over.",
                      (unsigned long long)counts->prose_lines);
    trace_notices_set(notices, "bad-latency", source, counts->negative_latencies,
                      "%llu latencies are negative; they are taken as unknown.",
                      (unsigned long long)counts->negative_latencies);
}

uint64_t columns_consumed(const void *opaque)
{
    const struct columns_reader *reader = opaque;
    return trace_input_consumed(&reader->lines.input);
}
