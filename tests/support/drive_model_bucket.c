// SPDX-License-Identifier: GPL-2.0-or-later
// The model of bucket. Its arithmetic is that of throttle groups (model_limits.c): a bucket
// without a maximum holds a tenth of its average there, too, and without burst lengths all
// lengths are 1.
#include "tests/support/drive_model_state.h"

// A request has to wait. Burst allowances (section 10) are what users have set a maximum for.
static void tell_ran_out(struct drive *drive, int64_t now_ns, enum direction direction)
{
    const struct engine_callbacks *callbacks = &drive->model->callbacks;
    for (int cause = 0; cause < CAUSE_BURST; cause++) {
        int64_t refill_ns = model_bucket_runs_out(&drive->buckets, cause, direction);
        if (refill_ns > 0 && callbacks->ran_out != NULL)
            callbacks->ran_out(callbacks->context, now_ns, drive->id, cause, refill_ns);
    }
}

static bool must_wait(struct drive *drive, int64_t now_ns, enum direction direction)
{
    int cause = CAUSE_TIMER;
    model_buckets_leak(&drive->buckets, now_ns);
    int64_t wait_ns = model_buckets_wait(&drive->buckets, direction, &cause);
    if (wait_ns == 0)
        return false;
    if (!drive->timer[direction].pending)
        drive_arm(drive, direction, drive_later(now_ns, wait_ns), cause);
    return true;
}

// This request leaves, and after it the next, until one must wait.
static void leaves(struct drive *drive, int64_t now_ns, struct engine_request *request)
{
    enum direction direction = drive_direction(drive, request);
    for (;;) {
        model_buckets_account(&drive->buckets, direction, request->bytes);
        drive_to_device(drive, now_ns, request);
        bool stops = must_wait(drive, now_ns, direction);
        if (drive->fifo[direction] == NULL)
            return;
        if (stops) {
            tell_ran_out(drive, now_ns, direction);
            return;
        }
        request = drive_take_first(&drive->fifo[direction]);
    }
}

static void wake(struct drive *drive, int64_t now_ns, enum direction direction)
{
    if (drive->fifo[direction] != NULL)
        leaves(drive, now_ns, drive_take_first(&drive->fifo[direction]));
}

static void begins(struct drive *drive, int64_t now_ns)
{
    model_buckets_set(&drive->buckets, &drive->limits, now_ns);
}

static void arrives(struct drive *drive, int64_t now_ns, struct engine_request *request)
{
    enum direction direction = drive_direction(drive, request);
    bool waits = must_wait(drive, now_ns, direction);
    if (waits)
        tell_ran_out(drive, now_ns, direction);
    if (waits || drive->fifo[direction] != NULL)
        drive_append(&drive->fifo[direction], request);
    else
        leaves(drive, now_ns, request);
}

static void completes(struct drive *drive, const struct engine_request *request)
{
    (void)drive;
    (void)request;
}

// By the rules of throttle groups, but that a maximum may be below its average.
static bool is_valid(const struct model_limits *limits)
{
    struct model_limits raised = *limits;
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            int64_t max = raised.max[kind][share];
            if (max > 0 && max < raised.average[kind][share])
                raised.max[kind][share] = raised.average[kind][share];
        }
    }
    return model_limits_valid(&raised);
}

static void show(struct model_limits *limits)
{
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            if (limits->max[kind][share] == 0)
                limits->max[kind][share] = limits->average[kind][share] / 10;
        }
    }
}

static void limits_change(struct drive *drive, int64_t now_ns, const struct model_limits *limits)
{
    drive->limits = *limits;
    model_buckets_set(&drive->buckets, limits, now_ns);
    for (int d = 0; d < DIRECTION_COUNT; d++)
        drive->timer[d].pending = false;
    for (int d = 0; d < DIRECTION_COUNT; d++)
        wake(drive, now_ns, (enum direction)d);
}

const struct drive_rules drive_rules_bucket = {
    .name = "bucket",
    .has_two_fifos = true,
    .begins = begins,
    .arrives = arrives,
    .timer_fires = wake,
    .completes = completes,
    .is_valid = is_valid,
    .show = show,
    .limits_change = limits_change,
};
