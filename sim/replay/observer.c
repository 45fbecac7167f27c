// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/observer.h"

#include <stdlib.h>

bool observer_open(struct observer *observer, const struct control *control)
{
    size_t members = control->scenario->member_count;
    *observer = (struct observer){.control = control};
    observer->member_nodes = calloc(members + 1, sizeof *observer->member_nodes);
    observer->throttled_ops = calloc(members + 1, sizeof *observer->throttled_ops);
    if (observer->member_nodes == NULL || observer->throttled_ops == NULL)
        return false;
    for (size_t i = 0; i < members; i++)
        observer->member_nodes[i] = ENGINE_NONE;
    return true;
}

void observer_close(struct observer *observer)
{
    free(observer->member_nodes);
    free(observer->throttled_ops);
    free(observer->node_limits);
    *observer = (struct observer){0};
}

static uint8_t throttled_ops(const struct observer *observer, uint32_t member)
{
    enum engine_attach attach = observer->control->scenario->members[member].attach;
    unsigned ops = 0;
    for (int op = 0; op < ENGINE_OP_COUNT; op++) {
        if (observer->member_nodes[member] != ENGINE_NONE &&
            engine_direction_of(attach, (enum engine_op)op) != ENGINE_NOT_THROTTLED)
            ops |= 1u << op;
    }
    return (uint8_t)ops;
}

static struct engine_parameters initial_limits(const struct engine_algorithm *algorithm)
{
    struct engine_parameters limits = {0};
    for (size_t i = 0; i < algorithm->parameter_count; i++)
        limits.value[i] = algorithm->parameters[i].initial;
    return limits;
}

// Makes room for a node that came up, with no limits known of it. Groups of the scenario itself are
// known to the recorder.
static bool learn_node(struct observer *observer)
{
    const struct control *control = observer->control;
    const struct engine_algorithm *algorithm = control->scenario->algorithm;
    uint32_t node = observer->node_count;
    struct engine_parameters *limits =
        realloc(observer->node_limits, ((size_t)node + 1) * sizeof *limits);
    if (limits == NULL)
        return false;
    observer->node_limits = limits;
    observer->node_count++;
    limits[node] = initial_limits(algorithm);
    if (node >= control->scenario->group_count)
        report_recorder_group(observer->recorder, control->node_names[node]);
    return true;
}

// A group that is gone limits nothing.
static void look_at_limits(struct observer *observer, uint32_t node, int64_t now_ns)
{
    const struct engine_algorithm *algorithm = observer->control->scenario->algorithm;
    struct engine_parameters *known = &observer->node_limits[node];
    struct engine_parameters limits;
    if (!engine_parameters_of(observer->control->engine, node, &limits))
        limits = initial_limits(algorithm);
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        if (limits.value[i] == known->value[i])
            continue;
        report_recorder_limit(observer->recorder, now_ns, node, algorithm->parameters[i].key,
                              limits.value[i]);
        known->value[i] = limits.value[i];
    }
}

static void look_at_member(struct observer *observer, uint32_t member, int64_t now_ns)
{
    struct engine_member_gauge gauge;
    engine_member_gauge(observer->control->engine, member, &gauge);
    if (gauge.node == observer->member_nodes[member])
        return;
    observer->member_nodes[member] = gauge.node;
    observer->throttled_ops[member] = throttled_ops(observer, member);
    report_recorder_membership(observer->recorder, now_ns, member,
                               gauge.node == ENGINE_NONE ? REPORT_NONE : gauge.node);
}

static bool learn_nodes(struct observer *observer)
{
    while (observer->node_count < observer->control->node_count) {
        if (!learn_node(observer))
            return false;
    }
    return true;
}

bool observer_look(struct observer *observer, int64_t now_ns)
{
    const struct control *control = observer->control;
    if (!learn_nodes(observer))
        return false;
    for (uint32_t node = 0; node < control->node_count; node++)
        look_at_limits(observer, node, now_ns);
    for (uint32_t member = 0; member < control->scenario->member_count; member++)
        look_at_member(observer, member, now_ns);
    return true;
}

bool observer_follow(struct observer *observer, int64_t now_ns, uint32_t member, uint32_t node)
{
    if (!learn_nodes(observer))
        return false;
    uint32_t left = member == ENGINE_NONE ? ENGINE_NONE : observer->member_nodes[member];
    if (left != node && left < observer->node_count)
        look_at_limits(observer, left, now_ns);
    if (node < observer->node_count)
        look_at_limits(observer, node, now_ns);
    if (member != ENGINE_NONE)
        look_at_member(observer, member, now_ns);
    return true;
}
