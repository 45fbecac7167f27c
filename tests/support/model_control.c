// SPDX-License-Identifier: GPL-2.0-or-later
// Section 3 of the model's specification: operations while I/O is in flight.
#include "tests/support/model_state.h"
#include "tests/support/model_wait.h"

#include <assert.h>
#include <stdlib.h>

struct model *model_create(const struct engine_algorithm *algorithm,
                           const struct engine_callbacks *callbacks)
{
    struct model *model = calloc(1, sizeof *model);
    assert(model != NULL);
    model->algorithm = algorithm;
    model->callbacks = *callbacks;
    return model;
}

static void delete_group(struct model *model, struct model_group *group)
{
    struct model_group **link = &model->groups;
    while (*link != group)
        link = &(*link)->next;
    *link = group->next;
    free(group);
}

void model_destroy(struct model *model)
{
    while (model->groups != NULL)
        delete_group(model, model->groups);
    while (model->members != NULL) {
        struct model_member *member = model->members;
        model->members = member->next;
        for (int d = 0; d < DIRECTION_COUNT; d++) {
            while (member->fifo[d].first != NULL)
                model_wait_forget(model_fifo_take(&member->fifo[d]).request);
        }
        while (member->held.first != NULL)
            model_wait_forget(model_fifo_take(&member->held).request);
        free(member);
    }
    free(model);
}

bool model_check(const struct engine_algorithm *algorithm,
                 const struct engine_parameters *parameters)
{
    struct model_limits limits = model_limits_initial();
    model_limits_merge(&limits, algorithm, parameters);
    return model_limits_valid(&limits);
}

static struct model_group *create_group(struct model *model, const struct model_limits *limits,
                                        bool named, int64_t now_ns)
{
    struct model_group *group = calloc(1, sizeof *group);
    assert(group != NULL);
    group->id = model->group_count++;
    group->named = named;
    group->next = model->groups;
    model->groups = group;
    model_buckets_set(&group->buckets, limits, now_ns);
    return group;
}

static struct model_member *create_member(struct model *model, enum engine_attach attach)
{
    struct model_member *member = calloc(1, sizeof *member);
    assert(member != NULL);
    member->id = model->member_count++;
    member->attach = attach;
    member->next = model->members;
    model->members = member;
    return member;
}

static void kick(struct model *model, struct model_member *m, int64_t now_ns)
{
    if (m->group == NULL)
        return;
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        if (m->timer[d].pending)
            model_timer_fires(model, m, (enum direction)d, now_ns);
        else
            model_restart(model, m, (enum direction)d, now_ns);
    }
}

static void join(struct model_member *m, struct model_group *group)
{
    model_ring_join(group, m);
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        if (group->token[d] == NULL)
            group->token[d] = m;
    }
}

static void begin_drain(struct model *model, struct model_member *m, int64_t now_ns)
{
    if (m->limits_disabled++ == 0)
        kick(model, m, now_ns);
    if (m->below != NULL)
        begin_drain(model, m->below, now_ns);
}

static void leave(struct model *model, struct model_member *m, int64_t now_ns)
{
    struct model_group *group = m->group;
    m->limits_disabled++;
    kick(model, m, now_ns);
    if (m->below != NULL)
        begin_drain(model, m->below, now_ns);
    if (m->above != NULL || m->below != NULL)
        kick(model, m, now_ns);
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        assert(m->pending[d] == 0 && !m->timer[d].pending);
        if (group->token[d] == m) {
            struct model_member *after = model_ring_after(m);
            group->token[d] = after == m ? NULL : after;
        }
    }
    model_ring_leave(m);
    for (struct model_member *each = m; each != NULL; each = each->below)
        each->limits_disabled--;
    if (group->named && group->ring_head == NULL)
        delete_group(model, group);
}

// Another throttle of the same disk, the lowest.
static struct model_member *create_stage(struct model *model, struct model_member *m,
                                         enum engine_attach attach)
{
    struct model_member *stage = create_member(model, attach);
    while (m->below != NULL)
        m = m->below;
    m->below = stage;
    stage->above = m;
    stage->detached = m->detached;
    return stage;
}

static bool has_pending(const struct model_member *m)
{
    bool any = false;
    for (; m != NULL; m = m->below)
        any |= m->pending[DIRECTION_READ] > 0 || m->pending[DIRECTION_WRITE] > 0;
    return any;
}

static enum engine_status detach(struct model *model, struct model_member *m, int64_t now_ns)
{
    if (has_pending(m))
        return ENGINE_BUSY;
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        if (m->timer[d].pending) {
            m->group->timer_armed[d] = false;
            model_schedule_next(model, m, (enum direction)d, now_ns, false);
            m->timer[d].pending = false;
        }
    }
    m->detached = true;
    return m->below != NULL ? detach(model, m->below, now_ns) : ENGINE_OK;
}

// Limits set through the group object.
static enum engine_status node_set(struct model *model, struct model_group *group,
                                   const struct engine_parameters *parameters, int64_t now_ns)
{
    struct model_limits limits = group->buckets.limits;
    model_limits_merge(&limits, model->algorithm, parameters);
    if (!model_limits_valid(&limits))
        return ENGINE_INVALID;
    model_buckets_set(&group->buckets, &limits, now_ns);
    return ENGINE_OK;
}

