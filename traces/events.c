// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events.h"

#include "traces/events/event_text.h"
#include "traces/events/nothing.h"
#include "traces/events/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// No request is given out before so many records have told what lies on what, and what was in
// flight when the recording began.
#define HELD_RECORDS (1 << 16)

// "MAJOR,MINOR"
static bool parse_device(const char *name, uint32_t *device)
{
    struct events_cursor cursor = {name, name + strlen(name)};
    return events_is_digit(name[0]) && events_take_device(&cursor, device) &&
           cursor.at == cursor.end;
}

// Sorts the opened source; the origin is that of its earliest record.
static bool sort(struct events_reader *reader, struct trace_error *error)
{
    struct trace_sorter *sorter = &reader->order.sorter;
    const void *item;
    if (!events_order_sort(&reader->order, reader->source, reader->opened, error))
        return false;
    reader->next = events_order_next_sorted;
    reader->records = sorter;
    enum trace_result result = trace_sorter_next(sorter, &item, error);
    const struct blktrace_record *first = item;
    reader->context->origin_ns = result == TRACE_REQUEST ? (int64_t)first->time_ns : 0;
    return result != TRACE_ERROR && trace_sorter_rewind(sorter, error);
}

static bool reserve_ready(struct events_reader *reader, struct trace_error *error)
{
    if (reader->source->take == NULL)
        return true;
    reader->ready = malloc(EVENTS_READY_RECORDS * sizeof *reader->ready);
    if (reader->ready == NULL)
        trace_error_no_memory(error);
    return reader->ready != NULL;
}

// Opens the source, reads ahead, and opens it again to be read from the start.
static bool start(struct events_reader *reader, struct trace_error *error)
{
    struct trace_context *context = reader->context;
    for (size_t i = 0; i < context->files->count; i++)
        reader->once = reader->once || context->files->items[i].opened != NULL;
    context->is_unsorted = events_order_is_broken(context, reader->source, reader->how);
    reader->opened = reader->source->open(context, reader->how, error);
    if (reader->opened == NULL)
        return false;
    reader->next = reader->source->next;
    reader->records = reader->opened;
    context->origin_ns = reader->source->origin_ns(reader->opened);
    if (context->is_unsorted && reader->once && context->is_part) {
        reader->next = events_order_next;
        reader->records = &reader->order;
        return events_order_window(&reader->order, reader->source, reader->opened,
                                   &context->origin_ns, error) &&
               events_reader_survey(reader, error);
    }
    if (context->is_unsorted)
        return sort(reader, error) && events_reader_survey(reader, error) &&
               trace_sorter_rewind(&reader->order.sorter, error);
    if (!events_reader_survey(reader, error))
        return false;
    if (!reader->once) {
        reader->source->close(reader->opened);
        reader->opened = reader->source->open(context, reader->how, error);
        reader->records = reader->opened;
    }
    return reader->opened != NULL && reserve_ready(reader, error);
}

static bool select_device(struct events_reader *reader, struct trace_error *error)
{
    const char *name = reader->context->volume;
    reader->wanted.selects = name != NULL;
    if (name != NULL && !parse_device(name, &reader->wanted.device)) {
        trace_error_set(error,
                        "device \"%s\": a block trace knows devices as MAJOR,MINOR, such as "
                        "\"254,48\"",
                        name);
        return false;
    }
    return true;
}

void trace_events_close(void *opaque)
{
    struct events_reader *reader = opaque;
    reader->source->close(reader->opened);
    blktrace_pairing_free(&reader->pairing);
    events_devices_free(&reader->devices);
    events_stacks_free(&reader->stacks);
    events_order_free(&reader->order);
    trace_threads_free(&reader->threads);
    reader->context->threads = NULL;
    free(reader->ahead);
    free(reader->ready);
    free(reader->name);
    free(reader);
}

