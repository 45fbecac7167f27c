// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of what a stream did in an interval.
#include "reports/recorder/recorder_internal.h"

#include <stdlib.h>
#include <string.h>

static void store_moments(struct report_recorder *recorder, int64_t interval, uint32_t member,
                          uint32_t number, const struct recorder_span *span)
{
    const struct report_service *counts = span->moments;
    const struct report_histogram *total = span->total;
    bool any = total != NULL && total->count > 0;
    report_rows_add(recorder->rows, REPORT_ROW_MEMBER_INTERVAL,
                    (struct report_value[]){
                        report_integer(interval),
                        report_integer(member),
                        report_string(recorder_stream_names[number]),
                        report_integer(counts[RECORDER_ARRIVED].requests),
                        report_integer(counts[RECORDER_ARRIVED].bytes),
                        report_integer(counts[RECORDER_DISPATCHED].requests),
                        report_integer(counts[RECORDER_DISPATCHED].bytes),
                        report_integer(counts[RECORDER_COMPLETED].requests),
                        report_integer(counts[RECORDER_COMPLETED].bytes),
                        report_count(span->waiting),
                        report_count(span->waiting_max),
                        any ? report_real(report_histogram_mean(total)) : report_null(),
                        any ? report_integer(report_histogram_quantile(total, 500)) : report_null(),
                        any ? report_integer(report_histogram_quantile(total, 990)) : report_null(),
                        any ? report_integer(total->max_ns) : report_null(),
                    });
}

static void store_causes(struct report_recorder *recorder, int64_t interval, uint32_t member,
                         uint32_t number, const struct recorder_cause *causes)
{
    for (size_t i = 0; i < recorder->cause_count; i++) {
        if (causes[i].requests == 0)
            continue;
        report_rows_add(
            recorder->rows, REPORT_ROW_WAIT_INTERVAL,
            (struct report_value[]){
                report_integer(interval),
                report_integer(member),
                report_string(recorder_stream_names[number]),
                report_string(recorder->causes[i]),
                report_count(causes[i].requests),
                report_count(causes[i].wait_ns.high ? UINT64_MAX : causes[i].wait_ns.low),
            });
    }
}

void recorder_span_store(struct report_recorder *recorder, int64_t interval, uint32_t member,
                         uint32_t number, const struct recorder_span *span)
{
    store_moments(recorder, interval, member, number, span);
    if (number == RECORDER_READ_WRITE && span->total != NULL)
        recorder_levels_add(recorder, interval, span->total);
    if (span->causes != NULL)
        store_causes(recorder, interval, member, number, span->causes);
    if (span->extra > 0)
        report_rows_add(recorder->rows, REPORT_ROW_COUNTED_INTERVAL,
                        (struct report_value[]){
                            report_integer(interval),
                            report_integer(member),
                            report_string(recorder_stream_names[number]),
                            report_real((double)span->extra / RECORDER_EXTRA),
                        });
}

void recorder_span_clear(const struct report_recorder *recorder, struct recorder_span *span)
{
    struct recorder_span cleared = {.total = span->total, .causes = span->causes};
    if (span->total != NULL)
        report_histogram_clear(span->total);
    if (span->causes != NULL)
        memset(span->causes, 0, recorder->cause_count * sizeof *span->causes);
    *span = cleared;
}

void recorder_span_free(struct recorder_span *span)
{
    if (span->total != NULL)
        report_histogram_release(span->total);
    free(span->total);
    free(span->causes);
}
