// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/replay.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Timers of an engine that never rests (slice-2011) which fire one after the other without letting
// any request go: as many as this, and none will ever go. The others' cannot do so.
#define REPLAY_IDLE_FIRES_MAX 1000

#define STEPS_PER_LOOK 4096 // between two looks at the stop flag and the progress

enum engine_op replay_op(enum trace_op op)
{
    static const enum engine_op ops[TRACE_OP_COUNT] = {
        [TRACE_READ] = ENGINE_READ,       [TRACE_WRITE] = ENGINE_WRITE,
        [TRACE_DISCARD] = ENGINE_DISCARD, [TRACE_WRITE_ZEROES] = ENGINE_WRITE_ZEROES,
        [TRACE_FLUSH] = ENGINE_FLUSH,
    };
    return ops[op];
}

static enum replay_step out_of_memory(const struct replay *replay)
{
    sim_fail_memory(replay->error);
    return REPLAY_FAILED;
}

// ---- The device ----

static void complete(struct replay *replay, struct sim_request *request)
{
    engine_complete(replay->control.engine, replay->now_ns, &request->engine);
    if (replay->observer->complete != NULL)
        replay->observer->complete(replay->context, request, replay->now_ns);
    if (replay->arrivals->completed != NULL)
        replay->arrivals->completed(replay->arrivals, request, replay->now_ns);
    request_pool_give(replay->pool, request);
}

// A request waited for the event loop before the engine knew of it.
static void tell_late(const struct replay *replay, const struct sim_request *request,
                      const int64_t *wait_ns)
{
    const struct engine_algorithm *algorithm = replay->scenario->algorithm;
    int64_t parts_ns[ENGINE_CAUSE_MAX] = {0};
    assert(algorithm->cause_count <= ENGINE_CAUSE_MAX);
    for (size_t i = 0; i < algorithm->cause_count; i++) {
        bool is_loop = strcmp(algorithm->causes[i].key, "timer") == 0;
        parts_ns[i] = (wait_ns == NULL ? 0 : wait_ns[i]) + (is_loop ? request->late_ns : 0);
    }
    replay->observer->waited(replay->context, request, parts_ns);
}

static void on_dispatch(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    struct replay *replay = context;
    request->next = NULL;
    *replay->dispatched_end = request;
    replay->dispatched_end = &request->next;
    struct sim_request *of = (struct sim_request *)request;
    if (replay->observer->waited == NULL)
        return;
    if (of->late_ns > 0)
        tell_late(replay, of, wait_ns);
    else if (wait_ns != NULL)
        replay->observer->waited(replay->context, of, wait_ns);
}

static void on_ran_out(void *context, int64_t now_ns, uint32_t node, int bucket, int64_t refill_ns)
{
    const struct replay *replay = context;
    if (replay->observer->ran_out != NULL)
        replay->observer->ran_out(replay->context, now_ns, node,
                                  replay->scenario->algorithm->buckets[bucket].key, refill_ns);
}

static void on_counted(void *context, int64_t now_ns, const struct engine_request *request,
                       double operations)
{
    const struct replay *replay = context;
    if (replay->observer->counted != NULL)
        replay->observer->counted(replay->context, (const struct sim_request *)request, now_ns,
                                  operations);
}

// Gives the device what the engine has let go. What completes at once may make the engine let go
// more.
static enum replay_step start_dispatched(struct replay *replay)
{
    while (replay->dispatched != NULL) {
        struct sim_request *request = (struct sim_request *)replay->dispatched;
        replay->dispatched = request->engine.next;
        if (replay->dispatched == NULL)
            replay->dispatched_end = &replay->dispatched;
        request->state = REQUEST_AT_DEVICE;
        replay->idle_fires = 0;
        digest_add(&replay->digest, request->engine.member, request->number, replay->now_ns);
        if (replay->observer->dispatch != NULL)
            replay->observer->dispatch(replay->context, request);
        enum device_start start = devices_start(&replay->devices, replay->now_ns, request);
        if (start == DEVICE_NO_MEMORY)
            return out_of_memory(replay);
        if (start == DEVICE_DONE)
            complete(replay, request);
        replay->never_complete += start == DEVICE_NEVER;
    }
    return REPLAY_MORE;
}

// ---- Events ----

