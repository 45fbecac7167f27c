// SPDX-License-Identifier: GPL-2.0-or-later
// The blktrace reader: files are merged, records of other devices passed over, events paired.
#include "traces/blktrace_merge.h"
#include "traces/blktrace_pair.h"
#include "traces/format.h"
#include "traces/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The kernel's own device number, in records: 12 bits of major, 20 of minor.
enum { DEVICE_MINOR_BITS = 20, DEVICE_NAME_BYTES = 24 };
#define DEVICE_MINOR_MASK ((UINT32_C(1) << DEVICE_MINOR_BITS) - 1)

struct blktrace_reader {
    struct trace_context *context;
    struct blktrace_merge *merge;
    struct blktrace_pairing pairing;
    bool selects; // only this device
    uint32_t selected;
    struct trace_map volumes; // by device
    uint32_t last_device;     // most records are of the device of the one before
    uint32_t last_volume;
    char *source; // what notices about the whole trace are about
};

static bool blktrace_recognise(const uint8_t *head, size_t length)
{
    unsigned version;
    return length >= sizeof(uint32_t) &&
           blktrace_record_magic(head, &version) != BLKTRACE_MAGIC_NONE;
}

// "MAJOR,MINOR"
static bool device_parse(const char *name, uint32_t *device)
{
    const char *comma = strchr(name, ',');
    int64_t major;
    int64_t minor;
    if (comma == NULL || !trace_text_number(name, (size_t)(comma - name), &major) ||
        !trace_text_number(comma + 1, strlen(comma + 1), &minor) || major > 0xfff ||
        minor > DEVICE_MINOR_MASK)
        return false;
    *device = (uint32_t)major << DEVICE_MINOR_BITS | (uint32_t)minor;
    return true;
}

static uint32_t reader_volume(struct blktrace_reader *reader, uint32_t device,
                              struct trace_error *error)
{
    if (device == reader->last_device && reader->last_volume != TRACE_VOLUME_NONE)
        return reader->last_volume;
    uint32_t volume = trace_map_get(&reader->volumes, device, 0);
    if (volume == TRACE_MAP_NONE) {
        char name[DEVICE_NAME_BYTES];
        int length = snprintf(name, sizeof(name), "%u,%u", device >> DEVICE_MINOR_BITS,
                              device & DEVICE_MINOR_MASK);
        volume = trace_volumes_intern(&reader->context->volumes, name, (size_t)length, error);
        if (volume == TRACE_VOLUME_NONE)
            return volume;
        if (!trace_map_put(&reader->volumes, device, 0, volume)) {
            trace_error_no_memory(error);
            return TRACE_VOLUME_NONE;
        }
    }
    reader->last_device = device;
    reader->last_volume = volume;
    return volume;
}

static bool reader_wants(const struct blktrace_reader *reader, const struct blktrace_record *record)
{
    return !reader->selects || record->device == reader->selected;
}

// What reading ahead finds out.
struct blktrace_survey {
    bool queues; // there is a Q that becomes a request
    bool issues;
    bool any; // a record of the wanted device
    struct trace_volumes devices;
};

static bool survey_add_device(struct blktrace_survey *survey, uint32_t device,
                              struct trace_error *error)
{
    char name[DEVICE_NAME_BYTES];
    int length = snprintf(name, sizeof(name), "%u,%u", device >> DEVICE_MINOR_BITS,
                          device & DEVICE_MINOR_MASK);
    return trace_volumes_intern(&survey->devices, name, (size_t)length, error) != TRACE_VOLUME_NONE;
}

// Reads until the first arrival of the wanted kind, or to the end if there is none.
static enum trace_result survey_read(const struct blktrace_reader *reader,
                                     struct blktrace_survey *survey, struct trace_error *error)
{
    enum trace_arrival wanted = reader->context->arrival;
    const struct blktrace_record *record;
    enum trace_result result = TRACE_REQUEST;
    uint32_t last_device = 0;
    struct blktrace_merge *merge = blktrace_merge_open(reader->context->files, error);
    if (merge == NULL)
        return TRACE_ERROR;
    bool found = false;
    while (!found && result == TRACE_REQUEST) {
        result = blktrace_merge_next(merge, &record, error);
        if (result != TRACE_REQUEST)
            break;
        if (survey->devices.count == 0 || record->device != last_device) {
            last_device = record->device;
            if (!survey_add_device(survey, last_device, error)) {
                result = TRACE_ERROR;
                break;
            }
        }
        if (reader_wants(reader, record)) {
            enum trace_op op;
            survey->any = true;
            survey->queues =
                survey->queues || blktrace_record_arrives(record, TRACE_ARRIVAL_QUEUE, &op);
            survey->issues =
                survey->issues || blktrace_record_arrives(record, TRACE_ARRIVAL_ISSUE, &op);
            found = wanted == TRACE_ARRIVAL_QUEUE ? survey->queues : survey->issues;
        }
    }
    blktrace_merge_close(merge);
    return result == TRACE_ERROR ? TRACE_ERROR : TRACE_END;
}