void *trace_events_open(struct trace_context *context, const struct trace_event_source *source,
                        const void *how, struct trace_error *error)
{
    struct events_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    reader->context = context;
    reader->source = source;
    reader->how = how;
    reader->threads.streams = &context->streams;
    context->threads = context->wants_streams ? &reader->threads : NULL;
    reader->name = strdup(context->files->items[0].base);
    if (reader->name == NULL)
        trace_error_no_memory(error);
    if (reader->name == NULL || !select_device(reader, error) || !start(reader, error)) {
        trace_events_close(reader);
        return NULL;
    }
    blktrace_pairing_init(&reader->pairing, context->arrival, context->files->missing_cpus);
    if (!blktrace_pairing_order_batches(&reader->pairing, context->batch_order)) {
        trace_error_no_memory(error);
        trace_events_close(reader);
        return NULL;
    }
    if (context->tells_streams)
        blktrace_pairing_tell_senders(&reader->pairing, context->threads);
    reader->devices.names.source = context->volumes.source;
    reader->wanted.actions = reader->pairing.actions;
    context->times_are_absolute = false;
    context->lines = source->lines != NULL ? source->lines(reader->opened) : NULL;
    reader->pairing.started =
        (struct blktrace_started){.is_open = context->in_flight, .origin_ns = context->origin_ns};
    reader->held = context->in_flight ? HELD_RECORDS : 0;
    // A chosen device is taken whatever lies on it.
    if (!reader->wanted.selects && !context->keeps_stacks) {
        reader->wanted.actions |= 1U << BLKTRACE_REMAP;
        reader->held = HELD_RECORDS;
    }
    if (reader->pairing.batches.order == TRACE_BATCH_AUTO)
        reader->held = HELD_RECORDS;
    return reader;
}

// The next wanted record, when none is ready.
static enum trace_result next_record(struct events_reader *reader,
                                     const struct blktrace_record **record,
                                     struct trace_error *error)
{
    while (reader->ahead_next < reader->ahead_count) {
        *record = &reader->ahead[reader->ahead_next++];
        if (trace_events_want(&reader->wanted, *record))
            return TRACE_REQUEST;
    }
    if (reader->ready != NULL) {
        size_t count = reader->source->take(reader->opened, &reader->wanted, reader->ready,
                                            EVENTS_READY_RECORDS);
        reader->ready_end = reader->ready + count;
        reader->ready_next = reader->ready + (count > 0);
        *record = reader->ready;
        if (count > 0)
            return TRACE_REQUEST;
    }
    return reader->next(reader->records, &reader->wanted, record, error);
}

// The number of a device that the record before was not of; of a new one it is known at once
// whether it lies below another.
static uint32_t turn_to_device(struct events_reader *reader, uint32_t device,
                               struct trace_error *error)
{
    struct events_devices *devices = &reader->devices;
    size_t count = devices->names.count;
    uint32_t number = events_devices_turn(devices, device, error);
    if (number == TRACE_VOLUME_NONE || count == devices->names.count)
        return number;
    reader->stacks.is_settled = false;
    if (blktrace_pairing_reserve(&reader->pairing, devices->names.count) &&
        events_stacks_settle(&reader->stacks, &devices->numbers, &reader->pairing))
        return number;
    trace_error_no_memory(error);
    return TRACE_VOLUME_NONE;
}

static inline bool take_record(struct events_reader *reader, const struct blktrace_record *record,
                               struct trace_error *error)
{
    struct blktrace_pairing *pairing = &reader->pairing;
    struct events_devices *devices = &reader->devices;
    bool good;
    if (blktrace_record_action(record) == BLKTRACE_REMAP) {
        good = events_stacks_remap(&reader->stacks, record) &&
               events_stacks_settle(&reader->stacks, &devices->numbers, pairing) &&
               blktrace_pairing_remap(pairing, record,
                                      trace_map_get(&devices->numbers, record->from_device, 0));
    } else {
        bool same = record->device == devices->last_device && devices->names.count > 0;
        uint32_t number =
            same ? devices->last_number : turn_to_device(reader, record->device, error);
        if (number == TRACE_VOLUME_NONE)
            return false;
        good = blktrace_pairing_event(pairing, record, number);
    }
    if (!good)
        trace_error_no_memory(error);
    return good;
}

