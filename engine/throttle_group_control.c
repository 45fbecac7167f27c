// SPDX-License-Identifier: GPL-2.0-or-later
// Operations of the throttle-group engine, each whole or not at all.
//
// Whatever can fail (unknown ids, invalid limits, memory) is done before anything changes.
//
// Source: section 3 of the specification, docs/model.md.
#include "engine/throttle_group.h"

#include <assert.h>
#include <stdlib.h>

// ---- Groups ----

// All levels become 0. Armed timers stay as they are.
static void set_limits(struct group *group, const struct engine_parameters *limits, int64_t now_ns)
{
    limits_apply(limits, &group->buckets);
    leaky_buckets_reset(&group->buckets, now_ns);
}

// What the group's limits are once the operation's given ones replace theirs, if that is valid.
static enum engine_status check_merged(const struct group *group,
                                       struct engine_operation *operation,
                                       struct engine_parameters *merged)
{
    limits_of(&group->buckets, merged);
    return limits_merge(&throttle_group_algorithm, &operation->parameters, merged,
                        &operation->fault);
}

static void free_group(void *node)
{
    member_ring_free(&((struct group *)node)->ring);
    free(node);
}

// A group without limits, with room for one member. NULL: out of memory.
static struct group *new_group(struct engine *engine, bool implicit)
{
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return NULL;
    if (!member_ring_reserve(&group->ring) ||
        !engine_entries_add(&engine->nodes, group, &group->id)) {
        free_group(group);
        return NULL;
    }
    leaky_buckets_set_up(&group->buckets);
    group->implicit = implicit;
    return group;
}

static void drop_group(struct engine *engine, struct group *group)
{
    engine->nodes.entry[group->id] = NULL;
    free_group(group);
}

static enum engine_status create_group(struct engine *engine, int64_t now_ns,
                                       struct engine_operation *operation, void *subject)
{
    (void)subject;
    struct engine_parameters limits;
    enum engine_status status =
        limits_whole(&throttle_group_algorithm, &operation->parameters, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    struct group *group = new_group(engine, false);
    if (group == NULL)
        return ENGINE_NO_MEMORY;
    set_limits(group, &limits, now_ns);
    operation->node = group->id;
    return ENGINE_OK;
}

static enum engine_status delete_group(struct engine *engine, int64_t now_ns,
                                       struct engine_operation *operation, void *subject)
{
    (void)now_ns;
    (void)operation;
    struct group *group = subject;
    if (group->ring.count[RING_TAKEN] > 0)
        return ENGINE_BUSY;
    drop_group(engine, group);
    return ENGINE_OK;
}

static enum engine_status set_group(struct engine *engine, int64_t now_ns,
                                    struct engine_operation *operation, void *subject)
{
    (void)engine;
    struct group *group = subject;
    struct engine_parameters limits;
    enum engine_status status = check_merged(group, operation, &limits);
    if (status == ENGINE_OK)
        set_limits(group, &limits, now_ns);
    return status;
}

// Armed timers stay as they are.
static enum engine_status fill_group(struct engine *engine, int64_t now_ns,
                                     struct engine_operation *operation, void *subject)
{
    (void)engine;
    leaky_buckets_fill(&((struct group *)subject)->buckets, operation->fill, now_ns);
    return ENGINE_OK;
}

// ---- Members ----

static enum engine_status create_member(struct engine *engine, int64_t now_ns,
                                        struct engine_operation *operation, void *subject)
{
    (void)now_ns;
    (void)subject;
    size_t timers = ((size_t)engine->members.count + 1) * DIRECTION_COUNT;
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL || !timer_heap_reserve(&engine->timers, timers) ||
        !engine_entries_add(&engine->members, member, &member->id)) {
        free(member);
        return ENGINE_NO_MEMORY;
    }
    member->attach = operation->attach;
    member->attached = true;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        member->flows[i].member = member;
        member->flows[i].direction = (enum direction)i;
        member->flows[i].fifo = (struct fifo){.cause = CAUSE_TURN, .deadline_ns = ENGINE_NEVER};
        timer_init(&member->flows[i].timer);
    }
    operation->member = member->id;
    return ENGINE_OK;
}

static enum engine_status create_stage(struct engine *engine, int64_t now_ns,
                                       struct engine_operation *operation, void *subject)
{
    struct member *lowest = subject;
    enum engine_status status = create_member(engine, now_ns, operation, NULL);
    if (status != ENGINE_OK)
        return status;
    while (lowest->below != NULL)
        lowest = lowest->below;
    struct member *stage = engine->members.entry[operation->member];
    stage->is_below = stage->is_stacked = lowest->is_stacked = true;
    stage->attached = lowest->attached;
    lowest->below = stage;
    return ENGINE_OK;
}

