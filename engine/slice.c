// SPDX-License-Identifier: GPL-2.0-or-later
// slice: QEMU's disk I/O limits as they were merged, in use from 2011 to 2013.
//
// A drive compares what was completed since a slice began with what its limits allow for the length
// of that slice. The slice grows while requests are asked for within it: to half a second beyond
// the last one that did not exceed, and beyond the wait of one that did. A request that exceeds
// waits at the head of the one FIFO; nothing passes it. A request counts when the device has
// completed it, so whatever is in flight is not seen.
//
// The specification leaves open what happens when no limit is left. Here everything that waits
// leaves in the order of the FIFO, the timer is cancelled and the state is dropped: limits set
// later find the drive as at its creation. The reason: with no limit no request exceeds, so those
// woken would leave one after the other, as they do; and a timer would have nobody to wake.
//
// After a change of limits bps can move the end of the slice so far back that iops is exceeded with
// a wait below 0. It is not the larger of the two, and has no effect but on the slice.
//
// The head's wait counts for the limit that makes it wait longest, bytes if both are equal; the
// wait of those behind it for the queue. After a change of limits, which wakes the head at once,
// what the head still waits counts for the timer.
//
// Source: section 11 of docs/model.md.
#include "engine/drive_engine.h"
#include "engine/slice_limits.h"

#define SLICE_NS INT64_C(500000000)
#define CHANGED_SLICE_NS INT64_C(100000000) // after a change of limits
#define SLICE_REST_NS INT64_C(300000000)    // how much less than the wait a slice grows

struct slice_drive {
    struct drive drive;     // first
    struct slice_sent sent; // completed since the slice began
    int64_t slice_start_ns;
    int64_t slice_end_ns;
    int64_t slice_time_ns;
};

// What a request has to wait for; wait_ns is below 0 if for nothing.
struct verdict {
    int64_t wait_ns;
    int cause;
};

static struct slice_drive *state_of(struct drive *drive)
{
    return (struct slice_drive *)drive;
}

static bool is_within_slice(const struct slice_drive *state, int64_t now_ns)
{
    return state->slice_start_ns < now_ns && now_ns < state->slice_end_ns;
}

static void begin_slice(struct slice_drive *state, int64_t now_ns)
{
    state->slice_time_ns = SLICE_NS;
    state->slice_start_ns = now_ns;
    state->slice_end_ns = drive_add_ns(now_ns, SLICE_NS);
    state->sent = (struct slice_sent){0};
}

static double slice_length_s(int64_t start_ns, int64_t end_ns)
{
    return (double)(end_ns - start_ns) / 1e9;
}

static void ask_limit(struct slice_drive *state, enum slice_kind kind, enum direction direction,
                      double amount, double elapsed, struct verdict *verdict)
{
    struct slice_limit limit = slice_limit_of(&state->drive.limits, kind, direction);
    if (limit.rate == 0)
        return;
    double allowed = limit.rate * slice_length_s(state->slice_start_ns, state->slice_end_ns);
    double sent = slice_sent_of(&state->sent, kind, direction, limit.is_total);
    if (sent + amount <= allowed)
        return;
    double wait = (sent + amount) / limit.rate - elapsed;
    // Multiplied twice, which does not always round like one factor of 1e9.
    int64_t wait_ns = drive_whole_ns(wait * 100000000.0 * 10.0);
    state->slice_time_ns = wait_ns;
    state->slice_end_ns = drive_add_ns(state->slice_end_ns, drive_add_ns(wait_ns, -SLICE_REST_NS));
    if (wait_ns > verdict->wait_ns)
        *verdict = (struct verdict){wait_ns, limit.cause};
}

static struct verdict ask(struct slice_drive *state, enum direction direction, uint64_t bytes,
                          int64_t now_ns)
{
    if (is_within_slice(state, now_ns))
        state->slice_end_ns = drive_add_ns(now_ns, state->slice_time_ns);
    else
        begin_slice(state, now_ns);
    double elapsed = slice_length_s(state->slice_start_ns, now_ns);
    struct verdict verdict = {.wait_ns = -1};
    ask_limit(state, SLICE_BPS, direction, (double)bytes, elapsed, &verdict);
    ask_limit(state, SLICE_IOPS, direction, 1, elapsed, &verdict);
    return verdict;
}

// The head of the FIFO is awake: it leaves and wakes the next, or goes on waiting.
static void fire(struct engine *base, int64_t now_ns, struct timer *timer)
{
    struct drive_engine *engine = drive_engine_of(base);
    struct drive_lane *lane = (struct drive_lane *)timer;
    struct slice_drive *state = state_of(lane->drive);
    const struct engine_request *head;
    while ((head = lane->fifo.requests.head) != NULL) {
        enum direction direction = drive_direction_of(lane->drive, head);
        struct verdict verdict = ask(state, direction, head->bytes, now_ns);
        if (verdict.wait_ns >= 0) {
            drive_lane_arm(engine, lane, now_ns, verdict.wait_ns, verdict.cause);
            return;
        }
        drive_engine_pass(engine, now_ns, drive_lane_pop(engine, lane, now_ns));
    }
}

static void arrive(struct drive_engine *engine, struct drive *drive, int64_t now_ns,
                   struct engine_request *request, enum direction direction)
{
    struct drive_lane *lane = &drive->lanes[0];
    if (lane->fifo.requests.head != NULL) {
        drive_lane_push(lane, now_ns, request);
        return;
    }
    struct verdict verdict = ask(state_of(drive), direction, request->bytes, now_ns);
    if (verdict.wait_ns < 0) {
        drive_engine_pass(engine, now_ns, request);
        return;
    }
    drive_lane_push(lane, now_ns, request);
    drive_lane_arm(engine, lane, now_ns, verdict.wait_ns, verdict.cause);
}

static void complete(struct drive *drive, enum direction direction, uint64_t bytes)
{
    slice_sent_add(&state_of(drive)->sent, direction, bytes);
}

static void start(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    (void)engine;
    begin_slice(state_of(drive), now_ns);
}

static void change(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    struct drive_lane *lane = &drive->lanes[0];
    state_of(drive)->slice_time_ns = CHANGED_SLICE_NS;
    drive_lane_arm(engine, lane, now_ns, 0, lane->fifo.cause);
}

static void gauge(const struct drive *drive, int64_t now_ns, struct engine_node_gauge *gauge)
{
    struct slice_drive copy = *(const struct slice_drive *)drive;
    if (is_within_slice(&copy, now_ns))
        copy.slice_end_ns = drive_add_ns(now_ns, copy.slice_time_ns);
    else
        begin_slice(&copy, now_ns);
    double length_s = slice_length_s(copy.slice_start_ns, copy.slice_end_ns);
    slice_gauge(&drive->limits, &copy.sent, length_s, gauge);
}

static const struct drive_kind slice = {
    .drive_size = sizeof(struct slice_drive),
    .one_lane = true,
    .start = start,
    .change = change,
    .arrive = arrive,
    .complete = complete,
    .gauge = gauge,
};

const struct engine_algorithm slice_algorithm = {
    .name = "slice",
    .help = "growing slices, as in QEMU 1.0 to 1.6",
    LIMIT_TABLES(LIMIT_MAX),
    DRIVE_ENGINE_TABLE,
    .own = &slice,
    .operations = drive_engine_operations,
    .complete = drive_engine_complete,
    .fire = fire,
    .parameters_of = drive_engine_parameters_of,
    .facts = slice_facts,
};
