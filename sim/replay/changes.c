// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/changes.h"

#include <stdlib.h>

bool changes_open(struct changes *changes, const struct control *control)
{
    size_t members = control->scenario->member_count;
    *changes = (struct changes){.control = control};
    changes->member_nodes = calloc(members + 1, sizeof *changes->member_nodes);
    changes->throttled_ops = calloc(members + 1, sizeof *changes->throttled_ops);
    if (changes->member_nodes == NULL || changes->throttled_ops == NULL)
        return false;
    for (size_t i = 0; i < members; i++)
        changes->member_nodes[i] = ENGINE_NONE;
    return true;
}

void changes_close(struct changes *changes)
{
    free(changes->member_nodes);
    free(changes->throttled_ops);
    free(changes->node_limits);
    *changes = (struct changes){0};
}

static uint8_t throttled_ops(const struct changes *changes, uint32_t member)
{
    const struct scenario *scenario = changes->control->scenario;
    enum engine_attach attach = scenario->members[member].attach;
    unsigned ops = 0;
    for (int op = 0; op < ENGINE_OP_COUNT; op++) {
        if (changes->member_nodes[member] != ENGINE_NONE &&
            engine_direction_of(scenario->algorithm, attach, (enum engine_op)op) !=
                ENGINE_NOT_THROTTLED)
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
// known to the observer.
static bool learn_node(struct changes *changes)
{
    const struct control *control = changes->control;
    const struct engine_algorithm *algorithm = control->scenario->algorithm;
    uint32_t node = changes->node_count;
    struct engine_parameters *limits =
        realloc(changes->node_limits, ((size_t)node + 1) * sizeof *limits);
    if (limits == NULL)
        return false;
    changes->node_limits = limits;
    changes->node_count++;
    limits[node] = initial_limits(algorithm);
    if (node >= control->scenario->group_count && changes->observer->group != NULL)
        changes->observer->group(changes->context, control->node_names[node]);
    return true;
}

// A group that is gone limits nothing.
static void look_at_limits(struct changes *changes, uint32_t node, int64_t now_ns)
{
    const struct engine_algorithm *algorithm = changes->control->scenario->algorithm;
    struct engine_parameters *known = &changes->node_limits[node];
    struct engine_parameters limits;
    if (!engine_parameters_of(changes->control->engine, node, &limits))
        limits = initial_limits(algorithm);
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        if (limits.value[i] == known->value[i])
            continue;
        if (changes->observer->limit != NULL)
            changes->observer->limit(changes->context, now_ns, node, algorithm->parameters[i].key,
                                     limits.value[i]);
        known->value[i] = limits.value[i];
    }
}

static void look_at_member(struct changes *changes, uint32_t member, int64_t now_ns)
{
    struct engine_member_gauge gauge;
    engine_member_gauge(changes->control->engine, member, &gauge);
    if (gauge.node == changes->member_nodes[member])
        return;
    changes->member_nodes[member] = gauge.node;
    changes->throttled_ops[member] = throttled_ops(changes, member);
    if (changes->observer->membership != NULL)
        changes->observer->membership(changes->context, now_ns, member, gauge.node);
}

static bool learn_nodes(struct changes *changes)
{
    while (changes->node_count < changes->control->node_count) {
        if (!learn_node(changes))
            return false;
    }
    return true;
}

bool changes_start(struct changes *changes, const struct replay_observer *observer, void *context)
{
    const struct control *control = changes->control;
    changes->observer = observer;
    changes->context = context;
    if (!learn_nodes(changes))
        return false;
    for (uint32_t node = 0; node < control->node_count; node++)
        look_at_limits(changes, node, 0);
    for (uint32_t member = 0; member < control->scenario->member_count; member++)
        look_at_member(changes, member, 0);
    return true;
}

bool changes_follow(struct changes *changes, int64_t now_ns, uint32_t member, uint32_t node)
{
    if (!learn_nodes(changes))
        return false;
    uint32_t left = member == ENGINE_NONE ? ENGINE_NONE : changes->member_nodes[member];
    if (left != node && left < changes->node_count)
        look_at_limits(changes, left, now_ns);
    if (node < changes->node_count)
        look_at_limits(changes, node, now_ns);
    if (member != ENGINE_NONE)
        look_at_member(changes, member, now_ns);
    return true;
}