// Room in the ring has been reserved.
static void join(struct group *group, struct member *member)
{
    member->group = group;
    member_ring_insert(&group->ring, &member->ring);
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        if (group->token[i] == NULL)
            group->token[i] = member;
    }
}

// The throttle's limits are off, and of those below it, from above.
static void drain(struct throttle_groups *groups, struct member *member, int64_t now_ns)
{
    for (; member != NULL; member = member->below) {
        if (member->limits_disabled++ == 0 && member->group != NULL)
            throttle_group_kick(groups, member, now_ns);
    }
}

static void end_drains(struct member *member)
{
    for (; member != NULL; member = member->below)
        member->limits_disabled--;
}

static void leave(struct throttle_groups *groups, struct member *member, int64_t now_ns)
{
    struct group *group = member->group;
    member->limits_disabled++;
    throttle_group_kick(groups, member, now_ns);
    drain(groups, member->below, now_ns);
    // Another throttle of the same disk, if it is in this group, may have given it the turn.
    if (member->is_stacked)
        throttle_group_kick(groups, member, now_ns);
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        assert(member->flows[i].pending == 0 && !timer_is_pending(&member->flows[i].timer));
        if (group->token[i] != member)
            continue;
        struct ring_node *next = member_ring_next(&group->ring, RING_TAKEN, &member->ring);
        group->token[i] = next == &member->ring ? NULL : (struct member *)next;
    }
    member_ring_remove(&group->ring, &member->ring);
    member->group = NULL;
    end_drains(member);
    if (group->implicit && group->ring.count[RING_TAKEN] == 0)
        drop_group(&groups->base, group);
}

// Room in the group's ring has been reserved.
static void move(struct throttle_groups *groups, struct member *member, struct group *group,
                 int64_t now_ns)
{
    if (member->group == group)
        return;
    if (member->group != NULL)
        leave(groups, member, now_ns);
    join(group, member);
}

static enum engine_status join_group(struct engine *engine, int64_t now_ns,
                                     struct engine_operation *operation, void *subject)
{
    struct throttle_groups *groups = throttle_groups_of(engine);
    struct member *member = subject;
    struct group *group = engine_entry(&engine->nodes, operation->node);
    if (group == NULL)
        return ENGINE_UNKNOWN_NODE;
    struct engine_parameters limits;
    enum engine_status status = check_merged(group, operation, &limits);
    if (status != ENGINE_OK)
        return status;
    if (!member_ring_reserve(&group->ring))
        return ENGINE_NO_MEMORY;
    move(groups, member, group, now_ns);
    if (operation->parameters.given != 0)
        set_limits(group, &limits, now_ns);
    return ENGINE_OK;
}

static enum engine_status leave_group(struct engine *engine, int64_t now_ns,
                                      struct engine_operation *operation, void *subject)
{
    (void)operation;
    struct member *member = subject;
    if (member->group == NULL)
        return ENGINE_NOT_JOINED;
    leave(throttle_groups_of(engine), member, now_ns);
    return ENGINE_OK;
}

// The group that ENGINE_MEMBER_SET is about, with room for the member.
static enum engine_status target_group(struct throttle_groups *groups, struct member *member,
                                       uint32_t node, struct group **group)
{
    if (node == ENGINE_NODE_NEW || (node == ENGINE_NONE && member->group == NULL)) {
        *group = new_group(&groups->base, true);
        return *group == NULL ? ENGINE_NO_MEMORY : ENGINE_OK;
    }
    *group = node == ENGINE_NONE ? member->group : engine_entry(&groups->base.nodes, node);
    if (*group == NULL)
        return ENGINE_UNKNOWN_NODE;
    return member_ring_reserve(&(*group)->ring) ? ENGINE_OK : ENGINE_NO_MEMORY;
}

