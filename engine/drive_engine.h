// SPDX-License-Identifier: GPL-2.0-or-later
// What the engines without groups have in common: each member is a drive with limits, queues and
// timers of its own.
//
// A node is one set of limits with its state, here called a drive. One member can join it, a second
// one is refused, and the only way out is ENGINE_MEMBER_SET without limits. The state begins when
// the member joins or when limits are set where there were none. A member of no node, or of one
// without limits, is not throttled.
//
//     drive_engine.c          requests, timers and views: allocates nothing
//     drive_engine_control.c  operations
//     slice_2011.c, slice.c, bucket.c  one algorithm each: struct drive_kind
//
// Invariant: the queues of a drive without limits are empty and its timers idle.
#ifndef ENGINE_DRIVE_ENGINE_H
#define ENGINE_DRIVE_ENGINE_H

#include "engine/engine_internal.h"
#include "engine/fifo.h"
#include "engine/limits.h"

// A FIFO and the timer that it waits for.
struct drive_lane {
    struct timer timer; // first: a timer leads back to its lane
    struct drive *drive;
    struct fifo fifo;
};

// Begins an algorithm's own structure, of drive_kind.drive_size bytes.
struct drive {
    uint32_t id;
    bool implicit;                   // made by ENGINE_MEMBER_SET: gone when its member leaves
    bool limited;                    // it has a member and a limit
    struct drive_member *member;     // NULL: none
    struct engine_parameters limits; // complete
    struct drive_lane lanes[DIRECTION_COUNT];
    uint64_t waiting[DIRECTION_COUNT];
};

struct drive_member {
    enum engine_attach attach;
    struct drive *drive; // NULL: none
};

struct drive_engine {
    struct engine base;           // first: an engine leads back to it
    int64_t wait_ns[CAUSE_COUNT]; // of the request that leaves next, if it waited
};

// The `own` of an algorithm. The functions are called for drives with limits only.
struct drive_kind {
    struct limit_rules rules; // first
    size_t drive_size;
    bool one_lane; // one FIFO and timer for both directions, lanes[0]
    void (*start)(struct drive_engine *engine, struct drive *drive, int64_t now_ns);
    void (*change)(struct drive_engine *engine, struct drive *drive, int64_t now_ns); // of limits
    void (*arrive)(struct drive_engine *engine, struct drive *drive, int64_t now_ns,
                   struct engine_request *request, enum direction direction);
    void (*complete)(struct drive *drive, enum direction direction, uint64_t bytes);
    void (*gauge)(const struct drive *drive, int64_t now_ns, struct engine_node_gauge *gauge);
    void (*fill)(struct drive *drive, int64_t now_ns, double share); // NULL: it has no buckets
};

static inline struct drive_engine *drive_engine_of(struct engine *engine)
{
    return (struct drive_engine *)engine;
}

static inline const struct drive_kind *drive_kind_of(const struct engine *engine)
{
    return engine->algorithm->own;
}

static inline enum direction drive_direction_of(const struct drive *drive,
                                                const struct engine_request *request)
{
    return limit_direction_of[drive->member->attach][request->op];
}

// A sum of times stays at the ends of its type.
static inline int64_t drive_add_ns(int64_t a_ns, int64_t b_ns)
{
    if (b_ns > 0 ? a_ns > INT64_MAX - b_ns : a_ns < INT64_MIN - b_ns)
        return b_ns > 0 ? INT64_MAX : INT64_MIN;
    return a_ns + b_ns;
}

// Converted as a cast does, but defined for every number.
static inline int64_t drive_whole_ns(double time_ns)
{
    if (time_ns >= 9223372036854775808.0)
        return INT64_MAX;
    return time_ns > -9223372036854775808.0 ? (int64_t)time_ns : INT64_MIN;
}

// ---- For the algorithms ----

// To the device.
static inline void drive_engine_pass(struct drive_engine *engine, int64_t now_ns,
                                     struct engine_request *request)
{
    engine_hand_over(&engine->base, now_ns, request, engine->wait_ns);
}

// At the tail of the FIFO; out of its head, to be passed before the next is. Waits are attributed:
// the head's to the lane's cause, the others' to the queue.
void drive_lane_push(struct drive_lane *lane, int64_t now_ns, struct engine_request *request);
struct engine_request *drive_lane_pop(struct drive_engine *engine, struct drive_lane *lane,
                                      int64_t now_ns);

// Arms the timer (anew), for which the head then waits, because of this cause.
void drive_lane_arm(struct drive_engine *engine, struct drive_lane *lane, int64_t now_ns,
                    int64_t wait_ns, int cause);
void drive_lane_cancel(struct drive_engine *engine, struct drive_lane *lane);

// ---- For the tables of the algorithms ----

// Of an algorithm whose limits can be changed, and of one whose cannot. The state of a drive that
// has no member begins when one joins: to fill it before changes nothing.
extern engine_operate *const drive_engine_operations[ENGINE_OPERATION_COUNT];
extern engine_operate *const drive_engine_filled_operations[ENGINE_OPERATION_COUNT]; // has buckets
extern engine_operate *const drive_engine_fixed_operations[ENGINE_OPERATION_COUNT];

void drive_engine_node_free(void *node);
void drive_engine_submit(struct engine *engine, int64_t now_ns, struct engine_request *request);
void drive_engine_complete(struct engine *engine, int64_t now_ns, struct engine_request *request);
void drive_engine_node_gauge(const struct engine *engine, const void *node, int64_t now_ns,
                             struct engine_node_gauge *gauge);
void drive_engine_member_gauge(const struct engine *engine, const void *member,
                               struct engine_member_gauge *gauge);
void drive_engine_parameters_of(const void *node, struct engine_parameters *parameters);

// The part that is the same for all.
#define DRIVE_ENGINE_TABLE                                                                         \
    .engine_size = sizeof(struct drive_engine), .submit = drive_engine_submit,                     \
    .node_free = drive_engine_node_free, .node_gauge = drive_engine_node_gauge,                    \
    .member_gauge = drive_engine_member_gauge

#endif
