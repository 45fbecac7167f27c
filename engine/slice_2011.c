// SPDX-License-Identifier: GPL-2.0-or-later
// slice-2011: QEMU's disk I/O limits as first proposed, in July 2011.
//
// A drive counts what it sends in slices of 100 ms, one per direction, and lets go what fits into a
// tenth of a second of the limit. What does not fit goes to the end of one FIFO, and sets the
// drive's one timer to the time that this request needs, whatever the timer was set to. When it
// fires, all of the FIFO are asked anew, in order, and the timer is set to a second later. Limits
// cannot be changed while it runs.
//
// As posted, a firing also takes the requests that it has just put back, and spins until they fit;
// on a clock that stands still while the engine runs this would not end. Here a firing is one pass:
// it asks each request that was there when it began once.
//
// Whoever waits, at whatever place of the FIFO, waits for the timer. So its wait counts for the
// limit that it exceeded when it was last asked, as long as it asked for then, and from there on
// for the timer, which others have set; nothing counts for the queue.
//
// Source: section 11 of docs/model.md.
#include "engine/drive_engine.h"
#include "engine/slice_limits.h"

#include <assert.h>
#include <string.h>

#define SLICE_NS INT64_C(100000000)
#define SLICE_S 0.1
#define IDLE_NS INT64_C(1000000000) // from a firing to the next

// A waiting request's notes: how long it has waited for its limit of each kind, and which kind it
// exceeded when it was last asked. Its dispatch_ns: until when it then asked to wait.
#define NOTE_KIND SLICE_KIND_COUNT
static_assert(NOTE_KIND < ENGINE_NOTE_COUNT, "a request has room for the notes");

struct slice_2011_drive {
    struct drive drive; // first
    struct slice_sent sent;
    int64_t slice_start_ns[DIRECTION_COUNT];
    int64_t fired_ns; // last time: who was in the FIFO then was asked then
};

static struct slice_2011_drive *state_of(struct drive *drive)
{
    return (struct slice_2011_drive *)drive;
}

// A new slice forgets the counts of one kind only, although both kinds share its start: with limits
// of both, the second never sees that a slice has ended.
static void renew_slice(struct slice_2011_drive *state, enum slice_kind kind,
                        enum direction direction, bool is_total, int64_t now_ns)
{
    if (now_ns - state->slice_start_ns[direction] < SLICE_NS)
        return;
    state->slice_start_ns[direction] = now_ns;
    state->sent.of[kind][direction] = 0;
    if (is_total)
        state->sent.of[kind][DIRECTION_COUNT - 1 - direction] = 0;
}

// How long the request has to wait for its limit of this kind; 0: not at all.
static int64_t exceeds_limit(struct slice_2011_drive *state, enum slice_kind kind,
                             enum direction direction, double amount, int64_t now_ns)
{
    struct slice_limit limit = slice_limit_of(&state->drive.limits, kind, direction);
    if (limit.rate == 0)
        return 0;
    renew_slice(state, kind, direction, limit.is_total, now_ns);
    double elapsed = (double)(now_ns - state->slice_start_ns[direction]) / 1e9;
    double allowed = limit.rate * SLICE_S;
    double sent = slice_sent_of(&state->sent, kind, direction, limit.is_total);
    if (sent + amount <= allowed)
        return 0;
    double wait;
    if (kind == SLICE_BPS) {
        wait = (sent + amount - allowed) / limit.rate + (SLICE_S - elapsed);
    } else {
        wait = (sent + amount) / limit.rate;
        wait = wait > elapsed ? wait - elapsed : 0;
    }
    return drive_whole_ns(wait * 1e9 + 1);
}

static void arm(struct drive_engine *engine, struct slice_2011_drive *state, int64_t now_ns,
                int64_t wait_ns)
{
    timer_heap_arm(&engine->base.timers, &state->drive.lanes[0].timer,
                   drive_add_ns(now_ns, wait_ns));
}

// A request that has waited leaves: its notes become its parts.
static void tell_wait(struct drive_engine *engine, const struct drive *drive, int64_t now_ns,
                      const struct engine_request *request, enum direction direction)
{
    int64_t *wait_ns = engine->wait_ns;
    const int64_t *notes = engine_notes(&engine->base, request);
    memset(wait_ns, 0, sizeof engine->wait_ns);
    wait_ns[CAUSE_TIMER] = now_ns - request->arrival_ns;
    for (int kind = 0; kind < SLICE_KIND_COUNT; kind++) {
        struct slice_limit limit = slice_limit_of(&drive->limits, (enum slice_kind)kind, direction);
        wait_ns[limit.cause] += notes[kind];
        wait_ns[CAUSE_TIMER] -= notes[kind];
    }
}

