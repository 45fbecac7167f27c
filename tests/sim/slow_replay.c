// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/slow_replay.h"

#include "sim/replay/stalls.h"
#include "tests/support/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GROUPS_MAX 64

struct slow {
    const struct scenario *scenario;
    struct model *model;
    const char *groups[GROUPS_MAX]; // names, by the model's numbers
    uint32_t group_count;
    struct slow_request *requests;
    size_t count;
    size_t next_request;
    size_t next_event;
    int64_t now_ns;
    struct stalls stalls;
};

static void on_dispatch(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    (void)wait_ns;
    const struct slow *slow = context;
    ((struct slow_request *)request)->dispatch_ns = slow->now_ns;
}

// A group that is gone has left its name to the next.
static uint32_t find_group(const struct slow *slow, const char *name)
{
    uint32_t found = ENGINE_NONE;
    struct engine_parameters unused;
    for (uint32_t i = 0; i < slow->group_count; i++) {
        if (strcmp(slow->groups[i], name) == 0 && model_parameters_of(slow->model, i, &unused))
            found = i;
    }
    return found;
}

static enum engine_status control(struct slow *slow, struct engine_operation *operation,
                                  const char *name)
{
    enum engine_status status = model_control(slow->model, slow->now_ns, operation);
    if (status == ENGINE_OK && name != NULL && operation->node == slow->group_count) {
        assert_true(slow->group_count < GROUPS_MAX);
        slow->groups[slow->group_count++] = name;
    }
    return status;
}

static enum engine_attach filter_of(const struct scenario_member *member)
{
    return member->discard == SCENARIO_DISCARD_IGNORE ? ENGINE_FILTER_IGNORES : ENGINE_FILTER;
}

// Its throttles from the lowest on, of which the topmost has the member's number.
static void join(struct slow *slow, const struct scenario_member *member, uint32_t number)
{
    uint32_t throttles[SCENARIO_STAGES_MAX];
    throttles[member->upper_count] = number;
    for (uint32_t stage = member->upper_count; stage-- > 0;) {
        struct engine_operation create = {
            .kind = ENGINE_STAGE_CREATE, .member = number, .attach = filter_of(member)};
        assert_int_equal(control(slow, &create, NULL), ENGINE_OK);
        throttles[stage] = create.member;
    }
    for (uint32_t stage = 0; stage <= member->upper_count && member->group != SCENARIO_NONE;
         stage++) {
        struct engine_operation into = {
            .kind = ENGINE_MEMBER_JOIN,
            .member = throttles[stage],
            .node = stage == 0 ? member->group : member->upper[stage - 1],
            .parameters = member->limits,
        };
        assert_int_equal(control(slow, &into, NULL), ENGINE_OK);
    }
}

static void set_up(struct slow *slow)
{
    const struct scenario *scenario = slow->scenario;
    for (size_t i = 0; i < scenario->group_count; i++) {
        struct engine_operation operation = {
            .kind = ENGINE_NODE_CREATE,
            .parent = ENGINE_NONE,
            .parameters = scenario->groups[i].limits,
        };
        assert_int_equal(control(slow, &operation, scenario->groups[i].name), ENGINE_OK);
    }
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        struct engine_operation create = {
            .kind = ENGINE_MEMBER_CREATE,
            .attach = member->attach == ENGINE_DRIVE ? ENGINE_DRIVE : filter_of(member),
        };
        assert_int_equal(control(slow, &create, NULL), ENGINE_OK);
    }
    for (uint32_t i = 0; i < scenario->member_count; i++)
        join(slow, &scenario->members[i], i);
    for (uint32_t i = 0; i < scenario->group_count; i++) {
        const struct fraction *levels = &scenario->groups[i].levels;
        struct engine_operation fill = {.kind = ENGINE_NODE_FILL, .node = i};
        if (levels->numerator == 0)
            continue;
        fill.fill = (double)levels->numerator / (double)levels->denominator;
        assert_int_equal(control(slow, &fill, NULL), ENGINE_OK);
    }
}

