// SPDX-License-Identifier: GPL-2.0-or-later
// Operations on members: made, joining, leaving, moving, drained, limits set through them.
//
// Whatever can fail (unknown ids, invalid limits, memory) is done before anything changes.
#include "engine/pointer_array.h"
#include "engine/throttle_group.h"

#include <assert.h>
#include <stdlib.h>

enum engine_status throttle_group_member_create(struct throttle_groups *groups, int64_t now_ns,
                                                struct engine_operation *operation)
{
    (void)now_ns;
    struct member **array = pointer_array_with_room(groups->members, groups->member_count);
    if (array == NULL)
        return ENGINE_NO_MEMORY;
    groups->members = array;
    size_t timers = ((size_t)groups->member_count + 1) * DIRECTION_COUNT;
    if (!timer_heap_reserve(&groups->timers, timers))
        return ENGINE_NO_MEMORY;
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL)
        return ENGINE_NO_MEMORY;
    member->id = groups->member_count;
    member->attach = operation->attach;
    member->attached = true;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        member->flows[i].member = member;
        member->flows[i].direction = (enum direction)i;
        member->flows[i].wait =
            (struct head_wait){.cause = CAUSE_TURN, .deadline_ns = ENGINE_NEVER};
        timer_init(&member->flows[i].timer);
    }
    groups->members[groups->member_count++] = member;
    operation->member = member->id;
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

static void leave(struct throttle_groups *groups, struct member *member, int64_t now_ns)
{
    struct group *group = member->group;
    member->limits_disabled++;
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
    member->limits_disabled--;
    if (group->implicit && group->ring.count[RING_TAKEN] == 0)
        throttle_group_node_free(groups, group);
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

enum engine_status throttle_group_member_join(struct throttle_groups *groups, int64_t now_ns,
                                              struct engine_operation *operation)
{
    struct member *member = throttle_groups_member(groups, operation->member);
    struct group *group = throttle_groups_node(groups, operation->node);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    if (group == NULL)
        return ENGINE_UNKNOWN_NODE;
    struct engine_parameters limits;
    enum engine_status status = throttle_group_check_merged(group, operation, &limits);
    if (status != ENGINE_OK)
        return status;
    if (!member_ring_reserve(&group->ring))
        return ENGINE_NO_MEMORY;
    move(groups, member, group, now_ns);
    if (operation->parameters.given != 0)
        throttle_group_set_limits(group, &limits, now_ns);
    return ENGINE_OK;
}

enum engine_status throttle_group_member_leave(struct throttle_groups *groups, int64_t now_ns,
                                               struct engine_operation *operation)
{
    struct member *member = throttle_groups_member(groups, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    if (member->group == NULL)
        return ENGINE_NOT_JOINED;
    leave(groups, member, now_ns);
    return ENGINE_OK;
}

// The group that ENGINE_MEMBER_SET is about, with room for the member.
static enum engine_status target_group(struct throttle_groups *groups, struct member *member,
                                       uint32_t node, struct group **group)
{
    if (node == ENGINE_NODE_NEW || (node == ENGINE_NONE && member->group == NULL)) {
        *group = throttle_group_node_new(groups, true);
        return *group == NULL ? ENGINE_NO_MEMORY : ENGINE_OK;
    }
    *group = node == ENGINE_NONE ? member->group : throttle_groups_node(groups, node);
    if (*group == NULL)
        return ENGINE_UNKNOWN_NODE;
    return member_ring_reserve(&(*group)->ring) ? ENGINE_OK : ENGINE_NO_MEMORY;
}

enum engine_status throttle_group_member_set(struct throttle_groups *groups, int64_t now_ns,
                                             struct engine_operation *operation)
{
    struct member *member = throttle_groups_member(groups, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    struct engine_parameters limits = operation->parameters;
    limits_complete(&limits);
    enum engine_status status = limits_check(&limits, &operation->fault);
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
    throttle_group_set_limits(group, &limits, now_ns);
    throttle_group_kick(groups, member, now_ns);
    return ENGINE_OK;
}

enum engine_status throttle_group_drain_begin(struct throttle_groups *groups, int64_t now_ns,
                                              struct engine_operation *operation)
{
    struct member *member = throttle_groups_member(groups, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    if (member->limits_disabled++ == 0 && member->group != NULL)
        throttle_group_kick(groups, member, now_ns);
    return ENGINE_OK;
}

enum engine_status throttle_group_drain_end(struct throttle_groups *groups, int64_t now_ns,
                                            struct engine_operation *operation)
{
    (void)now_ns;
    struct member *member = throttle_groups_member(groups, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    if (member->limits_disabled == 0)
        return ENGINE_NOT_DRAINED;
    member->limits_disabled--;
    return ENGINE_OK;
}

enum engine_status throttle_group_detach(struct throttle_groups *groups, int64_t now_ns,
                                         struct engine_operation *operation)
{
    struct member *member = throttle_groups_member(groups, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    if (!member->attached)
        return ENGINE_DETACHED;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        if (member->flows[i].pending > 0)
            return ENGINE_BUSY;
    }
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        struct flow *flow = &member->flows[i];
        if (!timer_is_pending(&flow->timer))
            continue;
        timer_heap_cancel(&groups->timers, &flow->timer);
        throttle_group_timer_gone(flow, now_ns);
        throttle_group_schedule_next(groups, flow, now_ns, false);
    }
    member->attached = false;
    return ENGINE_OK;
}

enum engine_status throttle_group_attach(struct throttle_groups *groups, int64_t now_ns,
                                         struct engine_operation *operation)
{
    (void)now_ns;
    struct member *member = throttle_groups_member(groups, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    member->attached = true;
    return ENGINE_OK;
}
