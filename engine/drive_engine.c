// SPDX-License-Identifier: GPL-2.0-or-later
// Engines without groups: requests, timers and views.
#include "engine/drive_engine.h"

#include <assert.h>

void drive_engine_pass(struct drive_engine *engine, int64_t now_ns, struct engine_request *request)
{
    engine->waiting--;
    engine_hand_over(&engine->base, now_ns, request, engine->wait_ns);
}

void drive_lane_push(struct drive_lane *lane, int64_t now_ns, struct engine_request *request)
{
    if (lane->fifo.head == NULL)
        wait_becomes_head(&lane->wait, request, now_ns);
    request_queue_push(&lane->fifo, request);
    lane->drive->waiting[drive_direction_of(lane->drive, request)]++;
}

struct engine_request *drive_lane_pop(struct drive_engine *engine, struct drive_lane *lane,
                                      int64_t now_ns)
{
    struct engine_request *request = request_queue_pop(&lane->fifo);
    if (request == NULL)
        return NULL;
    wait_leaves_head(&lane->wait, lane->fifo.head, now_ns, engine->wait_ns);
    lane->drive->waiting[drive_direction_of(lane->drive, request)]--;
    return request;
}

void drive_lane_arm(struct drive_engine *engine, struct drive_lane *lane, int64_t now_ns,
                    int64_t wait_ns, int cause)
{
    int64_t deadline_ns = drive_add_ns(now_ns, wait_ns);
    timer_heap_arm(&engine->timers, &lane->timer, deadline_ns);
    wait_for(&lane->wait, now_ns, cause, deadline_ns);
}

void drive_lane_cancel(struct drive_engine *engine, struct drive_lane *lane)
{
    if (timer_is_pending(&lane->timer))
        timer_heap_cancel(&engine->timers, &lane->timer);
}

void drive_engine_submit(struct engine *base, int64_t now_ns, struct engine_request *request)
{
    struct drive_engine *engine = drive_engine_of(base);
    assert(request->member < engine->member_count);
    const struct drive_member *member = engine->members[request->member];
    enum direction direction = limit_direction_of[member->attach][request->op];
    engine->waiting++;
    if (member->drive == NULL || !member->drive->limited || direction == ENGINE_NOT_THROTTLED)
        drive_engine_pass(engine, now_ns, request);
    else
        engine->kind->arrive(engine, member->drive, now_ns, request, direction);
}

void drive_engine_complete(struct engine *base, int64_t now_ns, struct engine_request *request)
{
    (void)now_ns;
    struct drive_engine *engine = drive_engine_of(base);
    assert(request->member < engine->member_count);
    const struct drive_member *member = engine->members[request->member];
    enum direction direction = limit_direction_of[member->attach][request->op];
    if (member->drive != NULL && member->drive->limited && direction != ENGINE_NOT_THROTTLED)
        engine->kind->complete(member->drive, direction, request->bytes);
}

int64_t drive_engine_next_deadline(const struct engine *base)
{
    return timer_heap_deadline(&((const struct drive_engine *)base)->timers);
}

void drive_engine_fire(struct engine *base, int64_t now_ns)
{
    struct drive_engine *engine = drive_engine_of(base);
    while (timer_heap_deadline(&engine->timers) <= now_ns &&
           timer_heap_deadline(&engine->timers) != ENGINE_NEVER)
        engine->kind->fire(engine, (struct drive_lane *)timer_heap_take(&engine->timers), now_ns);
}

uint64_t drive_engine_waiting(const struct engine *base)
{
    return ((const struct drive_engine *)base)->waiting;
}

static const struct drive_lane *lane_of(const struct drive_engine *engine,
                                        const struct drive *drive, int direction)
{
    return &drive->lanes[engine->kind->one_lane ? 0 : direction];
}

bool drive_engine_node_gauge(const struct engine *base, uint32_t node, int64_t now_ns,
                             struct engine_node_gauge *gauge)
{
    const struct drive_engine *engine = (const struct drive_engine *)base;
    const struct drive *drive = drive_engine_node(engine, node);
    if (drive == NULL)
        return false;
    *gauge = (struct engine_node_gauge){.members = drive->member != NULL};
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        gauge->waiting[i] = drive->waiting[i];
        gauge->token[i] = ENGINE_NONE;
        gauge->timer_armed[i] = timer_is_pending(&lane_of(engine, drive, i)->timer);
    }
    if (drive->limited)
        engine->kind->gauge(drive, now_ns, gauge);
    return true;
}

bool drive_engine_member_gauge(const struct engine *base, uint32_t id,
                               struct engine_member_gauge *gauge)
{
    const struct drive_engine *engine = (const struct drive_engine *)base;
    const struct drive_member *member = drive_engine_member(engine, id);
    if (member == NULL)
        return false;
    const struct drive *drive = member->drive;
    *gauge = (struct engine_member_gauge){.node = drive == NULL ? ENGINE_NONE : drive->id};
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        gauge->deadline_ns[i] = ENGINE_NEVER;
        if (drive == NULL)
            continue;
        const struct timer *timer = &lane_of(engine, drive, i)->timer;
        gauge->waiting[i] = drive->waiting[i];
        gauge->pending[i] = drive->waiting[i];
        gauge->timer_pending[i] = timer_is_pending(timer);
        if (gauge->timer_pending[i])
            gauge->deadline_ns[i] = engine->timers.slots[timer->index].deadline_ns;
    }
    return true;
}

bool drive_engine_parameters_of(const struct engine *base, uint32_t node,
                                struct engine_parameters *parameters)
{
    const struct drive_engine *engine = (const struct drive_engine *)base;
    const struct drive *drive = drive_engine_node(engine, node);
    if (drive == NULL)
        return false;
    *parameters = drive->limits;
    parameters->given = limits_mask(engine->kind->rules.row_count);
    if (engine->kind->show != NULL)
        engine->kind->show(parameters);
    return true;
}
