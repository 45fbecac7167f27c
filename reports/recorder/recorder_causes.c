// SPDX-License-Identifier: GPL-2.0-or-later
// Why requests waited, per interval, member, direction and cause, and when burst allowances ran
// out. Costs memory for streams whose requests wait, and time for requests that waited.
#include "reports/recorder/recorder_internal.h"

#include <stdlib.h>

void report_recorder_waited(struct report_recorder *recorder, const struct report_request *request,
                            const int64_t *wait_ns)
{
    struct recorder_stream *stream =
        &recorder->members[request->member].streams[request->direction];

    if (recorder->omit_series)
        return;
    recorder_reach(recorder, request->dispatch_ns);
    if (stream->causes == NULL)
        stream->causes = calloc(recorder->cause_count, sizeof *stream->causes);
    if (stream->causes == NULL) {
        report_rows_fail(recorder->rows, "out of memory for the causes of waiting");
        return;
    }
    for (size_t i = 0; i < recorder->cause_count; i++) {
        if (wait_ns[i] == 0)
            continue;
        stream->causes[i].requests++;
        report_sum_add(&stream->causes[i].wait_ns, (uint64_t)wait_ns[i]);
    }
}

void recorder_store_causes(struct report_recorder *recorder, uint32_t member, uint32_t number)
{
    struct recorder_cause *causes = recorder->members[member].streams[number].causes;

    for (size_t i = 0; causes != NULL && i < recorder->cause_count; i++) {
        if (causes[i].requests == 0)
            continue;
        report_rows_add(
            recorder->rows, REPORT_ROW_WAIT_INTERVAL,
            (struct report_value[]){
                report_integer(recorder->interval),
                report_integer(member),
                report_string(recorder_stream_names[number]),
                report_string(recorder->causes[i]),
                report_count(causes[i].requests),
                report_count(causes[i].wait_ns.high ? UINT64_MAX : causes[i].wait_ns.low),
            });
        causes[i] = (struct recorder_cause){0};
    }
}

void report_recorder_ran_out(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                             const char *key, int64_t refill_ns)
{
    if (!recorder->omit_series)
        report_rows_add(recorder->rows, REPORT_ROW_BURST_END,
                        (struct report_value[]){report_integer(now_ns), report_integer(group),
                                                report_string(key), report_integer(refill_ns)});
}
