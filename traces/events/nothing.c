// SPDX-License-Identifier: GPL-2.0-or-later
// A recording in which nothing arrives: what is in it instead.
#include "traces/events/nothing.h"

#include <stdio.h>

// By the number of the action, as blkparse shows them.
static const char letters[] = "?QMFGSRDCPUTIXBA";

// Merges, allocations and inserts do; of a text only their action is read.
static bool tells_of_data(const struct blktrace_record *record)
{
    unsigned action = blktrace_record_action(record);
    bool always = action == 2 || action == 3 || action == 4 || action == 12;
    return (always || record->bytes > 0) && !blktrace_record_has(record, BLKTRACE_PASSTHROUGH);
}

// False: nothing tells of data, or there is an arrival.
static bool show_counts(const uint64_t *counts, char *text, size_t size)
{
    size_t used = 0;
    if (counts[BLKTRACE_QUEUE] > 0 || counts[BLKTRACE_ISSUE] > 0)
        return false;
    for (unsigned action = 1; letters[action] != '\0' && used < size; action++)
        if (counts[action] > 0)
            used += (size_t)snprintf(text + used, size - used, "%s%llu %c", used > 0 ? ", " : "",
                                     (unsigned long long)counts[action], letters[action]);
    return used > 0;
}

enum trace_result events_nothing_arrives(const struct trace_context *context, events_next *next,
                                         void *records, const struct trace_events_wanted *wanted,
                                         struct trace_error *error)
{
    struct trace_events_wanted all = *wanted;
    const struct blktrace_record *record;
    uint64_t counts[256] = {0};
    char found[300];
    all.actions = UINT32_MAX;
    while (next(records, &all, &record, error) == TRACE_REQUEST)
        counts[blktrace_record_action(record)] += tells_of_data(record);
    if (!show_counts(counts, found, sizeof found))
        return TRACE_END;
    trace_error_set(error,
                    "%s: no request arrives in it: found events %s, but neither Q (queue) nor D "
                    "(issue); record these too: " TRACE_EVENTS_TO_RECORD,
                    context->files->items[0].path, found);
    return TRACE_ERROR;
}
