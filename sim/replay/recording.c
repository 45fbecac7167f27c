// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/recording.h"

#include "sim/arrivals/dependent.h"
#include "sim/replay/assumptions.h"

struct op_row {
    enum report_direction direction;
    const char *name;
};

static const struct op_row ops[ENGINE_OP_COUNT] = {
    [ENGINE_READ] = {REPORT_DIRECTION_READ, "read"},
    [ENGINE_WRITE] = {REPORT_DIRECTION_WRITE, "write"},
    [ENGINE_DISCARD] = {REPORT_DIRECTION_DISCARD, "discard"},
    [ENGINE_WRITE_ZEROES] = {REPORT_DIRECTION_WRITE, "write-zeroes"},
    [ENGINE_FLUSH] = {REPORT_DIRECTION_FLUSH, "flush"},
};

struct report_request recording_request(const struct sim_request *request, int64_t complete_ns)
{
    return (struct report_request){
        .seq = sim_request_seq(request),
        .member = request->engine.member,
        .direction = ops[request->engine.op].direction,
        .throttled = sim_request_is(request, REQUEST_THROTTLED),
        .op = ops[request->engine.op].name,
        .offset = request->engine.offset,
        .bytes = request->engine.bytes,
        .arrival_ns = request->engine.arrival_ns,
        .late_ns = sim_request_late_ns(request),
        .dispatch_ns =
            sim_request_is(request, REQUEST_WAITS) ? REPORT_NOT_YET : request->engine.dispatch_ns,
        .complete_ns = complete_ns,
        .recorded_ns =
            request->recorded_ns == REQUEST_UNKNOWN || sim_request_is(request, REQUEST_GUESSED)
                ? REPORT_NOT_YET
                : request->recorded_ns,
    };
}

// Of the request that was told of last, which most often is the same: that halves what it costs to
// pass requests on.
static struct report_request *describe(struct recording *recording,
                                       const struct sim_request *request)
{
    if (recording->latest.seq != sim_request_seq(request))
        recording->latest = recording_request(request, REPORT_NOT_YET);
    return &recording->latest;
}

static struct report_recorder *recorder_of(void *context)
{
    return ((struct recording *)context)->recorder;
}

static uint32_t index_or_none(uint32_t index)
{
    return index == ENGINE_NONE ? REPORT_NONE : index;
}

static bool advance(void *context, int64_t now_ns)
{
    struct report_recorder *recorder = recorder_of(context);
    report_recorder_advance(recorder, now_ns);
    return report_recorder_ok(recorder); // report_recorder_finish has the reason
}

static void arrival(void *context, const struct sim_request *request)
{
    struct recording *recording = context;
    const struct report_request *report = describe(recording, request);
    report_recorder_arrival(recording->recorder, report);
    const void *origin = sim_request_origin(request);
    if (origin != NULL)
        report_recorder_place(recording->recorder, report->seq, dependent_place(origin));
}

static void dispatch(void *context, const struct sim_request *request)
{
    struct recording *recording = context;
    struct report_request *report = describe(recording, request);
    report->dispatch_ns = request->engine.dispatch_ns;
    report_recorder_dispatch(recording->recorder, report);
}

static void complete(void *context, const struct sim_request *request, int64_t now_ns)
{
    struct recording *recording = context;
    struct report_request *report = describe(recording, request);
    report->complete_ns = now_ns;
    report_recorder_complete(recording->recorder, report);
}

static void waited(void *context, const struct sim_request *request, const int64_t *wait_ns)
{
    struct recording *recording = context;
    struct report_request *report = describe(recording, request);
    report->dispatch_ns = request->engine.dispatch_ns;
    report_recorder_waited(recording->recorder, report, wait_ns);
}

static void passed(void *context, const struct sim_request *request, int64_t now_ns, uint32_t from,
                   uint32_t to)
{
    struct recording *recording = context;
    report_recorder_passed(recording->recorder, describe(recording, request), now_ns,
                           index_or_none(from), index_or_none(to));
}

static void counted(void *context, const struct sim_request *request, int64_t now_ns,
                    double operations)
{
    struct report_recorder *recorder = recorder_of(context);
    if (report_recorder_counts(recorder, sim_request_arrival_ns(request)))
        report_recorder_counted(recorder, now_ns, request->engine.member,
                                ops[request->engine.op].direction, operations);
}