static void block_set_io_throttle(struct slow *slow, const struct scenario_event *event)
{
    struct engine_member_gauge gauge;
    assert_true(model_member_gauge(slow->model, event->member, &gauge));
    const char *name = event->group;
    if (name == NULL && gauge.node == ENGINE_NONE)
        name = slow->scenario->members[event->member].name;
    struct engine_operation operation = {
        .kind = ENGINE_MEMBER_SET,
        .member = event->member,
        .node = name == NULL ? gauge.node : find_group(slow, name),
        .parameters = event->limits,
    };
    if (operation.node == ENGINE_NONE)
        operation.node = ENGINE_NODE_NEW;
    assert_int_equal(control(slow, &operation, name), ENGINE_OK);
}

// What an event does besides draining.
static void act(struct slow *slow, const struct scenario_event *event)
{
    static const enum engine_operation_kind kinds[SCENARIO_EVENT_COUNT] = {
        [SCENARIO_QOM_SET] = ENGINE_NODE_SET,
        [SCENARIO_JOIN] = ENGINE_MEMBER_JOIN,
        [SCENARIO_DRAINED_BEGIN] = ENGINE_DRAIN_BEGIN,
        [SCENARIO_DRAINED_END] = ENGINE_DRAIN_END,
        [SCENARIO_LEAVE] = ENGINE_MEMBER_LEAVE,
        [SCENARIO_BLOCKDEV_ADD] = ENGINE_MEMBER_JOIN,
        [SCENARIO_BLOCKDEV_REOPEN] = ENGINE_MEMBER_JOIN,
        [SCENARIO_BLOCKDEV_DEL] = ENGINE_MEMBER_LEAVE,
    };
    struct engine_operation operation = {
        .kind = kinds[event->kind],
        .member = event->member,
        .node = event->group == NULL ? ENGINE_NONE : find_group(slow, event->group),
        .parameters = event->limits,
        .holds = !event->arrivals_pass,
    };
    enum engine_status status = control(slow, &operation, NULL);
    // The disk that goes may be in no group.
    assert_true(status == ENGINE_OK ||
                (event->kind == SCENARIO_BLOCKDEV_DEL && status == ENGINE_NOT_JOINED));
}

// Of the commands, by name: all disks, or the one, or since QEMU 8.0 all.
static bool drains(const struct scenario *scenario, const struct scenario_event *event,
                   uint32_t member)
{
    static const char *const always[] = {"drain_all", "stop", "migrate", "blockdev-snapshot",
                                         "blockdev-backup"};
    static const char *const own[] = {"block_resize", "blockdev-reopen"};
    static const char *const since[] = {"block_resize", "blockdev-reopen", "blockdev-add",
                                        "blockdev-del", "blockdev-mirror"};
    const char *name = scenario_event_name(event->kind);
    bool found = false;
    for (size_t i = 0; i < 5; i++)
        found |= strcmp(name, always[i]) == 0 ||
                 (scenario->qemu >= 800 && strcmp(name, since[i]) == 0) ||
                 (i < 2 && member == event->member && strcmp(name, own[i]) == 0);
    return found;
}

static void drain(struct slow *slow, const struct scenario_event *event,
                  enum engine_operation_kind kind)
{
    // What sits on a drive alone is drained first, by QEMUs before 8.0.
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; i < slow->scenario->member_count; i++) {
            const struct scenario_member *member = &slow->scenario->members[i];
            struct engine_operation operation = {.kind = kind, .member = i};
            bool is_early = slow->scenario->qemu < 800 && member->attach == ENGINE_DRIVE &&
                            member->upper_count == 0;
            if (drains(slow->scenario, event, i) && is_early == (turn == 0))
                assert_int_equal(control(slow, &operation, NULL), ENGINE_OK);
        }
    }
}

static void operate(struct slow *slow, const struct scenario_event *event)
{
    bool is_named = event->group != NULL || event->kind == SCENARIO_BLOCKDEV_DEL;
    drain(slow, event, ENGINE_DRAIN_BEGIN);
    if (event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE)
        block_set_io_throttle(slow, event);
    else if (event->kind < SCENARIO_DRAIN_ALL || (event->member != SCENARIO_NONE && is_named))
        act(slow, event);
    drain(slow, event, ENGINE_DRAIN_END);
}