static enum engine_status member_join(struct model *model, struct model_member *m,
                                      const struct engine_operation *operation, int64_t now_ns)
{
    struct model_group *group = model_find_group(model, operation->node);
    if (group == NULL)
        return ENGINE_UNKNOWN_NODE;
    if (operation->parameters.given != 0) {
        struct model_limits limits = group->buckets.limits;
        model_limits_merge(&limits, model->algorithm, &operation->parameters);
        if (!model_limits_valid(&limits))
            return ENGINE_INVALID;
    }
    if (m->group != NULL && m->group != group)
        leave(model, m, now_ns);
    if (m->group == NULL)
        join(m, group);
    if (operation->parameters.given != 0)
        return node_set(model, group, &operation->parameters, now_ns);
    return ENGINE_OK;
}

// Limits set through a member.
static enum engine_status member_set(struct model *model, struct model_member *m,
                                     struct engine_operation *operation, int64_t now_ns)
{
    struct model_limits limits = model_limits_initial();
    model_limits_merge(&limits, model->algorithm, &operation->parameters);
    if (!model_limits_valid(&limits))
        return ENGINE_INVALID;
    if (!model_limits_have_average(&limits)) {
        if (m->group != NULL)
            leave(model, m, now_ns);
        return ENGINE_OK;
    }
    struct model_group *group = m->group;
    if (operation->node != ENGINE_NONE && operation->node != ENGINE_NODE_NEW) {
        group = model_find_group(model, operation->node);
        if (group == NULL)
            return ENGINE_UNKNOWN_NODE;
    }
    if (operation->node == ENGINE_NODE_NEW || group == NULL)
        group = create_group(model, &limits, true, now_ns);
    operation->node = group->id;
    if (m->group != NULL && m->group != group)
        leave(model, m, now_ns);
    if (m->group == NULL)
        join(m, group);
    model_buckets_set(&group->buckets, &limits, now_ns);
    kick(model, m, now_ns);
    return ENGINE_OK;
}

static enum engine_status node_operation(struct model *model, int64_t now_ns,
                                         struct engine_operation *operation)
{
    struct model_limits initial = model_limits_initial();
    if (operation->kind == ENGINE_NODE_CREATE) {
        if (!model_check(model->algorithm, &operation->parameters))
            return ENGINE_INVALID;
        struct model_group *created = create_group(model, &initial, false, now_ns);
        operation->node = created->id;
        return node_set(model, created, &operation->parameters, now_ns);
    }
    struct model_group *group = model_find_group(model, operation->node);
    if (group == NULL)
        return ENGINE_UNKNOWN_NODE;
    if (operation->kind == ENGINE_NODE_SET)
        return node_set(model, group, &operation->parameters, now_ns);
    if (operation->kind == ENGINE_NODE_FILL) {
        model_buckets_fill(&group->buckets, operation->fill, now_ns);
        return ENGINE_OK;
    }
    if (group->ring_head != NULL)
        return ENGINE_BUSY;
    delete_group(model, group);
    return ENGINE_OK;
}

static enum engine_status member_operation(struct model *model, int64_t now_ns,
                                           struct engine_operation *operation)
{
    struct model_member *m = model_find_member(model, operation->member);
    if (m == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    bool is_of_all = operation->kind == ENGINE_DRAIN_BEGIN || operation->kind == ENGINE_DRAIN_END ||
                     operation->kind == ENGINE_DETACH || operation->kind == ENGINE_ATTACH;
    if (is_of_all && m->above != NULL)
        return ENGINE_UNSUPPORTED;
    switch (operation->kind) {
    case ENGINE_MEMBER_JOIN:
        return member_join(model, m, operation, now_ns);
    case ENGINE_MEMBER_SET:
        return member_set(model, m, operation, now_ns);
    case ENGINE_MEMBER_LEAVE:
        if (m->group == NULL)
            return ENGINE_NOT_JOINED;
        leave(model, m, now_ns);
        return ENGINE_OK;
    case ENGINE_STAGE_CREATE:
        operation->member = create_stage(model, m, operation->attach)->id;
        return ENGINE_OK;
    case ENGINE_DRAIN_BEGIN:
        m->holds = m->holds || operation->holds;
        begin_drain(model, m, now_ns);
        return ENGINE_OK;
    case ENGINE_DRAIN_END:
        if (m->limits_disabled == 0)
            return ENGINE_NOT_DRAINED;
        model_end_drain(model, m, now_ns);
        return ENGINE_OK;
    case ENGINE_DETACH:
        if (m->held.first != NULL && !m->detached)
            return ENGINE_BUSY;
        return m->detached ? ENGINE_DETACHED : detach(model, m, now_ns);
    default:
        assert(operation->kind == ENGINE_ATTACH);
        for (; m != NULL; m = m->below)
            m->detached = false;
        return ENGINE_OK;
    }
}

enum engine_status model_control(struct model *model, int64_t now_ns,
                                 struct engine_operation *operation)
{
    model_time_passes(model, now_ns);
    switch (operation->kind) {
    case ENGINE_NODE_CREATE:
    case ENGINE_NODE_DELETE:
    case ENGINE_NODE_SET:
    case ENGINE_NODE_FILL:
        return node_operation(model, now_ns, operation);
    case ENGINE_MEMBER_CREATE:
        operation->member = create_member(model, operation->attach)->id;
        return ENGINE_OK;
    default:
        return member_operation(model, now_ns, operation);
    }
}
