// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/replay.h"

#include <inttypes.h>
#include <stdio.h>

// Timers of an engine that never rests (slice-2011) which fire one after the other without letting
// any request go: as many as this, and none will ever go. The others' cannot do so.
#define REPLAY_IDLE_FIRES_MAX 1000

struct op_row {
    enum engine_op op;
    enum report_direction direction;
};

static const struct op_row op_rows[TRACE_OP_COUNT] = {
    [TRACE_READ] = {ENGINE_READ, REPORT_DIRECTION_READ},
    [TRACE_WRITE] = {ENGINE_WRITE, REPORT_DIRECTION_WRITE},
    [TRACE_DISCARD] = {ENGINE_DISCARD, REPORT_DIRECTION_DISCARD},
    [TRACE_WRITE_ZEROES] = {ENGINE_WRITE_ZEROES, REPORT_DIRECTION_WRITE},
    [TRACE_FLUSH] = {ENGINE_FLUSH, REPORT_DIRECTION_FLUSH},
};

enum engine_op replay_op(enum trace_op op)
{
    return op_rows[op].op;
}

// ---- The device ----

static uint64_t digest_add(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 32;
}

// When the device will have finished a request, or ENGINE_NEVER.
static int64_t completion_ns(const struct replay *replay, const struct sim_request *request)
{
    const struct scenario_device *device = &replay->scenario->device;
    int64_t latency_ns = 0;
    if (device->model == SCENARIO_DEVICE_FIXED)
        latency_ns = device->latency_ns;
    if (device->model == SCENARIO_DEVICE_RECORDED)
        latency_ns = request->report.recorded_ns;
    if (latency_ns == REPORT_NOT_YET || latency_ns > ENGINE_NEVER - replay->now_ns)
        return ENGINE_NEVER;
    return replay->now_ns + latency_ns;
}

static void complete(struct replay *replay, struct sim_request *request)
{
    request->report.complete_ns = replay->now_ns;
    engine_complete(replay->control.engine, replay->now_ns, &request->engine);
    report_recorder_complete(replay->observer.recorder, &request->report);
    request_pool_give(&replay->pool, request);
}

static void on_dispatch(void *context, struct engine_request *engine_request,
                        const int64_t *wait_ns)
{
    struct replay *replay = context;
    struct sim_request *request = (struct sim_request *)engine_request;
    request->next = NULL;
    request->report.dispatch_ns = engine_request->dispatch_ns;
    *replay->dispatched_end = request;
    replay->dispatched_end = &request->next;
    if (wait_ns != NULL)
        report_recorder_waited(replay->observer.recorder, &request->report, wait_ns);
}

static void on_ran_out(void *context, int64_t now_ns, uint32_t node, enum engine_cause limit,
                       int64_t refill_ns)
{
    const struct replay *replay = context;
    report_recorder_ran_out(replay->observer.recorder, now_ns, node, engine_cause_key(limit),
                            refill_ns);
}

// Gives the device what the engine has let go. What completes at once may make the engine let go
// more.
static enum replay_step start_dispatched(struct replay *replay)
{
    struct sim_request *request;
    while ((request = replay->dispatched) != NULL) {
        replay->dispatched = request->next;
        if (replay->dispatched == NULL)
            replay->dispatched_end = &replay->dispatched;
        replay->idle_fires = 0;
        replay->digest = digest_add(replay->digest, request->report.seq);
        replay->digest = digest_add(replay->digest, (uint64_t)replay->now_ns);
        report_recorder_dispatch(replay->observer.recorder, &request->report);
        if (replay->tap != NULL)
            replay->tap(replay->tap_context, request);
        int64_t done_ns = completion_ns(replay, request);
        if (done_ns == replay->now_ns)
            complete(replay, request);
        else if (done_ns == ENGINE_NEVER)
            replay->never_complete++;
        else if (!event_heap_push(&replay->completions, done_ns, request->report.seq, request))
            return (enum replay_step)sim_fail_memory(replay->error);
    }
    return REPLAY_MORE;
}

// ---- Events ----

