// SPDX-License-Identifier: GPL-2.0-or-later
// What the model remembers, shared by its files (model.h).
#ifndef TESTS_SUPPORT_MODEL_STATE_H
#define TESTS_SUPPORT_MODEL_STATE_H

#include "tests/support/model.h"
#include "tests/support/model_limits.h"

// A list of requests in order.
struct model_entry {
    struct engine_request *request;
    struct model_member *at; // the throttle that it is in
    struct model_entry *next;
};

struct model_fifo {
    struct model_entry *first;
    uint64_t count;
};

struct model_timer {
    bool pending;
    int64_t deadline_ns;
    int cause;      // why it was armed
    uint64_t armed; // the how-manieth arming of all: equal deadlines fire in this order
};

struct model_member {
    uint32_t id;
    enum engine_attach attach;
    struct model_group *group;       // NULL: in none
    struct model_member *ring_after; // towards the one that joined before; NULL at the ring's end
    struct model_fifo fifo[DIRECTION_COUNT];
    uint64_t pending[DIRECTION_COUNT];
    struct model_timer timer[DIRECTION_COUNT];
    unsigned limits_disabled;
    bool holds; // what arrives, while it is drained
    struct model_fifo held;
    bool detached;
    struct model_member *above; // the throttle of the same disk that requests come from; or NULL
    struct model_member *below; // that they go to
    struct model_member *next;
};

struct model_group {
    uint32_t id;
    bool named; // created by name, not as an object: gone with its last member
    struct model_buckets buckets;
    struct model_member *ring_head;
    struct model_member *token[DIRECTION_COUNT];
    bool timer_armed[DIRECTION_COUNT];
    struct model_group *next;
};

struct model {
    const struct engine_algorithm *algorithm;
    struct engine_callbacks callbacks;
    struct model_group *groups;
    struct model_member *members;
    uint32_t group_count; // ever created
    uint32_t member_count;
    uint64_t armings;
    uint64_t waiting;
    int64_t last_ns;            // when something happened last
    struct model_fifo woken;    // to run, in this order
    struct model_fifo woken_by; // woken by the one that runs, before whose end they do not
};

// model_find.c: looking up, and the ring
struct model_group *model_find_group(const struct model *model, uint32_t id);
struct model_member *model_find_member(const struct model *model, uint32_t id);
struct model_member *model_ring_after(const struct model_member *member);
void model_ring_join(struct model_group *group, struct model_member *member);
void model_ring_leave(struct model_member *member);
void model_fifo_append(struct model_fifo *fifo, struct engine_request *request,
                       struct model_member *at);
struct model_entry model_fifo_take(struct model_fifo *fifo);

// model_causes.c: section 10
// To be called before anything happens at now_ns.
void model_time_passes(struct model *model, int64_t now_ns);
// A request of this direction has to wait.
void model_tell_ran_out(struct model *model, const struct model_group *group,
                        struct model_buckets *buckets, enum direction direction, int64_t now_ns);

// model.c: section 2
void model_schedule_next(struct model *model, struct model_member *member, enum direction direction,
                         int64_t now_ns, bool prefers_own);
void model_end_drain(struct model *model, struct model_member *member, int64_t now_ns);
void model_restart(struct model *model, struct model_member *member, enum direction direction,
                   int64_t now_ns);
void model_timer_fires(struct model *model, struct model_member *member, enum direction direction,
                       int64_t now_ns);

#endif
