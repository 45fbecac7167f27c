// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/lockstep_internal.h"

#include <stdlib.h>
#include <string.h>

#define MILLISECOND_NS INT64_C(1000000)
#define SLEEP_MAX_MS INT64_C(2147483647) // a main loop sleeps no longer at a time
#define IDLE_WAKES_MAX 10000             // of a QEMU that sleeps otherwise, but lets nothing go

// ---- Sleeps ----

// How long a main loop sleeps whose next deadline is the engine's.
static int64_t expected_timeout_ns(const struct lockstep *lockstep)
{
    int64_t deadline_ns = engine_next_deadline(lockstep->replay.control.engine);
    if (deadline_ns == ENGINE_NEVER)
        return CLOCK_FOR_EVER;
    int64_t distance_ns = deadline_ns - lockstep->now_ns;
    int64_t sleep_ms = distance_ns / MILLISECOND_NS + (distance_ns % MILLISECOND_NS > 0);
    return (sleep_ms < SLEEP_MAX_MS ? sleep_ms : SLEEP_MAX_MS) * MILLISECOND_NS;
}

static int64_t wakes_ns(int64_t now_ns, int64_t timeout_ns)
{
    return timeout_ns == CLOCK_FOR_EVER ? ENGINE_NEVER : now_ns + timeout_ns;
}

// Requests are the better witnesses. So the first difference of this kind is kept, and the search
// goes on for one of theirs.
static bool look_at_sleep(struct lockstep *lockstep)
{
    struct difference *difference = &lockstep->result->difference;
    int64_t ours_ns = expected_timeout_ns(lockstep);
    int64_t theirs_ns = qemu_timeout_ns(&lockstep->disks.qemu);
    if (ours_ns == theirs_ns || !lockstep->result->agree || lockstep->followed != NULL)
        return true;
    *difference = (struct difference){
        .kind = DIFFERENCE_SLEEP,
        .found_ns = lockstep->now_ns,
        .our_ns = wakes_ns(lockstep->now_ns, ours_ns),
        .qemu_ns = wakes_ns(lockstep->now_ns, theirs_ns),
        .member = ENGINE_NONE,
        .operation_count = lockstep->replay.next_event,
    };
    lockstep->result->agree = false;
    lockstep->differs = lockstep->config->ends_at_sleep;
    return true;
}

static bool sleeps(const struct lockstep *lockstep)
{
    return lockstep->scenario->timer_granularity_ns != 0;
}

// An instant is over: what has happened in it is compared once.
static bool end_instant(struct lockstep *lockstep)
{
    if (lockstep->is_probe)
        return true;
    return ((!lockstep->is_new && !sleeps(lockstep)) || lockstep_look(lockstep)) &&
           (lockstep->differs || look_at_sleep(lockstep));
}

static void count_departure(void *context, const struct sim_request *request)
{
    struct lockstep *lockstep = context;
    const struct engine_request *engine = &request->engine;
    bool throttled = sim_request_is(request, REQUEST_THROTTLED);
    enum disk_direction direction = disks_direction(engine->op, throttled);
    struct disk_counts *ours = &lockstep->ours[engine->member];
    lockstep->result->waited += engine->dispatch_ns > engine->arrival_ns;
    lockstep->is_new = true;
    if (direction != DISK_NOT_COUNTED)
        ours->left[direction]++;
    if (disks_times(&lockstep->disks, engine, throttled))
        ours->latency_ns[direction] += (uint64_t)(engine->dispatch_ns - engine->arrival_ns);
}

// ---- Opening and closing ----

static bool open_simulator(struct lockstep *lockstep)
{
    static const struct replay_observer observer = {.dispatch = count_departure};
    return replay_open(&lockstep->replay, lockstep->scenario, NULL, lockstep->error) &&
           replay_start(&lockstep->replay, &observer, lockstep);
}

static bool open_both(struct lockstep *lockstep)
{
    size_t members = lockstep->scenario->member_count;
    lockstep->ours = calloc(members, sizeof *lockstep->ours);
    lockstep->counted = calloc(members, sizeof *lockstep->counted);
    if (lockstep->ours == NULL || lockstep->counted == NULL)
        return sim_fail_memory(lockstep->error);
    lockstep->is_open = true;
    if (!open_simulator(lockstep) || !disks_open(&lockstep->disks, &lockstep->replay.control,
                                                 &lockstep->config->qemu, lockstep->error))
        return false;
    const struct qmp_version *version = &lockstep->disks.qemu.version;
    memcpy(lockstep->result->qemu_version, version->text, sizeof version->text);
    // Its rules, whatever the scenario is about.
    lockstep->replay.control.qemu = SCENARIO_QEMU(version->major, version->minor);
    return true;
}