static enum replay_step arrive(struct replay *replay)
{
    const struct arrival *arrival = replay->arrivals->next;
    const struct trace_request *recorded = &arrival->request;
    struct sim_request *request = request_pool_take(replay->pool);
    if (request == NULL)
        return out_of_memory(replay);
    request->engine.member = arrival->member;
    request->engine.op = (uint8_t)replay_op(recorded->op);
    request->engine.offset = recorded->offset;
    request->engine.bytes = recorded->bytes;
    request->engine.arrival_ns = replay->now_ns;
    request->late_ns = replay->now_ns - arrival->time_ns;
    request->origin = arrival->origin;
    request->seq = replay->next_seq++;
    request->number = replay->digest.members[arrival->member].arrived++;
    request->recorded_ns =
        recorded->latency_ns == TRACE_LATENCY_UNKNOWN ? REQUEST_UNKNOWN : recorded->latency_ns;
    request->guessed = arrival->is_guessed;
    request->throttled = changes_throttles(&replay->changes, arrival->member, request->engine.op);
    if (replay->observer->arrival != NULL)
        replay->observer->arrival(replay->context, request);
    engine_submit(replay->control.engine, replay->now_ns, &request->engine);
    return replay->arrivals->advance(replay->arrivals, replay->error) ? REPLAY_MORE : REPLAY_FAILED;
}

static enum replay_step operate(struct replay *replay)
{
    const struct scenario_event *event = &replay->scenario->events[replay->next_event++];
    struct engine_operation done;
    char what[256], result[512] = "done";
    enum engine_status status = control_apply(&replay->control, replay->now_ns, event, &done);
    if (status == ENGINE_NO_MEMORY)
        return out_of_memory(replay);
    if (status != ENGINE_OK)
        control_refusal(&replay->control, event, status, &done, result, sizeof result);
    control_describe(&replay->control, event, what, sizeof what);
    struct replay_operation operation = {
        .what = what,
        .result = result,
        .member = event->kind == SCENARIO_QOM_SET ? ENGINE_NONE : event->member,
        .node = done.node,
    };
    // Nothing else has been let go since the last operation, timer or arrival was over.
    for (const struct engine_request *request = replay->dispatched; request != NULL;
         request = request->next) {
        int64_t wait_ns = request->dispatch_ns - request->arrival_ns;
        operation.released++;
        operation.released_wait_ns = wait_ns > INT64_MAX - operation.released_wait_ns
                                         ? INT64_MAX
                                         : operation.released_wait_ns + wait_ns;
    }
    if (!changes_follow(&replay->changes, replay->now_ns, &operation))
        return out_of_memory(replay);
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
    int64_t first_ns = replay->devices.next_ns;
    int64_t operation_ns = next_operation_ns(replay);
    if (operation_ns < first_ns) {
        first = REPLAY_OPERATION;
        first_ns = operation_ns;
    }
    int64_t arrival_ns = arrivals_next_ns(replay->arrivals);
    if (arrival_ns < first_ns) {
        first = REPLAY_ARRIVAL;
        first_ns = arrival_ns;
    }
    int64_t timer_ns = is_over(replay, first_ns) ? ENGINE_NEVER : wake_ns(replay, first_ns);
    int64_t due_ns = first_ns;
    timer_ns = stalls_delay(&replay->stalls, timer_ns);
    first_ns = stalls_delay(&replay->stalls, first_ns);
    // At the end of a stall timers come after what came in it.
    bool is_before = first == REPLAY_COMPLETION || due_ns < first_ns;
    if (timer_ns < first_ns || (timer_ns == first_ns && !is_before)) {
        first = REPLAY_TIMER;
        first_ns = timer_ns;
    }
    *time_ns = first_ns;
    return first_ns == ENGINE_NEVER ? REPLAY_NOTHING : first;
}

// What comes next, once it is known what has not been read, and which stalls there are until then.
static bool find_next(struct replay *replay, enum replay_event *event, int64_t *time_ns)
{
    struct arrivals *arrivals = replay->arrivals;
    for (;;) {
        *event = replay_peek(replay, time_ns);
        if (arrivals->read_on != NULL && arrivals->unread_ns < *time_ns) {
            if (!arrivals->read_on(arrivals, replay->error))
                return false;
        } else if (*event != REPLAY_NOTHING && *time_ns > replay->stalls.end_ns) {
            stalls_next(&replay->stalls, *time_ns);
        } else {
            return true;
        }
    }
}

