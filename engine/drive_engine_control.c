// SPDX-License-Identifier: GPL-2.0-or-later
// Engines without groups: set-up and operations, each whole or not at all. Whatever can fail
// (unknown ids, invalid limits, memory, what needs a group) is looked at before anything changes.
#include "engine/drive_engine.h"
#include "engine/pointer_array.h"

#include <assert.h>
#include <stdlib.h>

struct engine *drive_engine_create(const struct drive_kind *kind)
{
    struct drive_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->kind = kind;
    return &engine->base;
}

void drive_engine_destroy(struct engine *base)
{
    struct drive_engine *engine = drive_engine_of(base);
    for (uint32_t i = 0; i < engine->drive_count; i++)
        free(engine->drives[i]);
    for (uint32_t i = 0; i < engine->member_count; i++)
        free(engine->members[i]);
    free(engine->drives);
    free(engine->members);
    timer_heap_free(&engine->timers);
    free(engine);
}

// The whole set that these parameters stand for (missing: initial).
static struct engine_parameters whole(const struct drive_kind *kind,
                                      const struct engine_parameters *parameters)
{
    struct engine_parameters limits = *parameters;
    limits.given &= limits_mask(kind->rules.row_count);
    limits_complete(&limits);
    return limits;
}

enum engine_status drive_engine_check(const struct drive_kind *kind,
                                      const struct engine_parameters *parameters,
                                      struct engine_fault *fault)
{
    struct engine_parameters limits = whole(kind, parameters);
    return limits_check_by(&kind->rules, &limits, fault);
}

// What the drive's limits are once the operation's given ones replace theirs, if that is valid.
static enum engine_status check_merged(const struct drive_kind *kind, const struct drive *drive,
                                       struct engine_operation *operation,
                                       struct engine_parameters *merged)
{
    struct engine_parameters given = operation->parameters;
    given.given &= limits_mask(kind->rules.row_count);
    *merged = drive->limits;
    limits_merge(merged, &given);
    return limits_check_by(&kind->rules, merged, &operation->fault);
}

static void let_all_leave(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        struct drive_lane *lane = &drive->lanes[i];
        drive_lane_cancel(engine, lane);
        struct engine_request *request;
        while ((request = drive_lane_pop(engine, lane, now_ns)) != NULL)
            drive_engine_pass(engine, now_ns, request);
    }
}

// To be called when the drive's limits or its member have changed.
static void apply(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    bool was_limited = drive->limited;
    drive->limited = drive->member != NULL && !limits_are_off(&drive->limits);
    if (drive->limited && was_limited)
        engine->kind->change(engine, drive, now_ns);
    else if (drive->limited)
        engine->kind->start(engine, drive, now_ns);
    else
        let_all_leave(engine, drive, now_ns);
}

static void join(struct drive *drive, struct drive_member *member)
{
    drive->member = member;
    member->drive = drive;
}

static void leave(struct drive_engine *engine, struct drive_member *member, int64_t now_ns)
{
    struct drive *drive = member->drive;
    let_all_leave(engine, drive, now_ns);
    drive->limited = false;
    drive->member = NULL;
    member->drive = NULL;
    if (drive->implicit) {
        engine->drives[drive->id] = NULL;
        free(drive);
    }
}

// NULL: out of memory.
static struct drive *drive_new(struct drive_engine *engine, const struct engine_parameters *limits,
                               bool implicit)
{
    struct drive **array = pointer_array_with_room(engine->drives, engine->drive_count);
    if (array == NULL)
        return NULL;
    engine->drives = array;
    size_t timers = ((size_t)engine->drive_count + 1) * DIRECTION_COUNT;
    if (!timer_heap_reserve(&engine->timers, timers))
        return NULL;
    struct drive *drive = calloc(1, engine->kind->drive_size);
    if (drive == NULL)
        return NULL;
    drive->id = engine->drive_count;
    drive->implicit = implicit;
    drive->limits = *limits;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        timer_init(&drive->lanes[i].timer);
        drive->lanes[i].drive = drive;
    }
    engine->drives[engine->drive_count++] = drive;
    return drive;
}

