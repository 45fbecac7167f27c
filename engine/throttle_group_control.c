// SPDX-License-Identifier: GPL-2.0-or-later
// Operations of the throttle-group engine: each whole or not at all. Whatever can fail (unknown
// ids, invalid limits, memory) is done before anything changes.
//
// Source: section 3 of the specification, docs/model.md.
#include "engine/throttle_group.h"

#include <assert.h>
#include <stdlib.h>

struct engine *throttle_group_create(const struct engine_callbacks *callbacks)
{
    (void)callbacks;
    struct throttle_groups *groups = calloc(1, sizeof *groups);
    return groups == NULL ? NULL : &groups->base;
}

void throttle_group_destroy(struct engine *engine)
{
    struct throttle_groups *groups = throttle_groups_of(engine);
    for (uint32_t i = 0; i < groups->group_count; i++) {
        if (groups->groups[i] != NULL)
            throttle_group_node_free(groups, groups->groups[i]);
    }
    for (uint32_t i = 0; i < groups->member_count; i++)
        free(groups->members[i]);
    free(groups->groups);
    free(groups->members);
    timer_heap_free(&groups->timers);
    free(groups);
}

enum engine_status throttle_group_check(const struct engine_parameters *parameters,
                                        struct engine_fault *fault)
{
    struct engine_parameters limits = *parameters;
    limits_complete(&limits);
    return limits_check(&limits, fault);
}

enum engine_status throttle_group_control(struct engine *engine, int64_t now_ns,
                                          struct engine_operation *operation)
{
    static throttle_group_operation *const functions[ENGINE_OPERATION_COUNT] = {
        [ENGINE_NODE_CREATE] = throttle_group_node_create,
        [ENGINE_NODE_DELETE] = throttle_group_node_delete,
        [ENGINE_NODE_SET] = throttle_group_node_set,
        [ENGINE_MEMBER_CREATE] = throttle_group_member_create,
        [ENGINE_MEMBER_JOIN] = throttle_group_member_join,
        [ENGINE_MEMBER_LEAVE] = throttle_group_member_leave,
        [ENGINE_MEMBER_SET] = throttle_group_member_set,
        [ENGINE_DRAIN_BEGIN] = throttle_group_drain_begin,
        [ENGINE_DRAIN_END] = throttle_group_drain_end,
        [ENGINE_DETACH] = throttle_group_detach,
        [ENGINE_ATTACH] = throttle_group_attach,
    };
    return functions[operation->kind](throttle_groups_of(engine), now_ns, operation);
}
