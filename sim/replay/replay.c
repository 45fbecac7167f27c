// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/replay.h"

#include <math.h>

// Timers of an engine that never rests (slice-2011) which fire one after the other without letting
// any request go: as many as this, and none will ever go. The others' cannot do so.
#define REPLAY_IDLE_FIRES_MAX 1000

// What a request that has only arrived still has ahead, of what it takes.
#define WAITING_AHEAD 0.5

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

// A discard that a filter ignores is done there.
static bool is_ignored(const struct replay *replay, const struct engine_request *request)
{
    return request->op == ENGINE_DISCARD &&
           scenario_ignores_discards(&replay->scenario->members[request->member]);
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
        request->engine.mark ^= REQUEST_WAITS | REQUEST_AT_DEVICE;
        replay->idle_fires = 0;
        uint64_t number = digest_add(&replay->digest, request, replay->now_ns);
        if (replay->observer->dispatch != NULL)
            replay->observer->dispatch(replay->context, request);
        enum device_start start =
            is_ignored(replay, &request->engine)
                ? DEVICE_DONE
                : devices_start(&replay->devices, replay->now_ns, request, number);
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
    request->recorded_ns =
        recorded->latency_ns == TRACE_LATENCY_UNKNOWN ? REQUEST_UNKNOWN : recorded->latency_ns;
    request->number_low = (uint32_t)replay->digest.members[arrival->member].arrived++;
    sim_request_set_seq(request, replay->next_seq++);
    if (arrival->is_guessed)
        request->engine.mark |= REQUEST_GUESSED;
    if (changes_throttles(&replay->changes, arrival->member, request->engine.op))
        request->engine.mark |= REQUEST_THROTTLED;
    if (sim_request_is(request, REQUEST_HAS_MORE)) {
        sim_request_more(request)->late_ns = replay->now_ns - arrival->time_ns;
        sim_request_more(request)->origin = arrival->origin;
    }
    if (replay->observer->arrival != NULL)
        replay->observer->arrival(replay->context, request);
    if (replay->control.below != NULL)
        replay_enter(replay, request);
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
        .member = event->member,
        .node = done.node,
        .is_of_all =
            scenario_event_drains(event->kind, replay->control.qemu) == SCENARIO_DRAINS_ALL,
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
    senders_stop(&replay->senders);
    return step;
}

void replay_progress(const struct replay *replay, struct progress_state *state)
{
    int64_t end_ns = replay->scenario->end_ns;
    *state = (struct progress_state){PROGRESS_UNKNOWN, replay->next_seq};
    if (replay->senders.sources != NULL)
        state->share = senders_share(&replay->senders);
    if (replay->next_seq > 0 && state->share > 0)
        state->share *= 1 - WAITING_AHEAD * (double)engine_waiting(replay->control.engine) /
                                (double)replay->next_seq;
    if (end_ns != SCENARIO_NO_LIMIT)
        state->share = fmax(state->share, (double)replay->now_ns / (double)end_ns);
    if (replay->senders.answers && state->share >= 0) // after a first reading
        state->share = SENDERS_LEARN_SHARE + state->share * (1 - SENDERS_LEARN_SHARE);
}