static void operation(void *context, int64_t now_ns, const struct replay_operation *operation)
{
    report_recorder_operation(recorder_of(context), now_ns,
                              &(struct report_operation){
                                  .what = operation->what,
                                  .result = operation->result,
                                  .effect = operation->effect,
                                  .member = index_or_none(operation->member),
                                  .group = index_or_none(operation->node),
                                  .waiting = operation->waiting,
                                  .released = operation->released,
                                  .released_wait_ns = operation->released_wait_ns,
                              });
}

static void group(void *context, const char *name)
{
    report_recorder_group(recorder_of(context), name);
}

static void membership(void *context, int64_t now_ns, uint32_t throttle, uint32_t node)
{
    report_recorder_membership(recorder_of(context), now_ns, throttle, index_or_none(node));
}

static void limit(void *context, int64_t now_ns, uint32_t node, const char *key, int64_t value)
{
    report_recorder_limit(recorder_of(context), now_ns, node, key, value);
}

static int64_t time_or_unknown(double time_s)
{
    double time_ns = time_s * 1e9;
    return time_ns < 9e18 ? (int64_t)time_ns : REPORT_NOT_YET;
}

static void facts(void *context, int64_t now_ns, uint32_t node, const char *key, bool counts_bytes,
                  const struct engine_limit_facts *facts)
{
    bool has_allowance = facts->allowance > 0, is_capped = facts->burst_rate > 0;
    report_recorder_limit_effect(
        recorder_of(context), now_ns, node,
        &(struct report_limit_effect){
            .key = key,
            .counts_bytes = counts_bytes,
            .rate = facts->rate,
            .allowance = has_allowance ? facts->allowance : -1,
            .burst_rate = is_capped ? facts->burst_rate : -1,
            .at_once = has_allowance ? facts->at_once : -1,
            .burst_ns = is_capped ? time_or_unknown(engine_limit_lasts_s(facts, facts->burst_rate))
                                  : REPORT_NOT_YET,
            .refill_ns = has_allowance ? time_or_unknown(facts->refill_s) : REPORT_NOT_YET,
        });
}

static void ran_out(void *context, int64_t now_ns, uint32_t node, const char *key,
                    int64_t refill_ns)
{
    report_recorder_ran_out(recorder_of(context), now_ns, node, key, refill_ns);
}

const struct replay_observer recording_observer = {
    .advance = advance,
    .arrival = arrival,
    .dispatch = dispatch,
    .complete = complete,
    .waited = waited,
    .passed = passed,
    .counted = counted,
    .operation = operation,
    .group = group,
    .membership = membership,
    .limit = limit,
    .facts = facts,
    .ran_out = ran_out,
};

size_t recording_gauge(void *context, uint32_t group, int64_t at_ns, struct report_bucket *buckets)
{
    const struct replay *replay = context;
    struct engine_node_gauge node;
    if (!engine_node_gauge(replay->control.engine, group, at_ns, &node))
        return 0;
    for (size_t i = 0; i < node.bucket_count; i++) {
        const struct engine_bucket_gauge *bucket = &node.bucket[i];
        buckets[i] = (struct report_bucket){
            .name = bucket->key,
            .level = bucket->level,
            .size = bucket->size,
            .burst_level = bucket->burst_level,
            .burst_size = bucket->burst_size,
        };
    }
    return node.bucket_count;
}

static void unfinished(void *recorder, const struct sim_request *request)
{
    struct report_request report = recording_request(request, REPORT_NOT_YET);
    report_recorder_unfinished(recorder, &report);
}

static void assumption(void *recorder, const char *key, const char *value, const char *text)
{
    report_recorder_assumption(recorder, key, value, text);
}

static void notice(void *recorder, const struct trace_notice *notice)
{
    report_recorder_notice(recorder, notice->kind, notice->source, notice->count, notice->text);
}

void recording_finish(struct report_recorder *recorder, const struct replay *replay)
{
    request_pool_walk(replay->pool, unfinished, recorder);
    replay_notices(replay, notice, recorder);
    assumptions_each(replay, assumption, recorder);
}
