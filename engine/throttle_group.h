// SPDX-License-Identifier: GPL-2.0-or-later
// Internals of the throttle-group engine, shared by its files.
//
//     throttle_group.c          requests and timers: the hot path, allocates nothing
//     throttle_group_control.c  set-up, and the table of operations
//     throttle_group_nodes.c    operations on groups
//     throttle_group_members.c  operations on members
//     throttle_group_gauge.c    read-only views
#ifndef ENGINE_THROTTLE_GROUP_H
#define ENGINE_THROTTLE_GROUP_H

#include "engine/engine_internal.h"
#include "engine/leaky_bucket.h"
#include "engine/limits.h"
#include "engine/member_ring.h"
#include "engine/request_queue.h"
#include "engine/timer_heap.h"
#include "engine/wait.h"

// One direction of a member.
struct flow {
    struct timer timer; // first: a timer leads back to its flow
    struct member *member;
    enum direction direction;
    struct request_queue fifo; // waiting requests
    struct head_wait wait;     // of the first of them
    uint64_t waiting;          // length of the FIFO
    uint64_t pending;          // waiting, or woken and not yet gone
};

struct member {
    struct ring_node ring; // first: a ring node leads back to its member
    uint32_t id;
    enum engine_attach attach;
    bool attached;            // to the event loop
    unsigned limits_disabled; // how often it is drained
    struct group *group;      // NULL: in none
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
    struct engine base; // first: an engine leads back to it
    struct member **members;
    uint32_t member_count;
    struct group **groups; // by id; NULL: gone
    uint32_t group_count;
    struct timer_heap timers;
    struct engine_request *woken; // to run next; NULL: none
    uint64_t waiting;             // submitted and not dispatched
    int64_t wait_ns[CAUSE_COUNT]; // of the request that leaves next, if it waited
};

static inline struct throttle_groups *throttle_groups_of(struct engine *engine)
{
    return (struct throttle_groups *)engine;
}

static inline struct group *throttle_groups_node(const struct throttle_groups *groups, uint32_t id)
{
    return id < groups->group_count ? groups->groups[id] : NULL;
}

static inline struct member *throttle_groups_member(const struct throttle_groups *groups,
                                                    uint32_t id)
{
    return id < groups->member_count ? groups->members[id] : NULL;
}

// A flow's timer is no longer pending: nobody waits for it any more.
void throttle_group_timer_gone(struct flow *flow, int64_t now_ns);

// A pending timer is cancelled and its firing done now; otherwise restarts. For both directions.
void throttle_group_kick(struct throttle_groups *groups, struct member *member, int64_t now_ns);

// Lets the next request of the direction go, or arms a timer for it. prefer_own: the member's own
// FIFO comes before the member whose turn it is.
void throttle_group_schedule_next(struct throttle_groups *groups, struct flow *flow, int64_t now_ns,
                                  bool prefer_own);

// A group without limits, with room for one member. NULL: out of memory.
struct group *throttle_group_node_new(struct throttle_groups *groups, bool implicit);
void throttle_group_node_free(struct throttle_groups *groups, struct group *group);

// All levels become 0. Armed timers stay as they are.
void throttle_group_set_limits(struct group *group, const struct engine_parameters *limits,
                               int64_t now_ns);

// What the group's limits are once the operation's given ones replace theirs, if that is valid.
enum engine_status throttle_group_check_merged(const struct group *group,
                                               struct engine_operation *operation,
                                               struct engine_parameters *merged);

// One function for each enum engine_operation_kind.
typedef enum engine_status throttle_group_operation(struct throttle_groups *groups, int64_t now_ns,
                                                    struct engine_operation *operation);
throttle_group_operation throttle_group_node_create;
throttle_group_operation throttle_group_node_delete;
throttle_group_operation throttle_group_node_set;
throttle_group_operation throttle_group_member_create;
throttle_group_operation throttle_group_member_join;
throttle_group_operation throttle_group_member_leave;
throttle_group_operation throttle_group_member_set;
throttle_group_operation throttle_group_drain_begin;
throttle_group_operation throttle_group_drain_end;
throttle_group_operation throttle_group_detach;
throttle_group_operation throttle_group_attach;

struct engine *throttle_group_create(const struct engine_callbacks *callbacks);
void throttle_group_destroy(struct engine *engine);
enum engine_status throttle_group_check(const struct engine_parameters *parameters,
                                        struct engine_fault *fault);
enum engine_status throttle_group_control(struct engine *engine, int64_t now_ns,
                                          struct engine_operation *operation);
bool throttle_group_node_gauge(const struct engine *engine, uint32_t node, int64_t now_ns,
                               struct engine_node_gauge *gauge);
bool throttle_group_member_gauge(const struct engine *engine, uint32_t member,
                                 struct engine_member_gauge *gauge);
bool throttle_group_parameters_of(const struct engine *engine, uint32_t node,
                                  struct engine_parameters *parameters);

#endif
