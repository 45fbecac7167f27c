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

// A request has been found to have to wait.
static void tell_ran_out(struct drive_engine *engine, struct drive *drive, enum direction direction,
                         int64_t now_ns)
{
    if (engine->base.callbacks.ran_out == NULL)
        return;
    struct leaky_buckets *buckets = &state_of(drive)->buckets;
    uint32_t run_out = leaky_buckets_run_out(buckets, direction);
    for (int i = 0; run_out >> i != 0; i++) {
        if ((run_out >> i & 1) != 0)
            engine_tell_ran_out(&engine->base, now_ns, drive->id, i,
                                leaky_buckets_refill_ns(buckets, i));
    }
}

// The request leaves, and after it those of its direction that need not wait.
static void leave(struct drive_engine *engine, struct drive_lane *lane,
                  struct engine_request *request, int64_t now_ns)
{
    while (request != NULL) {
        enum direction direction = drive_direction_of(lane->drive, request);
        leaky_buckets_account(&state_of(lane->drive)->buckets, direction, request->bytes);
        drive_engine_pass(engine, now_ns, request);
        if (must_wait(engine, lane, direction, now_ns)) {
            if (lane->fifo.head != NULL)
                tell_ran_out(engine, lane->drive, direction, now_ns);
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
    if (!waits && lane->fifo.head == NULL) {
        leave(engine, lane, request, now_ns);
        return;
    }
    drive_lane_push(lane, now_ns, request);
    if (waits)
        tell_ran_out(engine, drive, direction, now_ns);
}

static void fire(struct drive_engine *engine, struct drive_lane *lane, int64_t now_ns)
{
    leave(engine, lane, drive_lane_pop(engine, lane, now_ns), now_ns);
}

static void configure(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    struct leaky_buckets *buckets = &state_of(drive)->buckets;
    limits_apply(&drive->limits, buckets);
    leaky_buckets_reset(buckets, now_ns);
    for (int i = 0; i < DIRECTION_COUNT; i++)
        drive_lane_cancel(engine, &drive->lanes[i]);
    for (int i = 0; i < DIRECTION_COUNT; i++)
        fire(engine, &drive->lanes[i], now_ns);
}

static void gauge(const struct drive *drive, int64_t now_ns, struct engine_node_gauge *gauge)
{
    limits_gauge(&((const struct bucket_drive *)drive)->buckets, now_ns, gauge);
}

// A maximum that was not given is a tenth of the average, for users rounded down.
static void show(struct engine_parameters *limits)
{
    for (int i = 0; i < BUCKET_COUNT; i++) {
        if (limits->value[LIMIT_MAX + i] == 0)
            limits->value[LIMIT_MAX + i] = limits->value[LIMIT_AVG + i] / 10;
    }
}

static const struct drive_kind bucket = {
    .drive_size = sizeof(struct bucket_drive),
    .rules = {.row_count = LIMIT_MAX_LENGTH, .total_excludes_rest = true},
    .start = configure,
    .change = configure,
    .arrive = arrive,
    .fire = fire,
    .gauge = gauge,
    .show = show,
};

static struct engine *create(const struct engine_callbacks *callbacks)
{
    (void)callbacks;
    return drive_engine_create(&bucket);
}

static enum engine_status check(const struct engine_parameters *parameters,
                                struct engine_fault *fault)
{
    return drive_engine_check(&bucket, parameters, fault);
}

const struct engine_algorithm bucket_algorithm = {
    .name = "bucket",
    .help = "leaky buckets for each drive, as in QEMU 1.7 to 2.3",
    LIMIT_TABLES(LIMIT_MAX_LENGTH),
    .operations = DRIVE_ENGINE_OPERATIONS | DRIVE_ENGINE_CHANGES,
    .create = create,
    .check = check,
    DRIVE_ENGINE_FUNCTIONS,
};