// Decides what the arrivals are, and that the selected device is in the trace at all.
static bool reader_survey(struct blktrace_reader *reader, struct trace_error *error)
{
    struct trace_context *context = reader->context;
    struct blktrace_survey survey = {.devices.source = reader->source};
    bool good = survey_read(reader, &survey, error) != TRACE_ERROR;
    if (good && reader->selects && !survey.any) {
        char list[400];
        trace_volumes_list(&survey.devices, list, sizeof(list));
        trace_error_set(error, "%s: the trace has no record of device %s; it has %s",
                        reader->source, context->volume,
                        survey.devices.count > 0 ? list : "no record at all");
        good = false;
    }
    if (good && context->arrival == TRACE_ARRIVAL_QUEUE && !survey.queues && survey.issues) {
        context->arrival = TRACE_ARRIVAL_ISSUE;
        trace_notices_set(&context->notices, "no-queue-events", reader->source, 1,
                          "There is no queue event (Q) in the recording; the arrivals are the "
                          "issue events (D), after merging and scheduling.");
    }
    trace_volumes_free(&survey.devices);
    return good;
}

static bool reader_select(struct blktrace_reader *reader, struct trace_error *error)
{
    const char *name = reader->context->volume;
    reader->selects = name != NULL;
    if (name != NULL && !device_parse(name, &reader->selected)) {
        trace_error_set(error,
                        "device \"%s\": a block trace knows devices as MAJOR,MINOR, such as "
                        "\"254,48\"",
                        name);
        return false;
    }
    return true;
}

static void blktrace_close(void *opaque)
{
    struct blktrace_reader *reader = opaque;
    blktrace_merge_close(reader->merge);
    blktrace_pairing_free(&reader->pairing);
    trace_map_free(&reader->volumes);
    free(reader->source);
    free(reader);
}

static void *blktrace_open(struct trace_context *context, struct trace_error *error)
{
    struct blktrace_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    reader->context = context;
    reader->last_volume = TRACE_VOLUME_NONE;
    reader->source = strdup(context->files->items[0].base);
    if (reader->source == NULL)
        trace_error_no_memory(error);
    bool good =
        reader->source != NULL && reader_select(reader, error) && reader_survey(reader, error);
    if (good) {
        blktrace_pairing_init(&reader->pairing, context->arrival, context->files->missing_cpus);
        reader->merge = blktrace_merge_open(context->files, error);
        good = reader->merge != NULL;
    }
    if (!good) {
        blktrace_close(reader);
        return NULL;
    }
    context->origin_ns = blktrace_merge_origin_ns(reader->merge);
    context->times_are_absolute = false;
    return reader;
}

// The next record that the pairing needs.
static enum trace_result reader_next(struct blktrace_reader *reader,
                                     const struct blktrace_record **record,
                                     struct trace_error *error)
{
    enum trace_result result;
    do {
        result = blktrace_merge_next(reader->merge, record, error);
    } while (result == TRACE_REQUEST &&
             !(reader_wants(reader, *record) && blktrace_pairing_needs(&reader->pairing, *record)));
    return result;
}

static enum trace_result blktrace_read(void *opaque, struct trace_request *request,
                                       struct trace_error *error)
{
    struct blktrace_reader *reader = opaque;
    struct blktrace_pairing *pairing = &reader->pairing;
    while (!blktrace_pairing_take(pairing, request)) {
        const struct blktrace_record *record;
        if (pairing->ended)
            return TRACE_END;
        enum trace_result result = reader_next(reader, &record, error);
        if (result == TRACE_ERROR)
            return TRACE_ERROR;
        if (result == TRACE_END) {
            blktrace_pairing_end(pairing);
            continue;
        }
        uint32_t volume = reader_volume(reader, record->device, error);
        if (volume == TRACE_VOLUME_NONE)
            return TRACE_ERROR;
        if (!blktrace_pairing_event(pairing, record, volume)) {
            trace_error_no_memory(error);
            return TRACE_ERROR;
        }
    }
    return TRACE_REQUEST;
}

static void blktrace_report(void *opaque)
{
    struct blktrace_reader *reader = opaque;
    blktrace_merge_report(reader->merge, &reader->context->notices);
    blktrace_pairing_report(&reader->pairing, reader->source, &reader->context->notices);
}

static uint64_t blktrace_consumed(const void *opaque)
{
    const struct blktrace_reader *reader = opaque;
    return blktrace_merge_consumed(reader->merge);
}

const struct trace_format trace_format_blktrace = {
    .name = "blktrace",
    .known_by = "a blktrace file of version 7 (starts with 07 74 61 65, or 65 61 74 07)",
    .recognise = blktrace_recognise,
    .open = blktrace_open,
    .read = blktrace_read,
    .report = blktrace_report,
    .consumed = blktrace_consumed,
    .close = blktrace_close,
};