static enum replay_step arrive(struct replay *replay)
{
    const struct arrival *arrival = sources_next(replay->sources);
    struct sim_request *request = request_pool_take(&replay->pool);
    if (request == NULL)
        return (enum replay_step)sim_fail_memory(replay->error);
    const struct trace_request *recorded = &arrival->request;
    request->engine.member = arrival->member;
    request->engine.op = (uint8_t)op_rows[recorded->op].op;
    request->engine.offset = recorded->offset;
    request->engine.bytes = recorded->bytes;
    request->report = (struct report_request){
        .seq = replay->next_seq++,
        .member = arrival->member,
        .direction = op_rows[recorded->op].direction,
        .throttled = observer_throttles(&replay->observer, arrival->member, request->engine.op),
        .op = trace_op_name(recorded->op),
        .offset = recorded->offset,
        .bytes = recorded->bytes,
        .arrival_ns = replay->now_ns,
        .dispatch_ns = REPORT_NOT_YET,
        .complete_ns = REPORT_NOT_YET,
        .recorded_ns =
            recorded->latency_ns == TRACE_LATENCY_UNKNOWN ? REPORT_NOT_YET : recorded->latency_ns,
    };
    report_recorder_arrival(replay->observer.recorder, &request->report);
    engine_submit(replay->control.engine, replay->now_ns, &request->engine);
    return sources_advance(replay->sources, replay->error) ? REPLAY_MORE : REPLAY_FAILED;
}

static enum replay_step operate(struct replay *replay)
{
    const struct scenario_event *event = &replay->scenario->events[replay->next_event++];
    struct engine_operation done;
    char what[256], result[512] = "done";
    enum engine_status status = control_apply(&replay->control, replay->now_ns, event, &done);
    if (status == ENGINE_NO_MEMORY)
        return (enum replay_step)sim_fail_memory(replay->error);
    if (status != ENGINE_OK)
        control_refusal(&replay->control, event, status, &done, result, sizeof result);
    control_describe(&replay->control, event, what, sizeof what);
    report_recorder_operation(replay->observer.recorder, replay->now_ns, what, result);
    uint32_t member = event->kind == SCENARIO_QOM_SET ? ENGINE_NONE : event->member;
    if (!observer_follow(&replay->observer, replay->now_ns, member, done.node))
        return (enum replay_step)sim_fail_memory(replay->error);
    return REPLAY_MORE;
}

// When the event loop wakes for its next deadline. With a granularity, it sleeps in whole steps
// from the last event on, and any other event from the deadline on wakes it before.
static int64_t wake_ns(const struct replay *replay, int64_t other_ns)
{
    int64_t deadline_ns = engine_next_deadline(replay->control.engine);
    int64_t granularity_ns = replay->scenario->timer_granularity_ns;
    if (granularity_ns == 0 || deadline_ns == ENGINE_NEVER)
        return deadline_ns;
    if (deadline_ns <= replay->now_ns) // passed while it slept, until a completion woke it
        return replay->now_ns;
    if (other_ns >= deadline_ns) {
        int64_t rest_ns = (deadline_ns - replay->now_ns) % granularity_ns;
        int64_t late_ns = rest_ns == 0 ? 0 : granularity_ns - rest_ns;
        if (late_ns >= other_ns - deadline_ns)
            return other_ns;
        return deadline_ns + late_ns;
    }
    return deadline_ns;
}

static int64_t next_operation_ns(const struct replay *replay)
{
    const struct scenario *scenario = replay->scenario;
    return replay->next_event < scenario->event_count ? scenario->events[replay->next_event].at_ns
                                                      : ENGINE_NEVER;
}

// Only timers are left, and nobody waits for them; or requests wait and never leave.
static bool is_over(const struct replay *replay, int64_t other_ns)
{
    return other_ns == ENGINE_NEVER && (engine_waiting(replay->control.engine) == 0 ||
                                        replay->idle_fires >= REPLAY_IDLE_FIRES_MAX);
}

enum replay_event replay_peek(const struct replay *replay, int64_t *time_ns)
{
    enum replay_event first = REPLAY_COMPLETION;
    int64_t first_ns = event_heap_time(&replay->completions);
    int64_t operation_ns = next_operation_ns(replay);
    if (operation_ns < first_ns) {
        first = REPLAY_OPERATION;
        first_ns = operation_ns;
    }
    int64_t arrival_ns = sources_next_ns(replay->sources);
    if (arrival_ns < first_ns) {
        first = REPLAY_ARRIVAL;
        first_ns = arrival_ns;
    }
    int64_t timer_ns = is_over(replay, first_ns) ? ENGINE_NEVER : wake_ns(replay, first_ns);
    if (timer_ns < first_ns || (timer_ns == first_ns && first > REPLAY_TIMER)) {
        first = REPLAY_TIMER;
        first_ns = timer_ns;
    }
    *time_ns = first_ns;
    return first_ns == ENGINE_NEVER ? REPLAY_NOTHING : first;
}

