// SPDX-License-Identifier: GPL-2.0-or-later
// The model of slice-2011. One FIFO and one timer, the first of the drive's.
#include "tests/support/drive_model_state.h"

#define SLICE_NS INT64_C(100000000)
#define ONE_SECOND_NS INT64_C(1000000000)
#define ONLY DIRECTION_READ // the FIFO and timer for both directions

static enum direction other(enum direction direction)
{
    return direction == DIRECTION_READ ? DIRECTION_WRITE : DIRECTION_READ;
}

static void begins(struct drive *drive, int64_t now_ns)
{
    drive->sent.slice_start_ns[DIRECTION_READ] = now_ns;
    drive->sent.slice_start_ns[DIRECTION_WRITE] = now_ns;
    if (model_limits_have_average(&drive->limits)) // otherwise it is not throttled
        drive_arm(drive, ONLY, now_ns, CAUSE_TIMER);
}

// The slice of a direction has lasted 100 ms: a new one, in which nothing of this kind was sent.
static void test_slice(struct drive *drive, int64_t now_ns, enum direction direction,
                       uint64_t *counts, bool is_total)
{
    if (now_ns - drive->sent.slice_start_ns[direction] < SLICE_NS)
        return;
    drive->sent.slice_start_ns[direction] = now_ns;
    counts[direction] = 0;
    if (is_total)
        counts[other(direction)] = 0;
}

static bool exceeds_bps(struct drive *drive, int64_t now_ns, enum direction direction,
                        uint64_t bytes, int64_t *wait_ns, int *cause)
{
    bool is_total;
    double limit = drive_limit(drive, MODEL_BPS, direction, cause, &is_total);
    if (limit == 0)
        return false;
    test_slice(drive, now_ns, direction, drive->sent.bytes, is_total);
    double elapsed = (double)(now_ns - drive->sent.slice_start_ns[direction]) / 1e9;
    double allowed = limit * 0.1;
    double sent = (double)drive->sent.bytes[direction];
    if (is_total)
        sent += (double)drive->sent.bytes[other(direction)];
    if (sent + (double)bytes <= allowed)
        return false;
    double w = (sent + (double)bytes - allowed) / limit + (0.1 - elapsed);
    *wait_ns = drive_truncate(w * 1e9 + 1);
    return true;
}

static bool exceeds_iops(struct drive *drive, int64_t now_ns, enum direction direction,
                         int64_t *wait_ns, int *cause)
{
    bool is_total;
    double limit = drive_limit(drive, MODEL_IOPS, direction, cause, &is_total);
    if (limit == 0)
        return false;
    test_slice(drive, now_ns, direction, drive->sent.ios, is_total);
    double elapsed = (double)(now_ns - drive->sent.slice_start_ns[direction]) / 1e9;
    double allowed = limit * 0.1;
    double sent = (double)drive->sent.ios[direction];
    if (is_total)
        sent += (double)drive->sent.ios[other(direction)];
    if (sent + 1 <= allowed)
        return false;
    double w = (sent + 1) / limit;
    w = w > elapsed ? w - elapsed : 0;
    *wait_ns = drive_truncate(w * 1e9 + 1);
    return true;
}

static void arrives(struct drive *drive, int64_t now_ns, struct engine_request *request)
{
    enum direction direction = drive_direction(drive, request);
    int64_t wait_ns;
    int cause;
    if (exceeds_bps(drive, now_ns, direction, request->bytes, &wait_ns, &cause) ||
        exceeds_iops(drive, now_ns, direction, &wait_ns, &cause)) {
        struct drive_entry *entry = drive_append(&drive->fifo[ONLY], request);
        entry->cause = cause;
        entry->until_ns = drive_later(now_ns, wait_ns);
        drive_arm(drive, ONLY, entry->until_ns, cause);
        return;
    }
    drive->sent.bytes[direction] += request->bytes;
    drive->sent.ios[direction]++;
    drive_to_device(drive, now_ns, request);
}

// One pass: the FIFO is emptied first, so what is put back is not seen again.
static void timer_fires(struct drive *drive, int64_t now_ns, enum direction direction)
{
    (void)direction;
    struct drive_entry *taken = drive->fifo[ONLY];
    drive->fifo[ONLY] = NULL;
    while (taken != NULL)
        arrives(drive, now_ns, drive_take_first(&taken));
    drive_arm(drive, ONLY, drive_later(now_ns, ONE_SECOND_NS), CAUSE_TIMER);
}

static void completes(struct drive *drive, const struct engine_request *request)
{
    (void)drive;
    (void)request;
}

const struct drive_rules drive_rules_slice_2011 = {
    .name = "slice-2011",
    .all_wait_for_limits = true,
    .begins = begins,
    .arrives = arrives,
    .timer_fires = timer_fires,
    .completes = completes,
};
