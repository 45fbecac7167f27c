// SPDX-License-Identifier: GPL-2.0-or-later
// Rows that are stored as they are told: groups, memberships, limits, operations, notices,
// requests.
#include "reports/recorder/recorder_internal.h"

#include <assert.h>
#include <stdlib.h>

static struct report_value time_or_null(int64_t time_ns)
{
    return time_ns < 0 ? report_null() : report_integer(time_ns);
}

void report_recorder_group(struct report_recorder *recorder, const char *name)
{
    if (recorder->group_count == recorder->group_capacity) {
        size_t capacity = recorder->group_capacity ? recorder->group_capacity * 2 : 8;
        struct recorder_group *groups = realloc(recorder->groups, capacity * sizeof *groups);
        if (groups == NULL) {
            report_rows_fail(recorder->rows, "out of memory for a group");
            return;
        }
        recorder->groups = groups;
        recorder->group_capacity = capacity;
    }
    report_rows_add(
        recorder->rows, REPORT_ROW_GROUP,
        (struct report_value[]){report_count(recorder->group_count), report_string(name)});
    recorder->groups[recorder->group_count++] = (struct recorder_group){0};
}

static void store_membership(struct report_recorder *recorder, int64_t now_ns, uint32_t throttle,
                             uint32_t group)
{
    const struct recorder_member *moved = &recorder->members[throttle];
    struct report_value in = group == REPORT_NONE ? report_null() : report_integer(group);
    if (throttle < recorder->member_count)
        report_rows_add(
            recorder->rows, REPORT_ROW_MEMBERSHIP,
            (struct report_value[]){report_integer(now_ns), report_integer(throttle), in});
    if (recorder_is_stacked(&recorder->members[moved->owner]))
        report_rows_add(recorder->rows, REPORT_ROW_STAGE_MEMBERSHIP,
                        (struct report_value[]){report_integer(now_ns),
                                                report_integer(moved->owner),
                                                report_integer(moved->stage), in});
}

void report_recorder_membership(struct report_recorder *recorder, int64_t now_ns, uint32_t throttle,
                                uint32_t group)
{
    struct recorder_member *moved = &recorder->members[throttle];
    assert(throttle < recorder->throttle_count);
    recorder_reach(recorder, now_ns);
    store_membership(recorder, now_ns, throttle, group);
    recorder_leave_group(recorder, throttle);
    recorder_achieve_move(recorder, throttle, group);
    recorder_forget_served(recorder, throttle);
    moved->group = group < recorder->group_count ? group : REPORT_NONE;
    if (moved->group == REPORT_NONE)
        return;
    recorder_activate_group(recorder, moved->group);
    // What still waits makes it backlogged there.
    recorder_touch(recorder, throttle * REPORT_DIRECTION_COUNT, &moved->streams[0]);
}

void report_recorder_limit(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                           const char *key, int64_t value)
{
    recorder_reach(recorder, now_ns);
    report_rows_add(recorder->rows, REPORT_ROW_LIMIT,
                    (struct report_value[]){report_integer(now_ns), report_integer(group),
                                            report_string(key), report_integer(value)});
    if (group < recorder->group_count)
        recorder_activate_group(recorder, group);
}

static struct report_value known(double value)
{
    return value < 0 ? report_null() : report_real(value);
}

void report_recorder_limit_effect(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                                  const struct report_limit_effect *effect)
{
    recorder_reach(recorder, now_ns);
    report_rows_add(recorder->rows, REPORT_ROW_LIMIT_EFFECT,
                    (struct report_value[]){
                        report_integer(now_ns),
                        report_integer(group),
                        report_string(effect->key),
                        report_string(effect->counts_bytes ? "bytes" : "operations"),
                        report_real(effect->rate),
                        known(effect->allowance),
                        known(effect->burst_rate),
                        known(effect->at_once),
                        time_or_null(effect->burst_ns),
                        time_or_null(effect->refill_ns),
                    });
}

static struct report_value place_or_null(uint32_t index)
{
    return index == REPORT_NONE ? report_null() : report_integer(index);
}