enum replay_step replay_next(struct replay *replay)
{
    int64_t time_ns;
    enum replay_event event = replay_peek(replay, &time_ns);
    enum replay_step step = REPLAY_MORE;
    if (event == REPLAY_NOTHING) {
        replay->nothing_left = true;
        return REPLAY_FINISHED;
    }
    if (time_ns > replay->scenario->end_ns) {
        replay->now_ns = replay->scenario->end_ns;
        return REPLAY_FINISHED;
    }
    report_recorder_advance(replay->observer.recorder, time_ns);
    replay->now_ns = time_ns;
    replay->idle_fires = event == REPLAY_TIMER ? replay->idle_fires + 1 : 0;
    switch (event) {
    case REPLAY_COMPLETION:
        complete(replay, event_heap_pop(&replay->completions));
        break;
    case REPLAY_TIMER:
        engine_fire(replay->control.engine, time_ns);
        break;
    case REPLAY_OPERATION:
        step = operate(replay);
        break;
    default:
        step = arrive(replay);
        break;
    }
    return step == REPLAY_MORE ? start_dispatched(replay) : step;
}

// ---- Beginning and end ----

bool replay_open(struct replay *replay, const struct scenario *scenario, struct sim_error *error)
{
    struct engine_callbacks callbacks = {
        .dispatch = on_dispatch, .context = replay, .ran_out = on_ran_out};
    // The digest's start is arbitrary, but not 0: a first dispatch of request 0 at time 0 counts.
    *replay = (struct replay){.scenario = scenario, .error = error, .digest = 1};
    replay->dispatched_end = &replay->dispatched;
    if (!control_open(&replay->control, scenario, &callbacks, error))
        return false;
    if (!observer_open(&replay->observer, &replay->control))
        return sim_fail_memory(error);
    replay->sources = sources_open(scenario, error);
    return replay->sources != NULL;
}

static size_t gauge(void *context, uint32_t group, int64_t at_ns, struct report_bucket *buckets)
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

void replay_gauge(struct replay *replay, report_gauge **function, void **context)
{
    *function = gauge;
    *context = replay;
}

bool replay_start(struct replay *replay, struct report_recorder *recorder)
{
    replay->observer.recorder = recorder;
    return observer_look(&replay->observer, 0) || sim_fail_memory(replay->error);
}

static void tell_unfinished(void *context, struct sim_request *request)
{
    struct replay *replay = context;
    report_recorder_unfinished(replay->observer.recorder, &request->report);
}

static void tell_notice(void *context, const struct trace_notice *notice)
{
    struct replay *replay = context;
    report_recorder_notice(replay->observer.recorder, notice->kind, notice->source, notice->count,
                           notice->text);
}

void replay_finish(struct replay *replay)
{
    request_pool_walk(&replay->pool, tell_unfinished, replay);
    sources_notices(replay->sources, tell_notice, replay);
    for (size_t i = 0; i < replay->scenario->notice_count; i++)
        report_recorder_notice(replay->observer.recorder, "left-out", replay->scenario->name, 1,
                               replay->scenario->notices[i]);
    char text[160];
    uint64_t waiting = engine_waiting(replay->control.engine);
    if (replay->nothing_left && waiting > 0) {
        snprintf(text, sizeof text, "%" PRIu64 " requests never leave the throttle", waiting);
        report_recorder_notice(replay->observer.recorder, "never-leaves", replay->scenario->name,
                               waiting, text);
    }
    if (replay->never_complete > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64
                 " requests never complete on the device 'recorded': their traces do not "
                 "say how long they took",
                 replay->never_complete);
        struct trace_notice notice = {"never-completes", replay->scenario->name,
                                      replay->never_complete, text};
        tell_notice(replay, &notice);
    }
}

void replay_close(struct replay *replay)
{
    sources_close(replay->sources);
    observer_close(&replay->observer);
    control_close(&replay->control);
    event_heap_free(&replay->completions);
    request_pool_free(&replay->pool);
}
