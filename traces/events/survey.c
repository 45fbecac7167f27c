// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/reader.h"

#include <stdlib.h>

// A stream cannot be read twice: so many records of the wanted devices are kept while reading ahead
// (4 MiB). Of a file whose end nobody wants, so many tell that there is no Q.
#define AHEAD_RECORDS_MAX (1 << 16)

// What reading ahead finds out.
struct events_survey {
    bool queues; // there is a Q that becomes a request
    bool issues;
    bool tells_threads; // of such a Q
    size_t count;       // records of the wanted device
    bool ended;         // there are no more records
    uint32_t last_device;
    struct trace_volumes devices;
};

// Keeps a record that cannot be read again.
static bool survey_keep(struct events_reader *reader, const struct blktrace_record *record,
                        struct trace_error *error)
{
    if (reader->ahead == NULL)
        reader->ahead = malloc(AHEAD_RECORDS_MAX * sizeof *reader->ahead);
    if (reader->ahead == NULL) {
        trace_error_no_memory(error);
        return false;
    }
    reader->ahead[reader->ahead_count++] = *record;
    return true;
}

// Takes down what one record, of whatever device, tells. Those of others will not be asked for.
static bool survey_record(struct events_reader *reader, struct events_survey *survey,
                          const struct blktrace_record *record, struct trace_error *error)
{
    enum trace_op op;
    if (survey->devices.count == 0 || record->device != survey->last_device) {
        survey->last_device = record->device;
        if (events_devices_intern(&survey->devices, record->device, error) == TRACE_VOLUME_NONE)
            return false;
    }
    if (reader->wanted.selects && record->device != reader->wanted.device)
        return true;
    survey->count++;
    if (blktrace_record_arrives(record, TRACE_ARRIVAL_QUEUE, &op)) {
        survey->queues = true;
        survey->tells_threads = survey->tells_threads || record->pid != 0;
    }
    survey->issues = survey->issues || blktrace_record_arrives(record, TRACE_ARRIVAL_ISSUE, &op);
    return !reader->once || events_reader_is_sorted(reader) || survey_keep(reader, record, error);
}

// Nothing more is looked for: there are arrivals of the wanted kind, or only of the other one for
// so long that there will be none. Whose arrivals are what they turn out to be: only the device.
// To know threads by their names as much is read ahead as there is room for.
static bool survey_is_done(const struct events_reader *reader, const struct events_survey *survey)
{
    if (reader->context->wants_streams && survey->count < AHEAD_RECORDS_MAX)
        return false;
    if (reader->context->arrival == TRACE_ARRIVAL_AUTO)
        return !reader->wanted.selects || survey->count > 0;
    bool queue = reader->context->arrival == TRACE_ARRIVAL_QUEUE;
    bool found = queue ? survey->queues : survey->issues;
    bool other = queue ? survey->issues : survey->queues;
    bool enough = survey->count >= AHEAD_RECORDS_MAX;
    return found || (enough && (reader->once || (reader->context->is_part && other)));
}

// Reads until it is done or to the end. The source stays open.
static bool read_survey(struct events_reader *reader, struct events_survey *survey,
                        struct trace_error *error)
{
    static const struct trace_events_wanted everything = {.actions = UINT32_MAX};
    const struct blktrace_record *record;
    while (!survey_is_done(reader, survey)) {
        enum trace_result result = reader->next(reader->records, &everything, &record, error);
        survey->ended = result == TRACE_END;
        if (result != TRACE_REQUEST)
            return survey->ended;
        if (!survey_record(reader, survey, record, error))
            return false;
    }
    return true;
}

bool events_reader_survey(struct events_reader *reader, struct trace_error *error)
{
    struct trace_context *context = reader->context;
    struct events_survey survey = {.devices.source = reader->name};
    bool good = read_survey(reader, &survey, error);
    if (good && reader->wanted.selects && survey.count == 0) {
        char list[400];
        trace_volumes_list(&survey.devices, list, sizeof list);
        trace_error_set(error, "%s: the trace has no record of device %s; it has %s", reader->name,
                        context->volume, survey.devices.count > 0 ? list : "no record at all");
        good = false;
    }
    if (good && context->arrival == TRACE_ARRIVAL_QUEUE && !survey.queues && survey.issues) {
        context->arrival = TRACE_ARRIVAL_ISSUE;
        trace_notices_set(&context->notices, "no-queue-events", reader->name, 1,
                          "There is no queue event (Q) in %s; the arrivals are the issue events "
                          "(D), after merging and scheduling.",
                          survey.ended             ? "the recording"
                          : reader->wanted.selects ? "the first 65536 records of the device"
                                                   : "the first 65536 records");
    }
    context->tells_streams = context->wants_streams && survey.tells_threads;
    trace_volumes_free(&survey.devices);
    return good;
}