static void close_both(struct lockstep *lockstep)
{
    disks_close(&lockstep->disks);
    if (lockstep->is_open)
        replay_close(&lockstep->replay);
    free(lockstep->ours);
    free(lockstep->counted);
}

// ---- Steps ----

static bool set_clock(struct lockstep *lockstep, int64_t time_ns)
{
    lockstep->now_ns = time_ns;
    return disks_set_clock(&lockstep->disks, time_ns, lockstep->error);
}

// Just before the simulator lets something go, QEMU must not have. What has, and is timed, is seen
// by how long it took when the simulator has too.
static bool look_before(struct lockstep *lockstep, int64_t time_ns)
{
    bool is_needed = lockstep->config->is_careful || disks_have_untimed(&lockstep->disks);
    if (lockstep->is_probe)
        return true;
    if (time_ns - 1 > lockstep->now_ns && !set_clock(lockstep, time_ns - 1))
        return false;
    return !is_needed || lockstep_look(lockstep);
}

// Does anything come from outside at this time?
static bool is_woken(const struct lockstep *lockstep, int64_t time_ns)
{
    const struct scenario *scenario = lockstep->scenario;
    size_t next = lockstep->replay.next_event;
    return arrivals_next_ns(lockstep->replay.arrivals) == time_ns ||
           (next < scenario->event_count && scenario->events[next].at_ns == time_ns);
}

// QEMU's main loop wakes when it wants to. Only what comes from outside wakes it before, which the
// simulator's timers do not, nor do looks: they are for when it is awake.
static bool let_sleep(struct lockstep *lockstep, int64_t time_ns, bool wakes_it)
{
    while (!lockstep->differs) {
        int64_t wakes_at_ns = wakes_ns(lockstep->now_ns, qemu_timeout_ns(&lockstep->disks.qemu));
        if (!wakes_it && (wakes_at_ns > time_ns || wakes_at_ns == ENGINE_NEVER))
            return true;
        if (!set_clock(lockstep, wakes_at_ns < time_ns ? wakes_at_ns : time_ns))
            return false;
        if (lockstep->now_ns == time_ns)
            return true;
        if (!end_instant(lockstep))
            return false;
        if (lockstep->result->agree && lockstep->followed == NULL)
            continue; // a long sleep in parts
        if (++lockstep->idle_wakes > IDLE_WAKES_MAX)
            lockstep->differs = true;
    }
    return true;
}

// QEMU's clock from one instant to a later one, unless they differ before.
static bool pass_time(struct lockstep *lockstep, enum replay_event event, int64_t time_ns)
{
    if (!end_instant(lockstep))
        return false;
    if (lockstep->differs)
        return true;
    if (sleeps(lockstep))
        return let_sleep(lockstep, time_ns, is_woken(lockstep, time_ns));
    if (event == REPLAY_TIMER && !look_before(lockstep, time_ns))
        return false;
    return lockstep->differs || set_clock(lockstep, time_ns);
}

static bool arrive(struct lockstep *lockstep)
{
    const struct arrival *arrival = lockstep->replay.arrivals->next;
    struct engine_request request = {
        .member = arrival->member,
        .op = (uint8_t)replay_op(arrival->request.op),
        .bytes = arrival->request.bytes,
    };
    bool throttled = replay_throttles(&lockstep->replay, request.member, request.op);
    lockstep->result->requests++;
    return disks_submit(&lockstep->disks, &request, throttled, lockstep->error);
}

static bool operate(struct lockstep *lockstep)
{
    lockstep->result->operations++;
    return disks_apply(&lockstep->disks, &lockstep->scenario->events[lockstep->replay.next_event],
                       lockstep->error);
}

// The next thing, in QEMU first: what the simulator does next is known before it does it.
static bool step(struct lockstep *lockstep, enum replay_event event, int64_t time_ns)
{
    if (time_ns > lockstep->now_ns && !pass_time(lockstep, event, time_ns))
        return false;
    if (lockstep->differs)
        return true;
    bool ok = true;
    lockstep->idle_wakes = 0;
    if (event == REPLAY_ARRIVAL)
        ok = arrive(lockstep);
    else if (event == REPLAY_OPERATION)
        ok = operate(lockstep);
    ok = ok && replay_next(&lockstep->replay) != REPLAY_FAILED;
    // While QEMU sleeps, nothing leaves it.
    if (ok && time_ns > lockstep->now_ns && lockstep->followed == NULL)
        ok = lockstep_compare_counts(lockstep, time_ns);
    return ok;
}

