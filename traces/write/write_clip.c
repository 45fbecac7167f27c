// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/write/write_format.h"

#include <stdio.h>
#include <string.h>

static bool clip_operation(const struct write_limits *limits, struct trace_request *request,
                           struct write_losses *losses)
{
    if (request->bytes == 0 && request->op != TRACE_FLUSH && !limits->empty) {
        losses->zero_bytes++;
        return false;
    }
    if ((limits->operations >> request->op & 1) != 0)
        return true;
    if (request->op != TRACE_WRITE_ZEROES) {
        losses->operation_lost[request->op]++;
        return false;
    }
    request->op = TRACE_WRITE;
    losses->operation_changed++;
    return true;
}

static void clip_times(const struct write_limits *limits, struct trace_request *request,
                       struct write_losses *losses)
{
    int64_t finer_ns = request->arrival_ns % limits->time_step_ns;
    if (request->arrival_ns < limits->time_min_ns) {
        request->arrival_ns = limits->time_min_ns;
        losses->time_moved++;
    } else if (finer_ns > 0) {
        request->arrival_ns -= finer_ns;
        losses->time_rounded++;
    }
    if (request->latency_ns == TRACE_LATENCY_UNKNOWN)
        return;
    if (limits->latency_step_ns == 0 ||
        (limits->completions && request->latency_ns > INT64_MAX - request->arrival_ns)) {
        request->latency_ns = TRACE_LATENCY_UNKNOWN;
        losses->latency_lost++;
        return;
    }
    finer_ns = request->latency_ns % limits->latency_step_ns;
    request->latency_ns -= finer_ns;
    losses->latency_rounded += finer_ns > 0;
    if (limits->latency_nonzero && request->latency_ns == 0) {
        request->latency_ns = TRACE_LATENCY_UNKNOWN;
        losses->latency_lost++;
    }
}

static void clip_range(const struct write_limits *limits, struct trace_request *request,
                       struct write_losses *losses)
{
    // Where a flush is means nothing.
    if (request->op == TRACE_FLUSH)
        return;
    uint64_t finer = request->offset % limits->offset_step;
    request->offset -= finer;
    losses->offset_rounded += finer > 0;
    finer = request->bytes % limits->bytes_step;
    if (request->bytes > limits->bytes_max) {
        request->bytes = limits->bytes_max;
        losses->length_cut++;
    } else if (finer > 0) {
        // A request that has bytes keeps some.
        request->bytes -= request->bytes > finer ? finer : 0;
        request->bytes = request->bytes < limits->bytes_step ? limits->bytes_step : request->bytes;
        losses->length_rounded++;
    }
    // A part of the last sector below 2^63 became a whole one.
    if (request->offset > INT64_MAX - request->bytes)
        request->offset -= limits->offset_step;
}

bool write_clip(const struct write_limits *limits, struct trace_request *request,
                struct write_losses *losses)
{
    if (!clip_operation(limits, request, losses))
        return false;
    clip_times(limits, request, losses);
    clip_range(limits, request, losses);
    return true;
}

// "1 us"
static void show_time(int64_t time_ns, char *text, size_t size)
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    size_t i = 0;
    while (time_ns % units[i].ns != 0)
        i++;
    snprintf(text, size, "%lld %s", (long long)(time_ns / units[i].ns), units[i].name);
}

static void report_times(const struct write_losses *losses, const struct write_limits *limits,
                         const char *path, struct trace_notices *notices)
{
    char step[40], latency_step[40], least[40];
    show_time(limits->time_step_ns, step, sizeof step);
    show_time(limits->latency_step_ns, latency_step, sizeof latency_step);
    show_time(limits->time_min_ns, least, sizeof least);
    trace_notices_set(notices, "time-rounded", path, losses->time_rounded,
                      "%llu arrivals are finer than %s, the unit of the format; they are rounded "
                      "down.",
                      (unsigned long long)losses->time_rounded, step);
    trace_notices_set(notices, "time-moved", path, losses->time_moved,
                      "%llu requests arrive before %s, where the format has no times; they are "
                      "written as arriving then.",
                      (unsigned long long)losses->time_moved, least);
    trace_notices_set(notices, "latency-rounded", path, losses->latency_rounded,
                      "%llu latencies are finer than %s, the unit of the format; they are rounded "
                      "down.",
                      (unsigned long long)losses->latency_rounded, latency_step);
    trace_notices_set(
        notices, "latency-lost", path, losses->latency_lost,
        "%llu latencies are not in the file: %s.", (unsigned long long)losses->latency_lost,
        limits->latency_step_ns == 0 ? "the format has none"
        : limits->latency_nonzero    ? "to the format, 0 means that it is unknown"
                                  : "the format cannot hold such long ones, or so many at a time");
}

static void report_ranges(const struct write_losses *losses, const struct write_limits *limits,
                          const char *path, struct trace_notices *notices)
{
    trace_notices_set(notices, "offset-rounded", path, losses->offset_rounded,
                      "%llu offsets are no multiple of %llu bytes, the unit of the format; they "
                      "are rounded down.",
                      (unsigned long long)losses->offset_rounded,
                      (unsigned long long)limits->offset_step);
    trace_notices_set(notices, "length-rounded", path, losses->length_rounded,
                      "%llu lengths are no multiple of %llu bytes, the unit of the format; they "
                      "are rounded down, but not to 0.",
                      (unsigned long long)losses->length_rounded,
                      (unsigned long long)limits->bytes_step);
    trace_notices_set(notices, "length-cut", path, losses->length_cut,
                      "%llu requests are longer than %llu bytes, the most that the format can "
                      "hold; they are cut to that.",
                      (unsigned long long)losses->length_cut,
                      (unsigned long long)limits->bytes_max);
}

static void report_operations(const struct write_losses *losses, const char *path,
                              struct trace_notices *notices)
{
    char list[200] = "";
    uint64_t sum = 0;
    for (enum trace_op op = 0; op < TRACE_OP_COUNT; op++) {
        size_t used = strlen(list);
        if (losses->operation_lost[op] > 0)
            snprintf(list + used, sizeof list - used, "%s%s: %llu", used > 0 ? ", " : "",
                     trace_op_name(op), (unsigned long long)losses->operation_lost[op]);
        sum += losses->operation_lost[op];
    }
    trace_notices_set(notices, "operation-lost", path, sum,
                      "%llu requests are not in the file, since the format has no word for their "
                      "operation (%s).",
                      (unsigned long long)sum, list);
    trace_notices_count(notices, "operation-changed", path, losses->operation_changed,
                        "requests that write zeroes are written as writes; the format has no "
                        "word for them.");
    trace_notices_count(notices, "zero-bytes", path, losses->zero_bytes,
                        "requests without bytes that are no flush are not in the file; the "
                        "format has none.");
}

void write_losses_report(const struct write_losses *losses, const struct write_limits *limits,
                         const char *path, struct trace_notices *notices)
{
    report_operations(losses, path, notices);
    report_times(losses, limits, path, notices);
    report_ranges(losses, limits, path, notices);
    trace_notices_count(notices, "volume-lost", path, losses->volume_lost,
                        "requests are in the file without the name of their volume; the format "
                        "has one volume, without a name.");
    trace_notices_count(notices, "stream-lost", path, losses->stream_lost,
                        "requests are in the file without who sent them, for which it has no "
                        "place; in a replay nobody waits for them.");
}
