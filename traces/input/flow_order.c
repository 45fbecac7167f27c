// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/flow_order.h"

#include "traces/input/restart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Of a plain file with more requests than the window holds.
#define SAMPLE_BYTES (2 << 10)
#define SAMPLE_EVERY_BYTES (UINT64_C(4) << 20)
#define SAMPLES_MIN 16
#define SAMPLES_MAX 256

// A file of so many bytes fills the window.
#define FILLS_WINDOW_BYTES (UINT64_C(2) << 20)

// So many may come too late, and one of so many.
#define LATE_MAX 16
#define LATE_SHARE 4096

// Where the request that the source gave last stands: a line, or a byte.
static uint64_t place_of(const struct trace_flow *flow)
{
    return flow->lines != NULL ? flow->lines->number : flow->input.offset - flow->item_bytes;
}

// The next in the order of the file. What is wrong further on is said when it is reached.
static enum trace_result next_in_file(struct trace_flow *flow, struct trace_request *request)
{
    enum trace_result result = flow->source->next(flow, request, &flow->failure);
    if (result != TRACE_REQUEST) {
        flow->ended = true;
        flow->failed = result == TRACE_ERROR;
    }
    return result;
}

// ---- Samples ----

// Reads what is in some bytes of the file as if the source went on there, and leaves no trace of
// it. False: one of them is earlier than *latest_ns, which becomes that of the latest.
static bool sample_goes_on(struct trace_flow *flow, const char *bytes, size_t length,
                           int64_t *latest_ns)
{
    struct trace_file file = {.path = flow->input.path, .text = bytes, .bytes = length};
    struct trace_context *context = flow->context;
    struct trace_context other = *context;
    struct trace_request request;
    struct trace_error unused;
    int64_t max_ns = *latest_ns;
    bool good = true;
    void *before = malloc(flow->source->bytes);
    if (before == NULL)
        return true;
    memcpy(before, flow, flow->source->bytes);
    other.volumes = (struct trace_volumes){.source = context->volumes.source};
    other.streams = (struct trace_volumes){0};
    other.texts = (struct trace_volumes){.source = context->texts.source};
    other.tells_streams = false; // what a reader keeps of threads stays as it is
    other.notices = (struct trace_notices){0};
    flow->context = &other;
    if (flow->lines != NULL)
        flow->lines->taken = 0;
    if (flow->source->fork != NULL)
        flow->source->fork(flow);
    if (trace_input_open(&flow->input, &file, &unused)) {
        while (flow->source->next(flow, &request, &unused) == TRACE_REQUEST) {
            good = good && request.arrival_ns >= *latest_ns;
            max_ns = request.arrival_ns > max_ns ? request.arrival_ns : max_ns;
        }
        trace_input_close(&flow->input);
    }
    if (flow->source->fork != NULL)
        flow->source->stop(flow);
    trace_volumes_free(&other.volumes);
    trace_volumes_free(&other.streams);
    trace_volumes_free(&other.texts);
    trace_notices_free(&other.notices);
    memcpy(flow, before, flow->source->bytes);
    free(before);
    *latest_ns = max_ns;
    return good;
}

// Bytes in front of the first line or record behind the place.
static size_t align(const struct trace_flow *flow, const char *bytes, size_t length, uint64_t place)
{
    if (flow->lines == NULL)
        return (size_t)((flow->item_bytes - place % flow->item_bytes) % flow->item_bytes);
    const char *newline = memchr(bytes, '\n', length);
    return newline != NULL ? (size_t)(newline - bytes) + 1 : length;
}

static bool samples_go_on(struct trace_flow *flow, const char *text, FILE *stream, uint64_t size)
{
    char bytes[SAMPLE_BYTES];
    uint64_t from = flow->input.offset;
    uint64_t rest = size > from ? size - from : 0;
    uint64_t count = rest / SAMPLE_EVERY_BYTES;
    int64_t latest_ns = flow->reorder.ring[flow->reorder.ring_count / 2].request.arrival_ns;
    count = count < SAMPLES_MIN ? SAMPLES_MIN : count > SAMPLES_MAX ? SAMPLES_MAX : count;
    for (uint64_t i = 1; rest > SAMPLE_BYTES && i <= count; i++) {
        uint64_t place = from + (rest - SAMPLE_BYTES) / count * i;
        size_t length = SAMPLE_BYTES;
        if (text != NULL)
            memcpy(bytes, text + place, length);
        else if (fseeko(stream, (off_t)place, SEEK_SET) != 0)
            return true;
        else
            length = fread(bytes, 1, sizeof bytes, stream);
        size_t skipped = align(flow, bytes, length, place);
        if (skipped < length &&
            !sample_goes_on(flow, bytes + skipped, length - skipped, &latest_ns))
            return false;
    }
    return true;
}

