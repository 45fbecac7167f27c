// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/control.h"

#include "sim/base/suggest.h"
#include "sim/scenario/scenario_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Remembers the name of a node that the engine has just made.
static bool name_node(struct control *control, uint32_t node, const char *name)
{
    if (node < control->node_count)
        return true;
    const char **names =
        realloc(control->node_names, ((size_t)node + 1) * sizeof *control->node_names);
    if (names == NULL)
        return false;
    control->node_names = names;
    control->node_names[node] = name;
    control->node_count = node + 1;
    return names_set(&control->nodes, name, node);
}

static uint32_t find_node(const struct control *control, const char *name)
{
    struct engine_parameters unused;
    uint32_t node = names_find(&control->nodes, name);
    return engine_parameters_of(control->engine, node, &unused) ? node : ENGINE_NONE;
}

// What engine_control found wrong with the limits of "group" or "member" NAME.
static bool refuse_limits(const struct scenario *scenario, const char *what, const char *name,
                          struct sim_place place, const struct engine_operation *refused,
                          struct sim_error *error)
{
    char text[LIMITS_TEXT_MESSAGE_MAX];
    limits_text_fault(scenario->algorithm, LIMITS_TEXT_NEW_GROUP, &refused->parameters,
                      &refused->fault, text);
    return sim_fail(error, SIM_BAD_INPUT, "%s:%zu:%zu: limits of %s '%s': %s", scenario->name,
                    place.line, place.column, what, name, text);
}

static bool set_up_groups(struct control *control, struct sim_error *error)
{
    const struct scenario *scenario = control->scenario;
    for (size_t i = 0; i < scenario->group_count; i++) {
        const struct scenario_group *group = &scenario->groups[i];
        struct engine_operation create = {
            .kind = ENGINE_NODE_CREATE,
            .parent = ENGINE_NONE,
            .parameters = group->limits,
        };
        enum engine_status status = engine_control(control->engine, 0, &create);
        if (status == ENGINE_INVALID)
            return refuse_limits(scenario, "group", group->name, group->place, &create, error);
        if (status != ENGINE_OK)
            return sim_fail(error, SIM_FAILED, "group '%s': %s", group->name,
                            engine_status_text(status));
        if (!name_node(control, create.node, group->name))
            return sim_fail_memory(error);
    }
    return true;
}

uint32_t control_throttle(const struct control *control, uint32_t member, uint32_t stage)
{
    uint32_t top = control->scenario->members[member].upper_count;
    return stage == top ? member : control->below[member] + top - 1 - stage;
}

// Those below the topmost are in the order of their members.
uint32_t control_member(const struct control *control, uint32_t throttle)
{
    uint32_t first = 0, end = (uint32_t)control->scenario->member_count;
    if (throttle < end)
        return throttle;
    while (end - first > 1) {
        uint32_t middle = first + (end - first) / 2;
        if (control->below[middle] <= throttle)
            first = middle;
        else
            end = middle;
    }
    return first;
}

static bool create_throttle(struct control *control, enum engine_operation_kind kind,
                            uint32_t member, enum engine_attach attach, struct sim_error *error)
{
    struct engine_operation create = {.kind = kind, .member = member, .attach = attach};
    enum engine_status status = engine_control(control->engine, 0, &create);
    control->throttle_count++;
    return status == ENGINE_OK ||
           sim_fail(error, SIM_FAILED, "member '%s': %s", control->scenario->members[member].name,
                    engine_status_text(status));
}

static bool create_members(struct control *control, struct sim_error *error)
{
    const struct scenario *scenario = control->scenario;
    bool ok = true, has_several = false;
    for (uint32_t i = 0; ok && i < scenario->member_count; i++) {
        ok = create_throttle(control, ENGINE_MEMBER_CREATE, i,
                             scenario_engine_attach(&scenario->members[i]), error);
        has_several |= scenario->members[i].upper_count > 0;
    }
    if (!ok || !has_several)
        return ok;
    control->below = calloc(scenario->member_count, sizeof *control->below);
    if (control->below == NULL)
        return sim_fail_memory(error);
    for (uint32_t i = 0; ok && i < scenario->member_count; i++) {
        control->below[i] = control->throttle_count;
        for (uint32_t k = 0; ok && k < scenario->members[i].upper_count; k++)
            ok = create_throttle(control, ENGINE_STAGE_CREATE, i,
                                 scenario_filter_attach(&scenario->members[i]), error);
    }
    return ok;
}

