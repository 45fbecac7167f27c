// SPDX-License-Identifier: GPL-2.0-or-later
// Internals of the throttle-group engine, shared by its files.
//
//     throttle_group.c          requests and timers: the hot path, allocates nothing
//     throttle_group_control.c  set-up and operations
//     throttle_group_views.c    the read-only views
//     member_ring.c             who comes after whom
#ifndef ENGINE_THROTTLE_GROUP_H
#define ENGINE_THROTTLE_GROUP_H

#include "engine/engine_internal.h"
#include "engine/fifo.h"
#include "engine/limits.h"

// ---- The ring of a group's members: who is after whom, and who has requests pending ----
//
// A member that joins becomes the head, so the ring runs in reverse order of joining and wraps from
// the last to the head. Here: each member has a slot, a newcomer the highest so far, and "after"
// means the next lower slot that is taken, wrapping to the highest. Which slots are taken, and
// which have something pending per direction, is kept in 64-ary bitmaps, so that finding the next
// one costs a few steps for any number of members (one up to 64, two up to 4096).
//
//     slots:     0    1    2    3    4
//     joined:   1st  2nd  (left) 3rd  4th = head        ring: 4 -> 3 -> 1 -> 0 -> 4

// Embedded in the member, first.
struct ring_node {
    uint32_t slot;
};

enum ring_set {
    RING_PENDING_READ, // in the order of enum direction
    RING_PENDING_WRITE,
    RING_TAKEN,
    RING_SET_COUNT,
};

#define RING_LEVEL_MAX 6 // 64^6 > 2^32

struct ring_bitmap {
    uint64_t *words[RING_LEVEL_MAX]; // level 0: a bit a slot; above: a bit a non-zero word below
};

struct member_ring {
    struct ring_node **nodes; // by slot, NULL if free
    uint32_t capacity;
    uint32_t top;                   // one above the highest slot taken since the last compaction
    uint32_t count[RING_SET_COUNT]; // nodes in each set
    unsigned levels;
    struct ring_bitmap sets[RING_SET_COUNT];
    uint64_t *words; // of all bitmaps
};

// Room for one more member. May move members to other slots, which changes no order. False: out of
// memory, nothing changed.
bool member_ring_reserve(struct member_ring *ring);
void member_ring_free(struct member_ring *ring);

// Room must have been reserved.
void member_ring_insert(struct member_ring *ring, struct ring_node *node);
// The node must be in no pending set.
void member_ring_remove(struct member_ring *ring, struct ring_node *node);

// The node must not be in the set, or must be in it.
void member_ring_mark(struct member_ring *ring, enum ring_set set, const struct ring_node *node);
void member_ring_unmark(struct member_ring *ring, enum ring_set set, const struct ring_node *node);

static inline bool member_ring_is_empty(const struct member_ring *ring, enum ring_set set)
{
    return ring->count[set] == 0;
}

// The first node of the set after `node` in the ring, `node` itself being the last that is looked
// at. The set must not be empty.
struct ring_node *member_ring_next(const struct member_ring *ring, enum ring_set set,
                                   const struct ring_node *node);

// ---- Groups ----

// One direction of a member.
struct flow {
    struct timer timer; // first: a timer leads back to its flow
    struct member *member;
    enum direction direction;
    struct fifo fifo; // waiting requests
    uint64_t waiting; // their number
    uint64_t pending; // waiting, or woken and not yet gone
};

// A member, or one of its throttles below the topmost.
struct member {
    struct ring_node ring; // first: a ring node leads back to its member
    uint32_t id;
    bool is_stacked;      // it has several throttles, or is one of them
    bool is_below;        // it is not the topmost
    struct member *below; // where requests go from here; NULL: to the device
    enum engine_attach attach;
    bool attached;            // to the event loop
    unsigned limits_disabled; // how often it is drained
    bool holds;               // while it is: what it submits
    struct request_queue held;
    struct group *group; // NULL: in none
    struct flow flows[DIRECTION_COUNT];
};

struct group {
    uint32_t id;
    bool implicit; // made by ENGINE_MEMBER_SET: gone when its last member leaves
    struct leaky_buckets buckets;
    struct member_ring ring;
    struct member *token[DIRECTION_COUNT];
    bool timer_armed[DIRECTION_COUNT];
    uint64_t waiting[DIRECTION_COUNT]; // in the members' FIFOs, for the gauge
};

struct throttle_groups {
    struct engine base;           // first: an engine leads back to it
    struct engine_request *woken; // to run next; NULL: none
    struct flow *woken_of;        // of which flow it is
    int64_t wait_ns[CAUSE_COUNT]; // of the request that was woken last
};

static inline struct throttle_groups *throttle_groups_of(struct engine *engine)
{
    return (struct throttle_groups *)engine;
}

// A flow's timer is no longer pending: nobody waits for it any more.
void throttle_group_timer_gone(struct flow *flow, int64_t now_ns);

// A pending timer is cancelled and its firing done now; otherwise restarts. For both directions.
void throttle_group_kick(struct throttle_groups *groups, struct member *member, int64_t now_ns);

// Lets the next request of the direction go, or arms a timer for it. prefer_own: the member's own
// FIFO comes before the member whose turn it is.
void throttle_group_schedule_next(struct throttle_groups *groups, struct flow *flow, int64_t now_ns,
                                  bool prefer_own);

// Held no longer, all that was arrives.
void throttle_group_release(struct throttle_groups *groups, struct member *member, int64_t now_ns);

// For the algorithm's table.
void throttle_group_submit(struct engine *engine, int64_t now_ns, struct engine_request *request);
void throttle_group_fire(struct engine *engine, int64_t now_ns, struct timer *timer);
void throttle_group_parameters_of(const void *node, struct engine_parameters *parameters);
void throttle_group_node_gauge(const struct engine *engine, const void *node, int64_t now_ns,
                               struct engine_node_gauge *gauge);
void throttle_group_member_gauge(const struct engine *engine, const void *member,
                                 struct engine_member_gauge *gauge);

#endif