// Do samples of what follows the window show that it is in order? Not of what cannot be read twice,
// nor of what would have to be decompressed.
static bool seems_in_order(struct trace_flow *flow)
{
    const struct trace_file *file = &flow->context->files->items[0];
    if (file->opened != NULL || file->is_stream || trace_input_suffix(&flow->input)[0] != '\0')
        return true;
    FILE *stream = file->text == NULL ? fopen(file->path, "rb") : NULL;
    if (file->text == NULL && stream == NULL)
        return true;
    bool good = samples_go_on(flow, file->text, stream, file->bytes);
    if (stream != NULL)
        fclose(stream);
    return good;
}

// ---- All sorted ----

static bool sort_one(struct trace_flow *flow, struct trace_restarts *restarts,
                     const struct trace_request *request, uint64_t place, struct trace_error *error)
{
    uint64_t restart;
    int64_t back_ns;
    enum trace_result result =
        trace_restarts_add(restarts, request, place, &restart, &back_ns, error);
    if (result == TRACE_END)
        trace_error_set(error,
                        "%s: %s %llu: found a time %lld.%09lld s before that of the request before "
                        "it: another recording starts here, whose times are its own; split the "
                        "file there and read the parts one by one, or sort it by time if it is one",
                        flow->input.path, flow->lines != NULL ? "line" : "byte",
                        (unsigned long long)restart, (long long)(back_ns / 1000000000),
                        (long long)(back_ns % 1000000000));
    return result == TRACE_REQUEST && trace_sorter_add(&flow->sorter, request, error);
}

// Sorts what is in the window and what follows it.
static bool sort(struct trace_flow *flow, struct trace_error *error)
{
    struct trace_restarts restarts = {0};
    struct trace_request request;
    size_t count;
    const struct trace_reorder_entry *entries = trace_reorder_unsort(&flow->reorder, &count);
    bool good = true;
    flow->sorter.item_bytes = sizeof request;
    for (size_t i = 0; good && i < count; i++)
        good = sort_one(flow, &restarts, &entries[i].request, entries[i].sequence, error);
    trace_reorder_free(&flow->reorder);
    while (good && !flow->ended && next_in_file(flow, &request) == TRACE_REQUEST)
        good = sort_one(flow, &restarts, &request, place_of(flow), error);
    trace_restarts_free(&restarts);
    flow->is_sorted = true;
    return good && trace_sorter_rewind(&flow->sorter, error);
}

bool flow_order_start(struct trace_flow *flow, struct trace_error *error)
{
    bool fills = flow->context->files->items[0].bytes >= FILLS_WINDOW_BYTES;
    if (!trace_reorder_init(&flow->reorder, fills, error))
        return false;
    while (!flow->ended && !trace_reorder_full(&flow->reorder)) {
        if (trace_reorder_must_grow(&flow->reorder) && !trace_reorder_grow(&flow->reorder, error))
            return false;
        if (next_in_file(flow, trace_reorder_room(&flow->reorder)) != TRACE_REQUEST)
            break;
        flow->reorder.pushed = place_of(flow);
        trace_reorder_push_made(&flow->reorder);
    }
    if (flow->reorder.displaced == 0 && flow->ended)
        return true;
    bool good = !flow->ended && !trace_reorder_is_far_off(&flow->reorder) && seems_in_order(flow);
    return good || sort(flow, error);
}

// ---- One after the other ----

static enum trace_result end(struct trace_flow *flow, struct trace_error *error)
{
    if (flow->failed)
        *error = flow->failure;
    return flow->failed ? TRACE_ERROR : TRACE_END;
}

static enum trace_result fail_late(const struct trace_flow *flow, struct trace_error *error)
{
    trace_error_set(error,
                    "%s: %llu requests up to %s %llu stand more than %d requests behind their "
                    "time, by up to %lld.%09lld s: what cannot be read twice is not sorted, nor "
                    "are several recordings one after the other; write it into a plain file, and "
                    "split that where another recording starts, or sort it by time",
                    flow->input.path, (unsigned long long)flow->reorder.late,
                    flow->lines != NULL ? "line" : "byte", (unsigned long long)place_of(flow),
                    TRACE_REORDER_MAX, (long long)(flow->reorder.late_ns / 1000000000),
                    (long long)(flow->reorder.late_ns % 1000000000));
    return TRACE_ERROR;
}

enum trace_result flow_order_next(struct trace_flow *flow, struct trace_request *request,
                                  struct trace_error *error)
{
    struct trace_reorder *reorder = &flow->reorder;
    if (flow->is_sorted) {
        const void *item;
        enum trace_result result = trace_sorter_next(&flow->sorter, &item, error);
        if (result == TRACE_REQUEST)
            memcpy(request, item, sizeof *request);
        return result == TRACE_END ? end(flow, error) : result;
    }
    while (!flow->ended && !trace_reorder_full(reorder))
        if (next_in_file(flow, trace_reorder_room(reorder)) == TRACE_REQUEST)
            trace_reorder_push_made(reorder);
    if (!trace_reorder_pop(reorder, request))
        return end(flow, error);
    if (reorder->late > LATE_MAX && reorder->late > flow->requests / LATE_SHARE)
        return fail_late(flow, error);
    return TRACE_REQUEST;
}