static enum engine_status node_create(struct drive_engine *engine, int64_t now_ns,
                                      struct engine_operation *operation)
{
    (void)now_ns;
    struct engine_parameters limits = whole(engine->kind, &operation->parameters);
    enum engine_status status = limits_check_by(&engine->kind->rules, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    struct drive *drive = drive_new(engine, &limits, false);
    if (drive == NULL)
        return ENGINE_NO_MEMORY;
    operation->node = drive->id;
    return ENGINE_OK;
}

static enum engine_status node_delete(struct drive_engine *engine, int64_t now_ns,
                                      struct engine_operation *operation)
{
    (void)now_ns;
    struct drive *drive = drive_engine_node(engine, operation->node);
    if (drive == NULL)
        return ENGINE_UNKNOWN_NODE;
    if (drive->member != NULL)
        return ENGINE_BUSY;
    engine->drives[drive->id] = NULL;
    free(drive);
    return ENGINE_OK;
}

static enum engine_status node_set(struct drive_engine *engine, int64_t now_ns,
                                   struct engine_operation *operation)
{
    struct drive *drive = drive_engine_node(engine, operation->node);
    if (drive == NULL)
        return ENGINE_UNKNOWN_NODE;
    struct engine_parameters limits;
    enum engine_status status = check_merged(engine->kind, drive, operation, &limits);
    if (status != ENGINE_OK)
        return status;
    drive->limits = limits;
    apply(engine, drive, now_ns);
    return ENGINE_OK;
}

static enum engine_status member_create(struct drive_engine *engine, int64_t now_ns,
                                        struct engine_operation *operation)
{
    (void)now_ns;
    struct drive_member **array = pointer_array_with_room(engine->members, engine->member_count);
    if (array == NULL)
        return ENGINE_NO_MEMORY;
    engine->members = array;
    struct drive_member *member = calloc(1, sizeof *member);
    if (member == NULL)
        return ENGINE_NO_MEMORY;
    member->id = engine->member_count;
    member->attach = operation->attach;
    engine->members[engine->member_count++] = member;
    operation->member = member->id;
    return ENGINE_OK;
}

static bool can_change_limits(const struct drive_engine *engine)
{
    return (engine->base.algorithm->operations & ENGINE_OPERATION_BIT(ENGINE_NODE_SET)) != 0;
}

static enum engine_status member_join(struct drive_engine *engine, int64_t now_ns,
                                      struct engine_operation *operation)
{
    struct drive_member *member = drive_engine_member(engine, operation->member);
    struct drive *drive = drive_engine_node(engine, operation->node);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    if (drive == NULL)
        return ENGINE_UNKNOWN_NODE;
    bool is_there = member->drive == drive;
    if (!is_there && (member->drive != NULL || drive->member != NULL))
        return ENGINE_UNSUPPORTED;
    bool sets = operation->parameters.given != 0;
    if (is_there && sets && !can_change_limits(engine))
        return ENGINE_UNSUPPORTED;
    struct engine_parameters limits;
    enum engine_status status = check_merged(engine->kind, drive, operation, &limits);
    if (status != ENGINE_OK || (is_there && !sets))
        return status;
    drive->limits = limits;
    join(drive, member);
    apply(engine, drive, now_ns);
    return ENGINE_OK;
}

// The drive that ENGINE_MEMBER_SET is about: a member stays at its drive.
static enum engine_status target_drive(struct drive_engine *engine,
                                       const struct drive_member *member, uint32_t node,
                                       const struct engine_parameters *limits, struct drive **drive)
{
    bool is_id = node != ENGINE_NONE && node != ENGINE_NODE_NEW;
    *drive = is_id ? drive_engine_node(engine, node) : NULL;
    if (is_id && *drive == NULL)
        return ENGINE_UNKNOWN_NODE;
    if (node == ENGINE_NONE)
        *drive = member->drive;
    if (member->drive != *drive && (member->drive != NULL || (*drive)->member != NULL))
        return ENGINE_UNSUPPORTED;
    if (*drive == NULL)
        *drive = drive_new(engine, limits, true);
    return *drive == NULL ? ENGINE_NO_MEMORY : ENGINE_OK;
}

static enum engine_status member_set(struct drive_engine *engine, int64_t now_ns,
                                     struct engine_operation *operation)
{
    struct drive_member *member = drive_engine_member(engine, operation->member);
    if (member == NULL)
        return ENGINE_UNKNOWN_MEMBER;
    struct engine_parameters limits = whole(engine->kind, &operation->parameters);
    enum engine_status status = limits_check_by(&engine->kind->rules, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    if (limits_are_off(&limits)) {
        operation->node = ENGINE_NONE;
        if (member->drive != NULL)
            leave(engine, member, now_ns);
        return ENGINE_OK;
    }
    struct drive *drive;
    status = target_drive(engine, member, operation->node, &limits, &drive);
    if (status != ENGINE_OK)
        return status;
    operation->node = drive->id;
    drive->limits = limits;
    join(drive, member);
    apply(engine, drive, now_ns);
    return ENGINE_OK;
}

enum engine_status drive_engine_control(struct engine *base, int64_t now_ns,
                                        struct engine_operation *operation)
{
    static enum engine_status (*const functions[ENGINE_OPERATION_COUNT])(
        struct drive_engine * engine, int64_t now_ns, struct engine_operation * operation) = {
        [ENGINE_NODE_CREATE] = node_create, [ENGINE_NODE_DELETE] = node_delete,
        [ENGINE_NODE_SET] = node_set,       [ENGINE_MEMBER_CREATE] = member_create,
        [ENGINE_MEMBER_JOIN] = member_join, [ENGINE_MEMBER_SET] = member_set,
    };
    assert(functions[operation->kind] != NULL);
    return functions[operation->kind](drive_engine_of(base), now_ns, operation);
}
