// SPDX-License-Identifier: GPL-2.0-or-later
// Engines without groups: operations, each whole or not at all. Whatever can fail (unknown ids,
// invalid limits, memory, what needs a group) is looked at before anything changes.
#include "engine/drive_engine.h"

#include <stdlib.h>

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
        drive_kind_of(&engine->base)->change(engine, drive, now_ns);
    else if (drive->limited)
        drive_kind_of(&engine->base)->start(engine, drive, now_ns);
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
        engine->base.nodes.entry[drive->id] = NULL;
        free(drive);
    }
}

// NULL: out of memory.
static struct drive *new_drive(struct engine *engine, const struct engine_parameters *limits,
                               bool implicit)
{
    size_t timers = ((size_t)engine->nodes.count + 1) * DIRECTION_COUNT;
    struct drive *drive = calloc(1, drive_kind_of(engine)->drive_size);
    if (drive == NULL || !timer_heap_reserve(&engine->timers, timers) ||
        !engine_entries_add(&engine->nodes, drive, &drive->id)) {
        free(drive);
        return NULL;
    }
    drive->implicit = implicit;
    drive->limits = *limits;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        timer_init(&drive->lanes[i].timer);
        drive->lanes[i].drive = drive;
    }
    return drive;
}

static enum engine_status create_drive(struct engine *engine, int64_t now_ns,
                                       struct engine_operation *operation, void *subject)
{
    (void)now_ns;
    (void)subject;
    struct engine_parameters limits;
    enum engine_status status =
        limits_whole(engine->algorithm, &operation->parameters, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    struct drive *drive = new_drive(engine, &limits, false);
    if (drive == NULL)
        return ENGINE_NO_MEMORY;
    operation->node = drive->id;
    return ENGINE_OK;
}

static enum engine_status delete_drive(struct engine *engine, int64_t now_ns,
                                       struct engine_operation *operation, void *subject)
{
    (void)now_ns;
    struct drive *drive = subject;
    if (drive->member != NULL)
        return ENGINE_BUSY;
    engine->nodes.entry[operation->node] = NULL;
    free(drive);
    return ENGINE_OK;
}

static enum engine_status set_drive(struct engine *engine, int64_t now_ns,
                                    struct engine_operation *operation, void *subject)
{
    struct drive *drive = subject;
    struct engine_parameters limits = drive->limits;
    enum engine_status status =
        limits_merge(engine->algorithm, &operation->parameters, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    drive->limits = limits;
    apply(drive_engine_of(engine), drive, now_ns);
    return ENGINE_OK;
}

static enum engine_status create_member(struct engine *engine, int64_t now_ns,
                                        struct engine_operation *operation, void *subject)
{
    (void)now_ns;
    (void)subject;
    struct drive_member *member = calloc(1, sizeof *member);
    if (member == NULL || !engine_entries_add(&engine->members, member, &operation->member)) {
        free(member);
        return ENGINE_NO_MEMORY;
    }
    member->attach = operation->attach;
    return ENGINE_OK;
}

static enum engine_status join_drive(struct engine *engine, int64_t now_ns,
                                     struct engine_operation *operation, void *subject)
{
    struct drive_member *member = subject;
    struct drive *drive = engine_entry(&engine->nodes, operation->node);
    if (drive == NULL)
        return ENGINE_UNKNOWN_NODE;
    bool is_there = member->drive == drive;
    if (!is_there && (member->drive != NULL || drive->member != NULL))
        return ENGINE_UNSUPPORTED;
    bool sets = operation->parameters.given != 0;
    if (is_there && sets && engine->algorithm->operations[ENGINE_NODE_SET] == NULL)
        return ENGINE_UNSUPPORTED;
    struct engine_parameters limits = drive->limits;
    enum engine_status status =
        limits_merge(engine->algorithm, &operation->parameters, &limits, &operation->fault);
    if (status != ENGINE_OK || (is_there && !sets))
        return status;
    drive->limits = limits;
    join(drive, member);
    apply(drive_engine_of(engine), drive, now_ns);
    return ENGINE_OK;
}

// The drive that ENGINE_MEMBER_SET is about: a member stays at its drive.
static enum engine_status target_drive(struct engine *engine, const struct drive_member *member,
                                       uint32_t node, const struct engine_parameters *limits,
                                       struct drive **drive)
{
    bool is_id = node != ENGINE_NONE && node != ENGINE_NODE_NEW;
    *drive = is_id ? engine_entry(&engine->nodes, node) : NULL;
    if (is_id && *drive == NULL)
        return ENGINE_UNKNOWN_NODE;
    if (node == ENGINE_NONE)
        *drive = member->drive;
    if (member->drive != *drive && (member->drive != NULL || (*drive)->member != NULL))
        return ENGINE_UNSUPPORTED;
    if (*drive == NULL)
        *drive = new_drive(engine, limits, true);
    return *drive == NULL ? ENGINE_NO_MEMORY : ENGINE_OK;
}

static enum engine_status set_member(struct engine *engine, int64_t now_ns,
                                     struct engine_operation *operation, void *subject)
{
    struct drive_member *member = subject;
    struct engine_parameters limits;
    enum engine_status status =
        limits_whole(engine->algorithm, &operation->parameters, &limits, &operation->fault);
    if (status != ENGINE_OK)
        return status;
    if (limits_are_off(&limits)) {
        operation->node = ENGINE_NONE;
        if (member->drive != NULL)
            leave(drive_engine_of(engine), member, now_ns);
        return ENGINE_OK;
    }
    struct drive *drive;
    status = target_drive(engine, member, operation->node, &limits, &drive);
    if (status != ENGINE_OK)
        return status;
    operation->node = drive->id;
    drive->limits = limits;
    join(drive, member);
    apply(drive_engine_of(engine), drive, now_ns);
    return ENGINE_OK;
}

static enum engine_status fill_drive(struct engine *engine, int64_t now_ns,
                                     struct engine_operation *operation, void *subject)
{
    struct drive *drive = subject;
    if (drive->limited)
        drive_kind_of(engine)->fill(drive, now_ns, operation->fill);
    return ENGINE_OK;
}

#define OPERATIONS                                                                                 \
    [ENGINE_NODE_CREATE] = create_drive, [ENGINE_NODE_DELETE] = delete_drive,                      \
    [ENGINE_MEMBER_CREATE] = create_member, [ENGINE_MEMBER_JOIN] = join_drive

#define CHANGES OPERATIONS, [ENGINE_NODE_SET] = set_drive, [ENGINE_MEMBER_SET] = set_member

engine_operate *const drive_engine_fixed_operations[ENGINE_OPERATION_COUNT] = {OPERATIONS};
engine_operate *const drive_engine_operations[ENGINE_OPERATION_COUNT] = {CHANGES};
engine_operate *const drive_engine_filled_operations[ENGINE_OPERATION_COUNT] = {
    CHANGES,
    [ENGINE_NODE_FILL] = fill_drive,
};

void drive_engine_node_free(void *node)
{
    free(node);
}
