// SPDX-License-Identifier: GPL-2.0-or-later
// Views of the throttle-group engine. They change nothing, not even by leaking: the instants at
// which buckets leak are part of the algorithm, since doubles round.
#include "engine/throttle_group.h"

void throttle_group_parameters_of(const void *node, struct engine_parameters *parameters)
{
    limits_of(&((const struct group *)node)->buckets, parameters);
}

void throttle_group_node_gauge(const struct engine *engine, const void *node, int64_t now_ns,
                               struct engine_node_gauge *gauge)
{
    (void)engine;
    const struct group *group = node;
    gauge->members = group->ring.count[RING_TAKEN];
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        gauge->waiting[i] = group->waiting[i];
        gauge->token[i] = group->token[i] == NULL ? ENGINE_NONE : group->token[i]->id;
        gauge->timer_armed[i] = group->timer_armed[i];
    }
    limits_gauge(&group->buckets, now_ns, gauge);
}

void throttle_group_member_gauge(const struct engine *engine, const void *subject,
                                 struct engine_member_gauge *gauge)
{
    const struct member *member = subject;
    gauge->node = member->group == NULL ? ENGINE_NONE : member->group->id;
    gauge->limits_disabled = member->limits_disabled;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        const struct flow *flow = &member->flows[i];
        gauge->waiting[i] = flow->waiting;
        gauge->pending[i] = flow->pending;
        gauge->timer_pending[i] = timer_is_pending(&flow->timer);
        gauge->deadline_ns[i] = timer_deadline_ns(&engine->timers, &flow->timer);
    }
}
