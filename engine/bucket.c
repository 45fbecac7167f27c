// SPDX-License-Identifier: GPL-2.0-or-later
// bucket: a drive's own leaky buckets, as in QEMU from 2013 to 2015, before there were groups.
//
// The buckets are those of the throttle groups without their burst part, and a maximum is what a
// bucket holds; without one that is a tenth of a second of the average. Each direction has a FIFO
// and a timer. Who leaves sees whether the next of its direction may, and sets the timer if not;
// when the timer fires the first of the FIFO leaves without being asked.
//
// Invariant: while a FIFO is not empty its timer is pending.
//
// The first of a FIFO waits for the limit that the timer was set for, the bucket that then took
// longest; the others for the queue. A burst allowance runs out when a request waits, not when the
// timer is set for nobody.
//
// Source: section 11 of docs/model.md.
#include "engine/drive_engine.h"

struct bucket_drive {
    struct drive drive; // first
    struct leaky_buckets buckets;
};

static struct bucket_drive *state_of(struct drive *drive)
{
    return (struct bucket_drive *)drive;
}

static bool must_wait(struct drive_engine *engine, struct drive_lane *lane,
                      enum direction direction, int64_t now_ns)
{
    struct leaky_buckets *buckets = &state_of(lane->drive)->buckets;
    leaky_buckets_leak(buckets, now_ns);
    int cause = CAUSE_QUEUE;
    int64_t wait_ns = leaky_buckets_wait_ns(buckets, direction, &cause);
    if (wait_ns == 0)
        return false;
    if (!timer_is_pending(&lane->timer))
        drive_lane_arm(engine, lane, now_ns, wait_ns, cause);
    return true;
}

// The request leaves, and after it those of its direction that need not wait.
static void leave(struct drive_engine *engine, struct drive_lane *lane,
                  struct engine_request *request, int64_t now_ns)
{
    while (request != NULL) {
        enum direction direction = drive_direction_of(lane->drive, request);
        limits_account(&engine->base, &state_of(lane->drive)->buckets, direction, request, now_ns);
        drive_engine_pass(engine, now_ns, request);
        if (must_wait(engine, lane, direction, now_ns)) {
            if (lane->fifo.requests.head != NULL)
                limits_tell_ran_out(&engine->base, &state_of(lane->drive)->buckets, direction,
                                    lane->drive->id, now_ns);
            return;
        }
        request = drive_lane_pop(engine, lane, now_ns);
    }
}

static void arrive(struct drive_engine *engine, struct drive *drive, int64_t now_ns,
                   struct engine_request *request, enum direction direction)
{
    struct drive_lane *lane = &drive->lanes[direction];
    bool waits = must_wait(engine, lane, direction, now_ns);
    if (!waits && lane->fifo.requests.head == NULL) {
        leave(engine, lane, request, now_ns);
        return;
    }
    drive_lane_push(lane, now_ns, request);
    if (waits)
        limits_tell_ran_out(&engine->base, &state_of(drive)->buckets, direction, drive->id, now_ns);
}

static void let_first_leave(struct drive_engine *engine, struct drive_lane *lane, int64_t now_ns)
{
    leave(engine, lane, drive_lane_pop(engine, lane, now_ns), now_ns);
}

static void fire(struct engine *engine, int64_t now_ns, struct timer *timer)
{
    let_first_leave(drive_engine_of(engine), (struct drive_lane *)timer, now_ns);
}

static void configure(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    struct leaky_buckets *buckets = &state_of(drive)->buckets;
    limits_apply(&drive->limits, buckets);
    leaky_buckets_reset(buckets, now_ns);
    for (int i = 0; i < DIRECTION_COUNT; i++)
        drive_lane_cancel(engine, &drive->lanes[i]);
    for (int i = 0; i < DIRECTION_COUNT; i++)
        let_first_leave(engine, &drive->lanes[i], now_ns);
}

static void gauge(const struct drive *drive, int64_t now_ns, struct engine_node_gauge *gauge)
{
    limits_gauge(&((const struct bucket_drive *)drive)->buckets, now_ns, gauge);
}

static void fill(struct drive *drive, int64_t now_ns, double share)
{
    leaky_buckets_fill(&state_of(drive)->buckets, share, now_ns);
}

// A maximum that was not given is a tenth of the average, for users rounded down.
static void parameters_of(const void *node, struct engine_parameters *limits)
{
    drive_engine_parameters_of(node, limits);
    for (int i = 0; i < BUCKET_COUNT; i++) {
        if (limits->value[LIMIT_MAX + i] == 0)
            limits->value[LIMIT_MAX + i] = limits->value[LIMIT_AVG + i] / 10;
    }
}

static const struct drive_kind bucket = {
    .rules = {.total_excludes_rest = true},
    .drive_size = sizeof(struct bucket_drive),
    .start = configure,
    .change = configure,
    .arrive = arrive,
    .gauge = gauge,
    .fill = fill,
};

const struct engine_algorithm bucket_algorithm = {
    .name = "bucket",
    .help = "leaky buckets for each drive, as in QEMU 1.7 to 2.3",
    LIMIT_TABLES(LIMIT_MAX_LENGTH),
    DRIVE_ENGINE_TABLE,
    .own = &bucket,
    .operations = drive_engine_filled_operations,
    .fire = fire,
    .parameters_of = parameters_of,
    .facts = limits_facts,
};
