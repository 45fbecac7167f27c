// SPDX-License-Identifier: GPL-2.0-or-later
// Views of the model's state.
#include "tests/support/model_state.h"

bool model_node_gauge(const struct model *model, uint32_t node, int64_t now_ns,
                      struct engine_node_gauge *gauge)
{
    const struct model_group *group = model_find_group(model, node);
    if (group == NULL)
        return false;
    *gauge = (struct engine_node_gauge){.members = 0};
    for (const struct model_member *m = group->ring_head; m != NULL; m = m->ring_after) {
        gauge->members++;
        for (int d = 0; d < DIRECTION_COUNT; d++)
            gauge->waiting[d] += m->fifo[d].count;
    }
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        gauge->token[d] = group->token[d] == NULL ? ENGINE_NONE : group->token[d]->id;
        gauge->timer_armed[d] = group->timer_armed[d];
    }
    struct model_buckets buckets = group->buckets;
    model_buckets_leak(&buckets, now_ns);
    gauge->bucket_count = model_buckets_list(&buckets, gauge->bucket);
    return true;
}

bool model_member_gauge(const struct model *model, uint32_t member,
                        struct engine_member_gauge *gauge)
{
    const struct model_member *m = model_find_member(model, member);
    if (m == NULL)
        return false;
    *gauge = (struct engine_member_gauge){
        .node = m->group == NULL ? ENGINE_NONE : m->group->id,
        .limits_disabled = m->limits_disabled,
    };
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        gauge->waiting[d] = m->fifo[d].count;
        gauge->pending[d] = m->pending[d];
        gauge->timer_pending[d] = m->timer[d].pending;
        gauge->deadline_ns[d] = m->timer[d].pending ? m->timer[d].deadline_ns : ENGINE_NEVER;
    }
    return true;
}

bool model_parameters_of(const struct model *model, uint32_t node,
                         struct engine_parameters *parameters)
{
    const struct model_group *group = model_find_group(model, node);
    if (group == NULL)
        return false;
    model_limits_list(&group->buckets.limits, model->algorithm, parameters);
    return true;
}