void report_recorder_operation(struct report_recorder *recorder, int64_t now_ns,
                               const struct report_operation *operation)
{
    int64_t seq = recorder->operation_count++;
    recorder_reach(recorder, now_ns);
    report_rows_add(recorder->rows, REPORT_ROW_OPERATION,
                    (struct report_value[]){report_integer(seq), report_integer(now_ns),
                                            report_string(operation->what),
                                            report_string(operation->result)});
    report_rows_add(recorder->rows, REPORT_ROW_OPERATION_EFFECT,
                    (struct report_value[]){
                        report_integer(seq),
                        place_or_null(operation->member),
                        place_or_null(operation->group),
                        report_count(operation->waiting),
                        report_count(operation->released),
                        report_integer(operation->released_wait_ns),
                        report_string(operation->effect),
                    });
}

void report_recorder_notice(struct report_recorder *recorder, const char *kind, const char *source,
                            uint64_t count, const char *text)
{
    report_rows_add(recorder->rows, REPORT_ROW_NOTICE,
                    (struct report_value[]){report_integer(recorder->notice_count++),
                                            report_string(kind), report_string(source),
                                            report_count(count), report_string(text)});
}

void report_recorder_assumption(struct report_recorder *recorder, const char *key,
                                const char *value, const char *text)
{
    report_rows_add(recorder->rows, REPORT_ROW_ASSUMPTION,
                    (struct report_value[]){report_integer(recorder->assumption_count++),
                                            report_string(key), report_string(value),
                                            report_string(text)});
}

void report_recorder_place(struct report_recorder *recorder, uint64_t seq, uint64_t place)
{
    if (recorder->log_requests)
        report_rows_add(recorder->rows, REPORT_ROW_REQUEST_PLACE,
                        (struct report_value[]){report_count(seq), report_count(place)});
}

void recorder_log_request(struct report_recorder *recorder, const struct report_request *request)
{
    if (!recorder->log_requests)
        return;
    report_rows_add(recorder->rows, REPORT_ROW_REQUEST,
                    (struct report_value[]){
                        report_count(request->seq),
                        report_integer(request->member),
                        report_string(request->op),
                        report_count(request->offset),
                        report_count(request->bytes),
                        report_integer(request->arrival_ns - request->late_ns),
                        time_or_null(request->dispatch_ns),
                        time_or_null(request->complete_ns),
                    });
}

void recorder_log_stage(struct report_recorder *recorder, const struct report_request *request,
                        uint32_t stage)
{
    if (recorder->log_requests)
        report_rows_add(recorder->rows, REPORT_ROW_REQUEST_STAGE,
                        (struct report_value[]){report_count(request->seq), report_integer(stage),
                                                report_integer(recorder->now_ns)});
}

// Why requests waited, per interval, member, direction and cause, and when burst allowances ran
// out. Costs memory for streams whose requests wait, and time for requests that waited.

void report_recorder_waited(struct report_recorder *recorder, const struct report_request *request,
                            const int64_t *wait_ns)
{
    struct recorder_span *span =
        &recorder->members[request->member].streams[request->direction].interval;
    if (recorder->omit_series ||
        !report_recorder_counts(recorder, request->arrival_ns - request->late_ns))
        return;
    recorder_reach(recorder, request->dispatch_ns);
    if (span->causes == NULL)
        span->causes = calloc(recorder->wait_count, sizeof *span->causes);
    if (span->causes == NULL) {
        report_rows_fail(recorder->rows, "out of memory for the causes of waiting");
        return;
    }
    const uint32_t *lower = recorder->members[request->member].lower;
    size_t count = recorder->cause_count * (1 + lower[1] - lower[0]);
    for (size_t i = 0; i < count; i++) {
        if (wait_ns[i] == 0)
            continue;
        span->causes[i].requests++;
        report_sum_add(&span->causes[i].wait_ns, (uint64_t)wait_ns[i]);
    }
}

void report_recorder_counted(struct report_recorder *recorder, int64_t now_ns, uint32_t member,
                             enum report_direction direction, double operations)
{
    struct recorder_stream *stream = &recorder->members[member].streams[direction];
    double extra = (operations - 1) * RECORDER_EXTRA;
    if (recorder->omit_series)
        return;
    recorder_reach(recorder, now_ns);
    stream->interval.extra = report_add_saturated(
        stream->interval.extra, extra < (double)INT64_MAX ? (int64_t)(extra + 0.5) : INT64_MAX);
}

void report_recorder_ran_out(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                             const char *key, int64_t refill_ns)
{
    if (!recorder->omit_series)
        report_rows_add(recorder->rows, REPORT_ROW_BURST_END,
                        (struct report_value[]){report_integer(now_ns), report_integer(group),
                                                report_string(key), report_integer(refill_ns)});
}