enum replay_step replay_next(struct replay *replay)
{
    int64_t time_ns;
    enum replay_event event;
    enum replay_step step = REPLAY_MORE;
    if (!find_next(replay, &event, &time_ns))
        return REPLAY_FAILED;
    if (event == REPLAY_NOTHING) {
        replay->nothing_left = true;
        return REPLAY_FINISHED;
    }
    if (time_ns > replay->scenario->end_ns) {
        replay->now_ns = replay->scenario->end_ns;
        return REPLAY_FINISHED;
    }
    if (replay->observer->advance != NULL && !replay->observer->advance(replay->context, time_ns))
        return REPLAY_FAILED;
    replay->now_ns = time_ns;
    replay->idle_fires = event == REPLAY_TIMER ? replay->idle_fires + 1 : 0;
    switch (event) {
    case REPLAY_COMPLETION:
        complete(replay, devices_pop(&replay->devices));
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

enum replay_step replay_all(struct replay *replay, const struct progress_watch *watch)
{
    enum replay_step step = REPLAY_MORE;
    while (step == REPLAY_MORE) {
        for (int i = 0; i < STEPS_PER_LOOK && step == REPLAY_MORE; i++)
            step = replay_next(replay);
        if (step != REPLAY_FINISHED && *watch->stop)
            step = REPLAY_STOPPED; // a silent pipe fails then: it is not waited for
        struct progress_state state;
        replay_progress(replay, &state);
        if (watch->progress != NULL)
            watch->progress(watch->progress_context, &state);
    }
    return step;
}

void replay_progress(const struct replay *replay, struct progress_state *state)
{
    int64_t end_ns = replay->scenario->end_ns;
    *state = (struct progress_state){PROGRESS_UNKNOWN, replay->next_seq};
    if (replay->senders.sources != NULL)
        state->share = senders_share(&replay->senders);
    // What has only arrived has most of what it takes still ahead.
    if (replay->next_seq > 0 && state->share > 0)
        state->share *=
            1 - (double)engine_waiting(replay->control.engine) / (double)replay->next_seq;
    if (end_ns != SCENARIO_NO_LIMIT)
        state->share = fmax(state->share, (double)replay->now_ns / (double)end_ns);
    if (replay->senders.answers && state->share >= 0) // after a first reading
        state->share = SENDERS_LEARN_SHARE + state->share * (1 - SENDERS_LEARN_SHARE);
}

// ---- Beginning and end ----

static bool open_arrivals(struct replay *replay, const struct replay_supply *supply)
{
    struct senders *senders = &replay->senders;
    static const struct replay_supply usual = {.arrivals = NULL};
    supply = supply == NULL ? &usual : supply;
    replay->pool = supply->pool != NULL ? supply->pool : &replay->own_pool;
    replay->arrivals = supply->arrivals;
    if (replay->arrivals != NULL)
        return true;
    bool ok = supply->kept != NULL
                  ? senders_play(senders, replay->scenario, supply->kept, replay->error)
                  : senders_open(senders, replay->scenario, supply->watch, replay->error);
    if (ok)
        replay->arrivals = senders_arrivals(senders);
    return ok;
}

bool replay_open(struct replay *replay, const struct scenario *scenario,
                 const struct replay_supply *supply, struct sim_error *error)
{
    struct engine_callbacks callbacks = {
        .dispatch = on_dispatch,
        .context = replay,
        .ran_out = on_ran_out,
        .counted = on_counted,
    };
    *replay = (struct replay){.scenario = scenario, .error = error};
    replay->dispatched_end = &replay->dispatched;
    stalls_open(&replay->stalls, &scenario->stalls);
    if (!control_open(&replay->control, scenario, &callbacks, error))
        return false;
    if (!changes_open(&replay->changes, &replay->control) ||
        !digest_open(&replay->digest, scenario))
        return sim_fail_memory(error);
    if (!open_arrivals(replay, supply))
        return false;
    return devices_open(&replay->devices, scenario, replay->senders.answers) ||
           sim_fail_memory(error);
}

bool replay_start(struct replay *replay, const struct replay_observer *observer, void *context)
{
    replay->observer = observer;
    replay->context = context;
    return changes_start(&replay->changes, observer, context) || sim_fail_memory(replay->error);
}

void replay_notices(const struct replay *replay, replay_notice *notice, void *context)
{
    const struct scenario *scenario = replay->scenario;
    char text[160];
    uint64_t waiting = engine_waiting(replay->control.engine);
    if (replay->senders.sources != NULL)
        senders_notices(&replay->senders, notice, context);
    for (size_t i = 0; i < scenario->notice_count; i++)
        notice(context,
               &(struct trace_notice){"left-out", scenario->name, 1, scenario->notices[i]});
    if (replay->nothing_left && waiting > 0) {
        snprintf(text, sizeof text, "%" PRIu64 " requests never leave the throttle", waiting);
        notice(context, &(struct trace_notice){"never-leaves", scenario->name, waiting, text});
    }
    if (replay->never_complete > 0) {
        snprintf(text, sizeof text,
                 "%" PRIu64 " requests never complete on the device 'recorded': their traces do "
                 "not say how long they took",
                 replay->never_complete);
        notice(context, &(struct trace_notice){"never-completes", scenario->name,
                                               replay->never_complete, text});
    }
}

void replay_close(struct replay *replay)
{
    senders_close(&replay->senders);
    changes_close(&replay->changes);
    digest_close(&replay->digest);
    devices_close(&replay->devices);
    control_close(&replay->control);
    request_pool_free(&replay->own_pool);
}