// When the loop wakes for the model's next deadline, if nothing else wakes it before.
static int64_t wake_ns(const struct slow *slow)
{
    int64_t deadline_ns = model_next_deadline(slow->model);
    int64_t step_ns = slow->scenario->timer_granularity_ns;
    if (deadline_ns == ENGINE_NEVER)
        return INT64_MAX;
    if (deadline_ns <= slow->now_ns)
        return slow->now_ns;
    if (step_ns == 0)
        return deadline_ns;
    int64_t steps = (deadline_ns - slow->now_ns) / step_ns;
    int64_t wake_ns = slow->now_ns + steps * step_ns;
    return wake_ns == deadline_ns ? wake_ns : wake_ns + step_ns;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// When it completes, once it has left. A discard that a filter ignores is done at once.
static int64_t end_of(const struct slow *slow, const struct slow_request *request)
{
    const struct scenario_member *member = &slow->scenario->members[request->engine.member];
    bool is_ignored = request->engine.op == ENGINE_DISCARD && member->attach == ENGINE_FILTER &&
                      member->discard == SCENARIO_DISCARD_IGNORE;
    return request->dispatch_ns + (is_ignored ? 0 : slow->scenario->device.latency_ns);
}

static int64_t next_completion(const struct slow *slow)
{
    int64_t next_ns = INT64_MAX;
    for (size_t i = 0; i < slow->next_request; i++) {
        const struct slow_request *request = &slow->requests[i];
        if (request->dispatch_ns != SLOW_NOT_YET && request->complete_ns == SLOW_NOT_YET)
            next_ns = earlier(next_ns, end_of(slow, request));
    }
    return next_ns;
}

static void complete_due(struct slow *slow, int64_t due_ns)
{
    for (size_t i = 0; i < slow->next_request; i++) {
        struct slow_request *request = &slow->requests[i];
        if (request->dispatch_ns != SLOW_NOT_YET && request->complete_ns == SLOW_NOT_YET &&
            end_of(slow, request) == due_ns)
            request->complete_ns = slow->now_ns;
    }
}

static int64_t next_event(const struct slow *slow)
{
    bool has_event = slow->next_event < slow->scenario->event_count;
    return has_event ? slow->scenario->events[slow->next_event].at_ns : INT64_MAX;
}

static int64_t next_request(const struct slow *slow)
{
    return slow->next_request < slow->count ? slow->requests[slow->next_request].arrival_ns
                                            : INT64_MAX;
}

// What came at due_ns is looked at now.
static void do_next(struct slow *slow, int64_t due_ns, bool are_timers_before)
{
    if (next_completion(slow) == due_ns)
        complete_due(slow, due_ns);
    else if (are_timers_before && model_next_deadline(slow->model) <= slow->now_ns)
        model_fire(slow->model, slow->now_ns);
    else if (next_event(slow) == due_ns)
        operate(slow, &slow->scenario->events[slow->next_event++]);
    else
        model_submit(slow->model, slow->now_ns, &slow->requests[slow->next_request++].engine);
}

// False: nothing is left to happen by the end.
static bool step(struct slow *slow)
{
    int64_t other_ns =
        earlier(earlier(next_event(slow), next_request(slow)), next_completion(slow));
    int64_t time_ns = earlier(other_ns, wake_ns(slow));
    if (time_ns == INT64_MAX)
        return false;
    while (time_ns > slow->stalls.end_ns)
        stalls_next(&slow->stalls, time_ns);
    bool is_stalled = slow->stalls.start_ns <= time_ns && time_ns < slow->stalls.end_ns;
    int64_t until_ns = is_stalled ? slow->stalls.end_ns : time_ns;
    if (until_ns > slow->scenario->end_ns)
        return false;
    slow->now_ns = until_ns;
    if (!is_stalled)
        do_next(slow, time_ns, true);
    else if (other_ns < until_ns)
        do_next(slow, other_ns, false);
    else
        model_fire(slow->model, until_ns);
    return true;
}

void slow_replay(const struct scenario *scenario, struct slow_request *requests, size_t count)
{
    struct slow slow = {.scenario = scenario, .requests = requests, .count = count};
    struct engine_callbacks callbacks = {.dispatch = on_dispatch, .context = &slow};
    slow.model = model_create(scenario->algorithm, &callbacks);
    assert_non_null(slow.model);
    for (size_t i = 0; i < count; i++)
        requests[i].dispatch_ns = requests[i].complete_ns = SLOW_NOT_YET;
    stalls_open(&slow.stalls, &scenario->stalls);
    set_up(&slow);
    while (step(&slow))
        continue;
    model_destroy(slow.model);
}
