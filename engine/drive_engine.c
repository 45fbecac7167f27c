// SPDX-License-Identifier: GPL-2.0-or-later
// Engines without groups: requests, timers and views.
#include "engine/drive_engine.h"

void drive_lane_push(struct drive_lane *lane, int64_t now_ns, struct engine_request *request)
{
    fifo_push(&lane->fifo, now_ns, request);
    lane->drive->waiting[drive_direction_of(lane->drive, request)]++;
}

struct engine_request *drive_lane_pop(struct drive_engine *engine, struct drive_lane *lane,
                                      int64_t now_ns)
{
    struct engine_request *request = fifo_pop(&lane->fifo, now_ns, engine->wait_ns);
    if (request != NULL)
        lane->drive->waiting[drive_direction_of(lane->drive, request)]--;
    return request;
}

void drive_lane_arm(struct drive_engine *engine, struct drive_lane *lane, int64_t now_ns,
                    int64_t wait_ns, int cause)
{
    int64_t deadline_ns = drive_add_ns(now_ns, wait_ns);
    timer_heap_arm(&engine->base.timers, &lane->timer, deadline_ns);
    fifo_wait_for(&lane->fifo, now_ns, cause, deadline_ns);
}

void drive_lane_cancel(struct drive_engine *engine, struct drive_lane *lane)
{
    if (timer_is_pending(&lane->timer))
        timer_heap_cancel(&engine->base.timers, &lane->timer);
}

// The limited drive whose throttle sees the request, and as what. NULL: none does.
static struct drive *drive_of(struct engine *engine, const struct engine_request *request,
                              enum direction *direction)
{
    const struct drive_member *member = engine->members.entry[request->member];
    *direction = limit_direction_of[member->attach][request->op];
    bool is_seen = member->drive != NULL && member->drive->limited;
    return is_seen && *direction != ENGINE_NOT_THROTTLED ? member->drive : NULL;
}

void drive_engine_submit(struct engine *engine, int64_t now_ns, struct engine_request *request)
{
    enum direction direction;
    struct drive *drive = drive_of(engine, request, &direction);
    if (drive == NULL)
        drive_engine_pass(drive_engine_of(engine), now_ns, request);
    else
        drive_kind_of(engine)->arrive(drive_engine_of(engine), drive, now_ns, request, direction);
}

void drive_engine_complete(struct engine *engine, int64_t now_ns, struct engine_request *request)
{
    (void)now_ns;
    enum direction direction;
    struct drive *drive = drive_of(engine, request, &direction);
    if (drive != NULL)
        drive_kind_of(engine)->complete(drive, direction, request->bytes);
}

static const struct drive_lane *lane_of(const struct engine *engine, const struct drive *drive,
                                        int direction)
{
    return &drive->lanes[drive_kind_of(engine)->one_lane ? 0 : direction];
}

void drive_engine_node_gauge(const struct engine *engine, const void *node, int64_t now_ns,
                             struct engine_node_gauge *gauge)
{
    const struct drive *drive = node;
    gauge->members = drive->member != NULL;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        gauge->waiting[i] = drive->waiting[i];
        gauge->token[i] = ENGINE_NONE;
        gauge->timer_armed[i] = timer_is_pending(&lane_of(engine, drive, i)->timer);
    }
    if (drive->limited)
        drive_kind_of(engine)->gauge(drive, now_ns, gauge);
}

void drive_engine_member_gauge(const struct engine *engine, const void *subject,
                               struct engine_member_gauge *gauge)
{
    const struct drive *drive = ((const struct drive_member *)subject)->drive;
    gauge->node = drive == NULL ? ENGINE_NONE : drive->id;
    for (int i = 0; i < DIRECTION_COUNT; i++) {
        gauge->deadline_ns[i] = ENGINE_NEVER;
        if (drive == NULL)
            continue;
        const struct timer *timer = &lane_of(engine, drive, i)->timer;
        gauge->waiting[i] = drive->waiting[i];
        gauge->pending[i] = drive->waiting[i];
        gauge->timer_pending[i] = timer_is_pending(timer);
        gauge->deadline_ns[i] = timer_deadline_ns(&engine->timers, timer);
    }
}

void drive_engine_parameters_of(const void *node, struct engine_parameters *parameters)
{
    *parameters = ((const struct drive *)node)->limits;
}