static void tell_progress(const struct lockstep *lockstep)
{
    const struct lockstep_config *config = lockstep->config;
    if (config->progress == NULL)
        return;
    struct progress_state state;
    replay_progress(&lockstep->replay, &state);
    config->progress(config->progress_context, &state);
}

// A replay is over when nothing waits; QEMU's timers that are due by then fire for nobody.
static void fire_last(struct lockstep *lockstep)
{
    struct engine *engine = lockstep->replay.control.engine;
    if (engine_waiting(engine) == 0 && engine_next_deadline(engine) <= lockstep->now_ns)
        engine_fire(engine, lockstep->now_ns);
}

// Up to and with what happens at until_ns.
static bool step_all(struct lockstep *lockstep, int64_t until_ns)
{
    while (!lockstep->differs) {
        int64_t time_ns;
        enum replay_event event = replay_peek(&lockstep->replay, &time_ns);
        if (event == REPLAY_NOTHING)
            fire_last(lockstep);
        if (event == REPLAY_NOTHING || time_ns > until_ns)
            break;
        if (!step(lockstep, event, time_ns))
            return false;
        tell_progress(lockstep);
    }
    return lockstep->differs || end_instant(lockstep);
}

// What is left would happen after the scenario's end: until then QEMU must let nothing go either.
static bool reach_end(struct lockstep *lockstep)
{
    int64_t end_ns = lockstep->scenario->end_ns, time_ns;
    bool is_over =
        end_ns == lockstep->now_ns || replay_peek(&lockstep->replay, &time_ns) == REPLAY_NOTHING;
    lockstep->result->waited += engine_waiting(lockstep->replay.control.engine);
    if (lockstep->differs)
        return true;
    if (!sleeps(lockstep))
        return (is_over || set_clock(lockstep, end_ns)) && lockstep_look(lockstep);
    if (!let_sleep(lockstep, end_ns, false) || (!lockstep->differs && !lockstep_look(lockstep)))
        return false;
    if (!lockstep->differs && !is_over)
        lockstep->now_ns = end_ns;
    return true;
}

// ---- From outside ----

static struct lockstep begin(const struct scenario *scenario, const struct lockstep_config *config,
                             struct lockstep_result *result, struct sim_error *error)
{
    *result = (struct lockstep_result){.agree = true};
    return (struct lockstep){
        .scenario = scenario, .config = config, .result = result, .error = error};
}

bool lockstep_run(const struct scenario *scenario, const struct lockstep_config *config,
                  struct lockstep_result *result, struct sim_error *error)
{
    struct lockstep lockstep = begin(scenario, config, result, error);
    lockstep.looked_ns = -1;
    bool ok = disks_can(scenario, error) && open_both(&lockstep) &&
              step_all(&lockstep, scenario->end_ns) && reach_end(&lockstep);
    result->agree = result->agree && !lockstep.differs;
    result->digest = lockstep.replay.digest.sum;
    result->end_ns = lockstep.now_ns;
    close_both(&lockstep);
    return ok;
}

bool lockstep_probe(const struct scenario *scenario, const struct lockstep_config *config,
                    int64_t at_ns, const struct lockstep_request *request, bool *has_left,
                    struct qemu_deadline *deadline, struct sim_error *error)
{
    struct lockstep_result unused;
    struct lockstep lockstep = begin(scenario, config, &unused, error);
    lockstep.is_probe = true;
    bool ok = open_both(&lockstep) && step_all(&lockstep, at_ns) &&
              (lockstep.now_ns == at_ns || set_clock(&lockstep, at_ns)) &&
              disks_count(&lockstep.disks, lockstep.counted, error);
    if (ok)
        *has_left = lockstep.counted[request->member].left[request->direction] >= request->number;
    if (ok && deadline != NULL)
        ok = qemu_find_deadline(&lockstep.disks.qemu, at_ns, deadline, error);
    close_both(&lockstep);
    return ok;
}

bool lockstep_follow(const struct scenario *scenario, const struct lockstep_config *config,
                     const struct lockstep_request *request, int64_t *left_ns,
                     struct sim_error *error)
{
    struct lockstep_result unused;
    struct lockstep lockstep = begin(scenario, config, &unused, error);
    lockstep.followed = request;
    bool ok = open_both(&lockstep) && step_all(&lockstep, scenario->end_ns) &&
              (lockstep.differs || let_sleep(&lockstep, ENGINE_NEVER, false));
    if (ok)
        *left_ns = lockstep.counted[request->member].left[request->direction] >= request->number
                       ? lockstep.now_ns
                       : ENGINE_NEVER;
    close_both(&lockstep);
    return ok;
}
