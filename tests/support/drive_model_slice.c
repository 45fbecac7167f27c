// SPDX-License-Identifier: GPL-2.0-or-later
// The model of slice. One FIFO and one timer, the first of the drive's.
#include "tests/support/drive_model_state.h"

#include <string.h>

#define FIRST_SLICE_NS INT64_C(500000000)
#define CHANGED_SLICE_NS INT64_C(100000000)
#define LESS_NS INT64_C(300000000)
#define ONLY DIRECTION_READ // the FIFO and timer for both directions

// A new slice from now on.
static void begins(struct drive *drive, int64_t now_ns)
{
    struct drive_slice *slice = &drive->slice;
    slice->time_ns = FIRST_SLICE_NS;
    slice->start_ns = now_ns;
    slice->end_ns = drive_later(now_ns, slice->time_ns);
    memcpy(slice->bases, slice->totals, sizeof slice->bases);
}

// Asked about one kind of limit for a request that would add so much.
static bool exceeds_kind(struct drive *drive, int64_t now_ns, enum direction direction,
                         enum model_kind kind, double amount, int64_t *wait_ns, int *cause)
{
    struct drive_slice *slice = &drive->slice;
    bool is_total;
    double limit = drive_limit(drive, kind, direction, cause, &is_total);
    *wait_ns = 0;
    if (limit == 0)
        return false;
    double elapsed = (double)(now_ns - slice->start_ns) / 1e9;
    double allowed = limit * ((double)(slice->end_ns - slice->start_ns) / 1e9);
    double sent = 0;
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        if (is_total || d == (int)direction)
            sent += (double)(slice->totals[kind][d] - slice->bases[kind][d]);
    }
    if (sent + amount <= allowed)
        return false;
    double w = (sent + amount) / limit - elapsed;
    slice->time_ns = drive_truncate(w * 100000000 * 10);
    slice->end_ns = drive_later(slice->end_ns, slice->time_ns - LESS_NS);
    *wait_ns = slice->time_ns;
    return true;
}

// Both kinds are asked, always; the larger wait counts.
static bool exceeds(struct drive *drive, int64_t now_ns, const struct engine_request *request,
                    int64_t *wait_ns, int *cause)
{
    enum direction direction = drive_direction(drive, request);
    struct drive_slice *slice = &drive->slice;
    if (slice->start_ns < now_ns && now_ns < slice->end_ns)
        slice->end_ns = drive_later(now_ns, slice->time_ns);
    else
        begins(drive, now_ns);
    int64_t iops_wait_ns;
    int iops_cause;
    bool exceeds_bps =
        exceeds_kind(drive, now_ns, direction, MODEL_BPS, (double)request->bytes, wait_ns, cause);
    bool exceeds_iops =
        exceeds_kind(drive, now_ns, direction, MODEL_IOPS, 1, &iops_wait_ns, &iops_cause);
    if (exceeds_iops && (!exceeds_bps || iops_wait_ns > *wait_ns)) {
        *wait_ns = iops_wait_ns;
        *cause = iops_cause;
    }
    return exceeds_bps || exceeds_iops;
}

// The first of the FIFO is at the front; after it the next, as long as none exceeds.
static void wake(struct drive *drive, int64_t now_ns)
{
    while (drive->fifo[ONLY] != NULL) {
        int64_t wait_ns;
        int cause;
        if (exceeds(drive, now_ns, drive->fifo[ONLY]->request, &wait_ns, &cause)) {
            drive_arm(drive, ONLY, drive_later(now_ns, wait_ns), cause);
            return;
        }
        drive_to_device(drive, now_ns, drive_take_first(&drive->fifo[ONLY]));
    }
}

static void arrives(struct drive *drive, int64_t now_ns, struct engine_request *request)
{
    bool is_first = drive->fifo[ONLY] == NULL;
    drive_append(&drive->fifo[ONLY], request);
    if (is_first)
        wake(drive, now_ns);
}

static void timer_fires(struct drive *drive, int64_t now_ns, enum direction direction)
{
    (void)direction;
    wake(drive, now_ns);
}

static void completes(struct drive *drive, const struct engine_request *request)
{
    enum direction direction = drive_direction(drive, request);
    drive->slice.totals[MODEL_BPS][direction] += request->bytes;
    drive->slice.totals[MODEL_IOPS][direction]++;
}

static void limits_change(struct drive *drive, int64_t now_ns, const struct model_limits *limits)
{
    bool had_limits = model_limits_have_average(&drive->limits);
    drive->limits = *limits;
    if (!model_limits_have_average(limits)) {
        while (drive->fifo[ONLY] != NULL)
            drive_to_device(drive, now_ns, drive_take_first(&drive->fifo[ONLY]));
        drive->timer[ONLY].pending = false;
        return;
    }
    if (!had_limits) { // anew, as at creation
        begins(drive, now_ns);
        return;
    }
    drive->slice.time_ns = CHANGED_SLICE_NS;
    drive_arm(drive, ONLY, now_ns, CAUSE_TIMER);
}

const struct drive_rules drive_rules_slice = {
    .name = "slice",
    .begins = begins,
    .arrives = arrives,
    .timer_fires = timer_fires,
    .completes = completes,
    .is_valid = drive_limits_valid,
    .limits_change = limits_change,
};
