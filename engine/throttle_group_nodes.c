// SPDX-License-Identifier: GPL-2.0-or-later
// Operations on groups: made, deleted, limits set through the group object.
#include "engine/pointer_array.h"
#include "engine/throttle_group.h"

#include <stdlib.h>

void throttle_group_set_limits(struct group *group, const struct engine_parameters *limits,
                               int64_t now_ns)
{
    limits_apply(limits, &group->buckets);
    leaky_buckets_reset(&group->buckets, now_ns);
}

enum engine_status throttle_group_check_merged(const struct group *group,
                                               struct engine_operation *operation,
                                               struct engine_parameters *merged)
{
    limits_of(&group->buckets, merged);
    limits_merge(merged, &operation->parameters);
    return limits_check(merged, &operation->fault);
}

struct group *throttle_group_node_new(struct throttle_groups *groups, bool implicit)
{
    struct group **array = pointer_array_with_room(groups->groups, groups->group_count);
    if (array == NULL)
        return NULL;
    groups->groups = array;
    struct group *group = calloc(1, sizeof *group);
    if (group == NULL || !member_ring_reserve(&group->ring)) {
        free(group);
        return NULL;
    }
    leaky_buckets_set_up(&group->buckets);
    group->id = groups->group_count;
    group->implicit = implicit;
    groups->groups[groups->group_count++] = group;
    return group;
}

void throttle_group_node_free(struct throttle_groups *groups, struct group *group)
{
    groups->groups[group->id] = NULL;
    member_ring_free(&group->ring);
    free(group);
}

enum engine_status throttle_group_node_create(struct throttle_groups *groups, int64_t now_ns,
                                              struct engine_operation *operation)
{
    struct engine_parameters limits = operation->parameters;
    limits_complete(&limits);
    enum engine_status status = limits_check(&limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    struct group *group = throttle_group_node_new(groups, false);
    if (group == NULL)
        return ENGINE_NO_MEMORY;
    throttle_group_set_limits(group, &limits, now_ns);
    operation->node = group->id;
    return ENGINE_OK;
}

enum engine_status throttle_group_node_delete(struct throttle_groups *groups, int64_t now_ns,
                                              struct engine_operation *operation)
{
    (void)now_ns;
    struct group *group = throttle_groups_node(groups, operation->node);
    if (group == NULL)
        return ENGINE_UNKNOWN_NODE;
    if (group->ring.count[RING_TAKEN] > 0)
        return ENGINE_BUSY;
    throttle_group_node_free(groups, group);
    return ENGINE_OK;
}

enum engine_status throttle_group_node_set(struct throttle_groups *groups, int64_t now_ns,
                                           struct engine_operation *operation)
{
    struct group *group = throttle_groups_node(groups, operation->node);
    if (group == NULL)
        return ENGINE_UNKNOWN_NODE;
    struct engine_parameters limits;
    enum engine_status status = throttle_group_check_merged(group, operation, &limits);
    if (status == ENGINE_OK)
        throttle_group_set_limits(group, &limits, now_ns);
    return status;
}