// A request arrives, or is submitted anew. Its wait so far is in its notes.
static void ask(struct drive_engine *engine, struct slice_2011_drive *state, int64_t now_ns,
                struct engine_request *request, enum direction direction)
{
    enum slice_kind kind = SLICE_BPS;
    int64_t wait_ns = exceeds_limit(state, kind, direction, (double)request->bytes, now_ns);
    if (wait_ns == 0) {
        kind = SLICE_IOPS;
        wait_ns = exceeds_limit(state, kind, direction, 1, now_ns);
    }
    if (wait_ns == 0) {
        slice_sent_add(&state->sent, direction, request->bytes);
        if (request->arrival_ns < now_ns)
            tell_wait(engine, &state->drive, now_ns, request, direction);
        drive_engine_pass(engine, now_ns, request);
        return;
    }
    int64_t *notes = engine_notes(&engine->base, request);
    if (request->arrival_ns == now_ns)
        memset(notes, 0, ENGINE_NOTE_COUNT * sizeof *notes);
    notes[NOTE_KIND] = kind;
    request->dispatch_ns = drive_add_ns(now_ns, wait_ns);
    request_queue_push(&state->drive.lanes[0].fifo.requests, request);
    state->drive.waiting[direction]++;
    arm(engine, state, now_ns, wait_ns);
}

static void arrive(struct drive_engine *engine, struct drive *drive, int64_t now_ns,
                   struct engine_request *request, enum direction direction)
{
    ask(engine, state_of(drive), now_ns, request, direction);
}

// The request's wait since it was last asked goes into its notes; what is not there is the timer's.
static void settle(const struct engine *engine, const struct slice_2011_drive *state,
                   struct engine_request *request, int64_t now_ns)
{
    int64_t *notes = engine_notes(engine, request);
    int64_t asked_ns =
        state->fired_ns > request->arrival_ns ? state->fired_ns : request->arrival_ns;
    int64_t due_ns = request->dispatch_ns < now_ns ? request->dispatch_ns : now_ns;
    notes[notes[NOTE_KIND]] += due_ns - asked_ns;
}

static void fire(struct engine *base, int64_t now_ns, struct timer *timer)
{
    struct drive_engine *engine = drive_engine_of(base);
    struct drive_lane *lane = (struct drive_lane *)timer;
    struct slice_2011_drive *state = state_of(lane->drive);
    struct request_queue present = lane->fifo.requests;
    lane->fifo.requests.head = NULL;
    struct engine_request *request;
    while ((request = request_queue_pop(&present)) != NULL) {
        enum direction direction = drive_direction_of(lane->drive, request);
        state->drive.waiting[direction]--;
        settle(base, state, request, now_ns);
        ask(engine, state, now_ns, request, direction);
    }
    state->fired_ns = now_ns;
    arm(engine, state, now_ns, IDLE_NS);
}

static void start(struct drive_engine *engine, struct drive *drive, int64_t now_ns)
{
    struct slice_2011_drive *state = state_of(drive);
    state->sent = (struct slice_sent){0};
    for (int i = 0; i < DIRECTION_COUNT; i++)
        state->slice_start_ns[i] = now_ns;
    state->fired_ns = now_ns;
    arm(engine, state, now_ns, 0);
}

// As both kinds and directions would see their slices if they were asked now.
static void gauge(const struct drive *drive, int64_t now_ns, struct engine_node_gauge *gauge)
{
    struct slice_2011_drive copy = *(const struct slice_2011_drive *)drive;
    for (int i = 0; i < SLICE_KIND_COUNT * DIRECTION_COUNT; i++) {
        enum slice_kind kind = (enum slice_kind)(i % SLICE_KIND_COUNT);
        enum direction direction = (enum direction)(i / SLICE_KIND_COUNT);
        struct slice_limit limit = slice_limit_of(&drive->limits, kind, direction);
        if (limit.rate != 0)
            renew_slice(&copy, kind, direction, limit.is_total, now_ns);
    }
    slice_gauge(&drive->limits, &copy.sent, SLICE_S, gauge);
}

static const struct drive_kind slice_2011 = {
    .drive_size = sizeof(struct slice_2011_drive),
    .one_lane = true,
    .start = start,
    .arrive = arrive,
    .gauge = gauge,
};

const struct engine_algorithm slice_2011_algorithm = {
    .name = "slice-2011",
    .help = "slices of 100 ms, as first proposed for QEMU in 2011; limits cannot be changed",
    LIMIT_TABLES(LIMIT_MAX),
    DRIVE_ENGINE_TABLE,
    .own = &slice_2011,
    .has_notes = true,
    .operations = drive_engine_fixed_operations,
    .fire = fire,
    .parameters_of = drive_engine_parameters_of,
    .facts = slice_facts,
};