// QEMU opens what is below first.
static bool join_groups(struct control *control, uint32_t number, struct sim_error *error)
{
    const struct scenario *scenario = control->scenario;
    const struct scenario_member *member = &scenario->members[number];
    enum engine_status status = ENGINE_OK;
    struct engine_operation join = {.kind = ENGINE_MEMBER_JOIN, .parameters = member->limits};
    for (uint32_t stage = 0; status == ENGINE_OK && stage <= member->upper_count; stage++) {
        join.member = control_throttle(control, number, stage);
        join.node = scenario_stage_group(member, stage);
        if (join.node != SCENARIO_NONE)
            status = engine_control(control->engine, 0, &join);
    }
    if (status == ENGINE_INVALID)
        return refuse_limits(scenario, "member", member->name, member->place, &join, error);
    return status == ENGINE_OK ||
           sim_fail(error, SIM_FAILED, "member '%s': %s", member->name, engine_status_text(status));
}

// Once all limits of the start are in force: to set them empties the buckets.
static bool fill_groups(struct control *control, struct sim_error *error)
{
    const struct scenario *scenario = control->scenario;
    for (size_t i = 0; i < scenario->group_count; i++) {
        const struct fraction *levels = &scenario->groups[i].levels;
        struct engine_operation fill = {.kind = ENGINE_NODE_FILL, .node = (uint32_t)i};
        if (levels->numerator == 0)
            continue;
        fill.fill = (double)levels->numerator / (double)levels->denominator;
        enum engine_status status = engine_control(control->engine, 0, &fill);
        if (status != ENGINE_OK)
            return sim_fail(error, SIM_FAILED, "levels of group '%s': %s", scenario->groups[i].name,
                            engine_status_text(status));
    }
    return true;
}

bool control_open(struct control *control, const struct scenario *scenario,
                  const struct engine_callbacks *callbacks, struct sim_error *error)
{
    *control = (struct control){.scenario = scenario, .qemu = scenario->qemu};
    control->engine = engine_create(scenario->algorithm, callbacks);
    if (control->engine == NULL)
        return sim_fail_memory(error);
    if (!set_up_groups(control, error))
        return false;
    if (!create_members(control, error))
        return false;
    for (uint32_t i = 0; i < scenario->member_count; i++) {
        if (!join_groups(control, i, error))
            return false;
    }
    return fill_groups(control, error);
}

void control_close(struct control *control)
{
    engine_destroy(control->engine);
    free(control->node_names);
    free(control->below);
    names_free(&control->nodes);
    *control = (struct control){0};
}

// block_set_io_throttle names its group, or means the one the member is in, or one with the
// member's own name. A group that is not there is made.
static uint32_t throttle_target(const struct control *control, const struct scenario_event *event,
                                const char **name)
{
    struct engine_member_gauge gauge;
    engine_member_gauge(control->engine, event->member, &gauge);
    *name = event->group;
    if (event->group == NULL) {
        if (gauge.node != ENGINE_NONE)
            return gauge.node;
        *name = control->scenario->members[event->member].name;
    }
    uint32_t node = find_node(control, *name);
    return node == ENGINE_NONE ? ENGINE_NODE_NEW : node;
}

