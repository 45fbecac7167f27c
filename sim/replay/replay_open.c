// SPDX-License-Identifier: GPL-2.0-or-later
// A replay's beginning and end, and what its engine tells meanwhile.
#include "sim/replay/replay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ---- What the engine tells ----

// A request waited for the event loop before the engine knew of it: before its topmost throttle.
static void tell_late(const struct replay *replay, const struct sim_request *request,
                      const int64_t *wait_ns)
{
    const struct engine_algorithm *algorithm = replay->scenario->algorithm;
    uint32_t top = replay->scenario->members[request->engine.member].upper_count;
    int64_t parts_ns[ENGINE_CAUSE_MAX * SCENARIO_STAGES_MAX] = {0};
    size_t count = algorithm->cause_count;
    assert(count <= ENGINE_CAUSE_MAX);
    if (wait_ns != NULL)
        memcpy(parts_ns, wait_ns, (top + 1) * count * sizeof *wait_ns);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(algorithm->causes[i].key, "timer") == 0)
            parts_ns[top * count + i] += sim_request_late_ns(request);
    }
    replay->observer->waited(replay->context, request, parts_ns);
}

// ---- Members with several throttles ----

// The waits of a request go with it.
void replay_enter(const struct replay *replay, struct sim_request *request)
{
    uint32_t member = request->engine.member;
    uint32_t stages = replay->scenario->members[member].upper_count + 1;
    if (stages == 1)
        return;
    memset(sim_request_more(request)->waits_ns, 0, replay->pool->wait_count * sizeof(int64_t));
    uint32_t first =
        changes_next_throttle(&replay->changes, member, stages, (enum engine_op)request->engine.op);
    if (first != ENGINE_NONE && replay->observer->passed != NULL)
        replay->observer->passed(replay->context, request, replay->now_ns, ENGINE_NONE, first);
}

static void on_passed(void *context, int64_t now_ns, const struct engine_request *passing,
                      uint32_t throttle, const int64_t *wait_ns)
{
    const struct replay *replay = context;
    const struct sim_request *request = (const struct sim_request *)passing;
    size_t count = replay->scenario->algorithm->cause_count;
    uint32_t stage = replay->scenario->members[passing->member].upper_count;
    while (control_throttle(&replay->control, passing->member, stage) != throttle)
        stage--;
    if (wait_ns != NULL)
        memcpy(sim_request_more(request)->waits_ns + stage * count, wait_ns,
               count * sizeof *wait_ns);
    if (replay->observer->passed != NULL)
        replay->observer->passed(replay->context, request, now_ns, throttle,
                                 changes_next_throttle(&replay->changes, passing->member, stage,
                                                       (enum engine_op)passing->op));
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
    if (request->dispatch_ns > request->arrival_ns && wait_ns == NULL)
        wait_ns = sim_request_more(of)->waits_ns; // of several throttles
    if (sim_request_late_ns(of) > 0)
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
                  : senders_open(senders, replay->scenario, supply->has_thread, supply->watch,
                                 replay->error);
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
        .notes_at = REQUEST_NOTES_AT,
        .passed = on_passed,
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
    // A pool of several replays is for those without.
    bool has_more = replay->arrivals->completed != NULL || stalls_are(&replay->stalls) ||
                    scenario->algorithm->has_notes || replay->control.below != NULL;
    assert(!has_more || replay->pool == &replay->own_pool);
    replay->pool->has_more = has_more;
    if (replay->control.below != NULL)
        replay->pool->wait_count = SCENARIO_STAGES_MAX * scenario->algorithm->cause_count;
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
