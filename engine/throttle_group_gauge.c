// SPDX-License-Identifier: GPL-2.0-or-later
// Views of the throttle-group engine. They change nothing, not even by leaking: the instants at
// which buckets leak are part of the algorithm, since doubles round.
#include "engine/throttle_group.h"

static const struct throttle_groups *groups_of(const struct engine *engine)
{
    return (const struct throttle_groups *)engine;
}

bool throttle_group_parameters_of(const struct engine *engine, uint32_t node,
                                  struct engine_parameters *parameters)
{
    const struct group *group = throttle_groups_node(groups_of(engine), node);
    if (group == NULL)
        return false;
    limits_of(&group->buckets, parameters);
    return true;
}

bool throttle_group_node_gauge(const struct engine *engine, uint32_t node, int64_t now_ns,
                               struct engine_node_gauge *gauge)
{
    const struct group *group = throttle_groups_node(groups_of(engine), node);
    if (group == NULL)
        return false;
    *gauge = (struct engine_node_gauge){.members = group->ring.count[RING_TAKEN]};
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        gauge->waiting[i] = group->waiting[i];
        gauge->token[i] = group->token[i] == NULL ? ENGINE_NONE : group->token[i]->id;
        gauge->timer_armed[i] = group->timer_armed[i];
    }
    limits_gauge(&group->buckets, now_ns, gauge);
    return true;
}

bool throttle_group_member_gauge(const struct engine *engine, uint32_t id,
                                 struct engine_member_gauge *gauge)
{
    const struct throttle_groups *groups = groups_of(engine);
    const struct member *member = throttle_groups_member(groups, id);
    if (member == NULL)
        return false;
    *gauge = (struct engine_member_gauge){
        .node = member->group == NULL ? ENGINE_NONE : member->group->id,
        .limits_disabled = member->limits_disabled,
    };
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        const struct flow *flow = &member->flows[i];
        gauge->waiting[i] = flow->waiting;
        gauge->pending[i] = flow->pending;
        gauge->timer_pending[i] = timer_is_pending(&flow->timer);
        gauge->deadline_ns[i] = gauge->timer_pending[i]
                                    ? groups->timers.slots[flow->timer.index].deadline_ns
                                    : ENGINE_NEVER;
    }
    return true;
}