// What an event does besides draining; ENGINE_OPERATION_COUNT: nothing.
static enum engine_operation_kind operation_of(const struct control *control,
                                               const struct scenario_event *event)
{
    static const enum engine_operation_kind kinds[SCENARIO_EVENT_COUNT] = {
        [SCENARIO_QOM_SET] = ENGINE_NODE_SET,
        [SCENARIO_BLOCK_SET_IO_THROTTLE] = ENGINE_MEMBER_SET,
        [SCENARIO_DRAINED_BEGIN] = ENGINE_DRAIN_BEGIN,
        [SCENARIO_DRAINED_END] = ENGINE_DRAIN_END,
        [SCENARIO_LEAVE] = ENGINE_MEMBER_LEAVE,
        [SCENARIO_JOIN] = ENGINE_MEMBER_JOIN,
        [SCENARIO_BLOCKDEV_ADD] = ENGINE_MEMBER_JOIN,
        [SCENARIO_BLOCKDEV_REOPEN] = ENGINE_MEMBER_JOIN,
        [SCENARIO_BLOCKDEV_DEL] = ENGINE_MEMBER_LEAVE,
    };
    struct engine_member_gauge gauge = {.node = ENGINE_NONE};
    bool is_command = event->kind > SCENARIO_DRAIN_ALL, is_done = event->kind < SCENARIO_DRAIN_ALL;
    if (is_command && event->kind == SCENARIO_BLOCKDEV_DEL) {
        engine_member_gauge(control->engine, event->member, &gauge);
        is_done = event->member != SCENARIO_NONE && gauge.node != ENGINE_NONE;
    } else if (is_command) {
        is_done = event->group != NULL;
    }
    return is_done ? kinds[event->kind] : ENGINE_OPERATION_COUNT;
}

static enum engine_status operate(struct control *control, int64_t now_ns,
                                  const struct scenario_event *event, struct engine_operation *done)
{
    const char *name = event->group;
    *done = (struct engine_operation){
        .node = name == NULL ? ENGINE_NONE : find_node(control, name),
        .member = event->member,
        .parameters = event->limits,
        .kind = operation_of(control, event),
        .holds = event->arrivals_pass == 0 && control->qemu >= SCENARIO_QEMU(4, 2),
    };
    if (done->kind == ENGINE_OPERATION_COUNT)
        return ENGINE_OK;
    if (event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE)
        done->node = throttle_target(control, event, &name);
    enum engine_status status = engine_control(control->engine, now_ns, done);
    bool made = status == ENGINE_OK && event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE &&
                done->node != ENGINE_NONE;
    if (made && !name_node(control, done->node, name))
        return ENGINE_NO_MEMORY;
    return status;
}

// Begins, or ends, the drains that an event makes, in the order of the members; before QEMU 8.0
// those of drives come first.
static enum engine_status drain(struct control *control, int64_t now_ns,
                                const struct scenario_event *event, enum engine_operation_kind kind)
{
    const struct scenario *scenario = control->scenario;
    bool in_order = control->qemu >= SCENARIO_QEMU(8, 0);
    uint32_t count = (uint32_t)scenario->member_count;
    enum engine_status status = ENGINE_OK;
    if (scenario_event_drains(event->kind, control->qemu) == SCENARIO_DRAINS_NONE)
        return ENGINE_OK;
    for (uint32_t i = in_order ? count : 0; i < 2 * count && status == ENGINE_OK; i++) {
        const struct scenario_member *member = &scenario->members[i % count];
        bool is_first = member->attach == ENGINE_DRIVE && member->upper_count == 0;
        struct engine_operation operation = {.kind = kind, .member = i % count};
        if (scenario_event_drains_member(event, control->qemu, i % count) &&
            (in_order || is_first == (i < count)))
            status = engine_control(control->engine, now_ns, &operation);
    }
    return status;
}

enum engine_status control_apply(struct control *control, int64_t now_ns,
                                 const struct scenario_event *event, struct engine_operation *done)
{
    *done = (struct engine_operation){.member = event->member, .node = ENGINE_NONE};
    enum engine_status begun = drain(control, now_ns, event, ENGINE_DRAIN_BEGIN);
    if (begun != ENGINE_OK)
        return begun;
    enum engine_status status = operate(control, now_ns, event, done);
    enum engine_status ended = drain(control, now_ns, event, ENGINE_DRAIN_END);
    return status == ENGINE_OK ? ended : status;
}