static enum engine_status set_member(struct engine *engine, int64_t now_ns,
                                     struct engine_operation *operation, void *subject)
{
    struct throttle_groups *groups = throttle_groups_of(engine);
    struct member *member = subject;
    struct engine_parameters limits;
    enum engine_status status =
        limits_whole(&throttle_group_algorithm, &operation->parameters, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    if (limits_are_off(&limits)) {
        operation->node = ENGINE_NONE;
        if (member->group != NULL)
            leave(groups, member, now_ns);
        return ENGINE_OK;
    }
    struct group *group;
    status = target_group(groups, member, operation->node, &group);
    if (status != ENGINE_OK)
        return status;
    operation->node = group->id;
    move(groups, member, group, now_ns);
    set_limits(group, &limits, now_ns);
    throttle_group_kick(groups, member, now_ns);
    return ENGINE_OK;
}

static enum engine_status begin_drain(struct engine *engine, int64_t now_ns,
                                      struct engine_operation *operation, void *subject)
{
    struct member *member = subject;
    if (member->is_below)
        return ENGINE_UNSUPPORTED;
    member->holds |= operation->holds;
    drain(throttle_groups_of(engine), member, now_ns);
    return ENGINE_OK;
}

static enum engine_status end_drain(struct engine *engine, int64_t now_ns,
                                    struct engine_operation *operation, void *subject)
{
    (void)operation;
    struct member *member = subject;
    if (member->is_below)
        return ENGINE_UNSUPPORTED;
    if (member->limits_disabled == 0)
        return ENGINE_NOT_DRAINED;
    end_drains(member);
    if (member->limits_disabled == 0)
        throttle_group_release(throttle_groups_of(engine), member, now_ns);
    return ENGINE_OK;
}

static void detach_throttle(struct throttle_groups *groups, struct member *member, int64_t now_ns)
{
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        struct flow *flow = &member->flows[i];
        if (!timer_is_pending(&flow->timer))
            continue;
        timer_heap_cancel(&groups->base.timers, &flow->timer);
        throttle_group_timer_gone(flow, now_ns);
        throttle_group_schedule_next(groups, flow, now_ns, false);
    }
    member->attached = false;
}

static enum engine_status detach(struct engine *engine, int64_t now_ns,
                                 struct engine_operation *operation, void *subject)
{
    (void)operation;
    struct member *member = subject;
    if (member->is_below)
        return ENGINE_UNSUPPORTED;
    if (!member->attached)
        return ENGINE_DETACHED;
    if (member->held.head != NULL)
        return ENGINE_BUSY;
    for (; member != NULL; member = member->below) {
        for (int i = 0; i < DIRECTION_COUNT; i++) {
            if (member->flows[i].pending > 0)
                return ENGINE_BUSY;
        }
    }
    for (member = subject; member != NULL; member = member->below)
        detach_throttle(throttle_groups_of(engine), member, now_ns);
    return ENGINE_OK;
}

static enum engine_status attach(struct engine *engine, int64_t now_ns,
                                 struct engine_operation *operation, void *subject)
{
    (void)engine;
    (void)operation;
    (void)now_ns;
    struct member *member = subject;
    if (member->is_below)
        return ENGINE_UNSUPPORTED;
    for (; member != NULL; member = member->below)
        member->attached = true;
    return ENGINE_OK;
}

static engine_operate *const operations[ENGINE_OPERATION_COUNT] = {
    [ENGINE_NODE_CREATE] = create_group,
    [ENGINE_NODE_DELETE] = delete_group,
    [ENGINE_NODE_SET] = set_group,
    [ENGINE_NODE_FILL] = fill_group,
    [ENGINE_MEMBER_CREATE] = create_member,
    [ENGINE_STAGE_CREATE] = create_stage,
    [ENGINE_MEMBER_JOIN] = join_group,
    [ENGINE_MEMBER_LEAVE] = leave_group,
    [ENGINE_MEMBER_SET] = set_member,
    [ENGINE_DRAIN_BEGIN] = begin_drain,
    [ENGINE_DRAIN_END] = end_drain,
    [ENGINE_DETACH] = detach,
    [ENGINE_ATTACH] = attach,
};

static const struct limit_rules rules = {
    .total_excludes_rest = true,
    .max_is_rate = true,
};

const struct engine_algorithm throttle_group_algorithm = {
    .name = "throttle-group",
    .help = "throttle groups, as in QEMU since 2.4",
    LIMIT_TABLES(LIMIT_COUNT),
    .has_groups = true,
    .own = &rules,
    .engine_size = sizeof(struct throttle_groups),
    .operations = operations,
    .submit = throttle_group_submit,
    .fire = throttle_group_fire,
    .node_free = free_group,
    .node_gauge = throttle_group_node_gauge,
    .member_gauge = throttle_group_member_gauge,
    .parameters_of = throttle_group_parameters_of,
    .facts = limits_facts,
};