static bool end(struct events_reader *reader, struct trace_error *error)
{
    if (!blktrace_batches_end(&reader->pairing, UINT64_MAX)) {
        trace_error_no_memory(error);
        return false;
    }
    blktrace_pairing_end(&reader->pairing);
    reader->held = 0;
    return true;
}

// One record, and those that are ready behind it as long as no request can be given out; or the
// end.
static bool read_records(struct events_reader *reader, struct trace_error *error)
{
    do {
        const struct blktrace_record *record = reader->ready_next;
        enum trace_result result = TRACE_REQUEST;
        if (record < reader->ready_end)
            reader->ready_next++;
        else
            result = next_record(reader, &record, error);
        if (result != TRACE_REQUEST)
            return result == TRACE_END && end(reader, error);
        if (reader->held > 0)
            reader->held--;
        if (!take_record(reader, record, error))
            return false;
    } while (reader->held > 0 || blktrace_pairing_waits(&reader->pairing));
    return true;
}

// Makes devices that are new volumes of the trace.
static inline bool show_devices(struct events_reader *reader, struct trace_error *error)
{
    return reader->devices.shown_count == reader->devices.names.count ||
           events_devices_show(&reader->devices, &reader->pairing, &reader->context->volumes,
                               error);
}

// No request arrived: what did, if it can be read again.
static enum trace_result end_empty(struct events_reader *reader, struct trace_error *error)
{
    const struct trace_context *context = reader->context;
    if (events_reader_is_sorted(reader))
        return trace_sorter_rewind(&reader->order.sorter, error)
                   ? events_nothing_arrives(context, reader->next, reader->records, &reader->wanted,
                                            error)
                   : TRACE_ERROR;
    if (reader->once)
        return TRACE_END;
    void *again = reader->source->open(context, reader->how, error);
    if (again == NULL)
        return TRACE_ERROR;
    enum trace_result result =
        events_nothing_arrives(context, reader->source->next, again, &reader->wanted, error);
    reader->source->close(again);
    return result;
}

enum trace_result trace_events_read(void *opaque, struct trace_request *request,
                                    struct trace_error *error)
{
    struct events_reader *reader = opaque;
    struct blktrace_pairing *pairing = &reader->pairing;
    while (reader->held > 0 || !blktrace_pairing_take(pairing, request)) {
        if (pairing->ended && !show_devices(reader, error))
            return TRACE_ERROR;
        if (pairing->ended)
            return pairing->requests == 0 ? end_empty(reader, error) : TRACE_END;
        if (!read_records(reader, error))
            return TRACE_ERROR;
    }
    if (!show_devices(reader, error))
        return TRACE_ERROR;
    request->volume = reader->devices.shown[request->volume].volume;
    return TRACE_REQUEST;
}

void trace_events_report(void *opaque)
{
    struct events_reader *reader = opaque;
    reader->source->report(reader->opened, &reader->context->notices);
    events_order_report(&reader->order, reader->name, &reader->context->notices);
    blktrace_batches_report(&reader->pairing.batches, reader->name, &reader->context->notices);
    trace_threads_report(&reader->threads, reader->name, &reader->context->notices);
    blktrace_pairing_report(&reader->pairing, reader->name, &reader->context->notices);
    events_stacks_report(&reader->stacks, &reader->devices, &reader->pairing, reader->name,
                         &reader->context->notices);
}

enum trace_arrival trace_events_arrival(const void *opaque, uint32_t volume)
{
    const struct events_reader *reader = opaque;
    return blktrace_pairing_arrival(&reader->pairing, reader->devices.shown[volume].number);
}

uint64_t trace_events_consumed(const void *opaque)
{
    const struct events_reader *reader = opaque;
    uint64_t bytes = reader->source->consumed(reader->opened);
    // What was sorted has been read, but nobody has got it.
    return reader->next == events_order_next_sorted
               ? (uint64_t)((double)bytes * trace_sorter_share(&reader->order.sorter))
               : bytes;
}