void control_describe(const struct control *control, const struct scenario_event *event, char *text,
                      size_t size)
{
    bool has_member = event->member != SCENARIO_NONE;
    const char *member = has_member ? control->scenario->members[event->member].name : "";
    snprintf(text, size, "%s%s%s%s%s", scenario_event_name(event->kind), has_member ? " " : "",
             member, event->group == NULL ? "" : " ", event->group == NULL ? "" : event->group);
}

void control_refusal(const struct control *control, const struct scenario_event *event,
                     enum engine_status status, const struct engine_operation *done, char *text,
                     size_t size)
{
    const struct scenario *scenario = control->scenario;
    char detail[LIMITS_TEXT_MESSAGE_MAX];
    if (status == ENGINE_INVALID) {
        limits_text_fault(scenario->algorithm, LIMITS_TEXT_QOM_SET, &event->limits, &done->fault,
                          detail);
        snprintf(text, size, "%s", detail);
    } else if (status == ENGINE_UNKNOWN_NODE) {
        char hint[128];
        snprintf(text, size, "there is no group '%.64s' then%s", event->group,
                 suggest(event->group, scenario_group_at, scenario, hint, sizeof hint));
    } else {
        snprintf(text, size, "%s", engine_status_text(status));
    }
}

static void no_dispatch(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    (void)context;
    (void)request;
    (void)wait_ns;
}

// Which of its throttles such an event of a member with several would mean, nobody can know.
static bool is_clear(const struct scenario *scenario, const struct scenario_event *event,
                     struct sim_error *error)
{
    const struct scenario_member *member = &scenario->members[event->member];
    bool is_set = event->kind == SCENARIO_BLOCK_SET_IO_THROTTLE;
    bool is_of_one = is_set || event->kind == SCENARIO_LEAVE || event->kind == SCENARIO_JOIN;
    if (!is_of_one || member->upper_count == 0 || (is_set && member->attach == ENGINE_DRIVE))
        return true;
    return sim_fail(
        error, SIM_BAD_INPUT, "%s:%zu:%zu: %s: '%s' has several throttles; %s", scenario->name,
        event->place.line, event->place.column, scenario_event_name(event->kind), member->name,
        is_set ? "with 'attach: drive' this would be about the topmost, but all of them "
                 "are filters: use qom-set"
               : "only members with one can leave or join");
}

// Does the event once. If it cannot work it is left out, *keep is false, provided that it is the
// engine which cannot do it or, leniently, that something was left out before, which the event may
// have needed.
static bool rehearse(struct scenario *scenario, struct control *control,
                     const struct scenario_event *event, bool *keep, struct sim_error *error)
{
    struct engine_operation done;
    char what[256], why[512];
    if (!is_clear(scenario, event, error))
        return false;
    enum engine_status status = control_apply(control, event->at_ns, event, &done);
    if (status == ENGINE_OK)
        return true;
    if (status == ENGINE_NO_MEMORY)
        return sim_fail_memory(error);
    control_describe(control, event, what, sizeof what);
    if (status == ENGINE_UNSUPPORTED)
        snprintf(why, sizeof why, "engine '%s' cannot do that", scenario->algorithm->name);
    else
        control_refusal(control, event, status, &done, why, sizeof why);
    if (status != ENGINE_UNSUPPORTED && scenario->notice_count == 0)
        return sim_fail(error, SIM_BAD_INPUT, "%s:%zu:%zu: %s: %s", scenario->name,
                        event->place.line, event->place.column, what, why);
    *keep =
        !scenario_leave_out(scenario, event->place, error, "it is left out", "%s: %s", what, why);
    return !*keep;
}

bool scenario_check(struct scenario *scenario, struct sim_error *error)
{
    struct control control;
    struct engine_callbacks callbacks = {.dispatch = no_dispatch};
    bool ok = control_open(&control, scenario, &callbacks, error);
    size_t kept = 0;
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        bool keep = true;
        ok = ok && rehearse(scenario, &control, event, &keep, error);
        if (keep)
            scenario->events[kept++] = *event;
        else
            free(event->group);
    }
    scenario->event_count = kept;
    control_close(&control);
    return ok;
}
