// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU's throttle groups: requests and timers.
//
// Members of a group share six leaky buckets. Per direction at most one timer of the group is
// armed, and one member holds the token: it is the one the timer is for, or the last that was
// preferred. When a request leaves, the member that is served next is looked for; if the buckets
// make it wait, its timer is armed; otherwise a waiting request of the *current* member is woken if
// there is one, and only then the turn goes round. There is no scheduler beyond that: whoever
// finishes decides who is next.
//
// A member may have several throttles, one below the other. Each is a struct member, in a group of
// its own choice; a request that leaves one comes to the next in the same step.
//
// Invariants while nobody is drained: a flow's `pending` equals its FIFO's length between calls; a
// group's timer_armed is true exactly when one timer of that direction is pending; whenever
// something waits, one is.
//
// Source: sections 2 and 3 of the specification, docs/model.md. The names of the functions are
// those of the rules there.
#include "engine/throttle_group.h"

#include <assert.h>

static void add_pending(struct flow *flow)
{
    if (flow->pending++ == 0)
        member_ring_mark(&flow->member->group->ring, (enum ring_set)flow->direction,
                         &flow->member->ring);
}

static void drop_pending(struct flow *flow)
{
    assert(flow->pending > 0);
    if (--flow->pending == 0)
        member_ring_unmark(&flow->member->group->ring, (enum ring_set)flow->direction,
                           &flow->member->ring);
}

static inline struct flow *next_token(struct flow *flow)
{
    struct group *group = flow->member->group;
    enum ring_set pending = (enum ring_set)flow->direction;
    if (member_ring_is_empty(&group->ring, pending) ||
        (flow->pending > 0 && flow->member->limits_disabled > 0))
        return flow;
    const struct ring_node *token = &group->token[flow->direction]->ring;
    struct ring_node *next = member_ring_next(&group->ring, pending, token);
    return &((struct member *)next)->flows[flow->direction];
}

static void arm(struct throttle_groups *groups, struct flow *flow, int64_t now_ns,
                int64_t deadline_ns, int cause)
{
    assert(flow->member->attached);
    timer_heap_arm(&groups->base.timers, &flow->timer, deadline_ns);
    fifo_wait_for(&flow->fifo, now_ns, cause, deadline_ns);
}

void throttle_group_timer_gone(struct flow *flow, int64_t now_ns)
{
    flow->member->group->timer_armed[flow->direction] = false;
    fifo_wait_for(&flow->fifo, now_ns, CAUSE_TURN, ENGINE_NEVER);
}

static inline bool must_wait(struct throttle_groups *groups, struct flow *flow, int64_t now_ns)
{
    struct group *group = flow->member->group;
    if (flow->member->limits_disabled > 0)
        return false;
    if (group->timer_armed[flow->direction])
        return true;
    leaky_buckets_leak(&group->buckets, now_ns);
    int cause = CAUSE_TURN;
    int64_t wait_ns = leaky_buckets_wait_ns(&group->buckets, flow->direction, &cause);
    if (wait_ns == 0)
        return false;
    limits_tell_ran_out(&groups->base, &group->buckets, flow->direction, group->id, now_ns);
    int64_t deadline_ns = wait_ns > ENGINE_NEVER - now_ns ? ENGINE_NEVER : now_ns + wait_ns;
    if (!timer_is_pending(&flow->timer))
        arm(groups, flow, now_ns, deadline_ns, cause);
    group->token[flow->direction] = flow->member;
    group->timer_armed[flow->direction] = true;
    return true;
}

// Of a member with several throttles each tells how long the request waited in it.
static void tell_passed(struct throttle_groups *groups, const struct member *member,
                        const struct engine_request *request, const int64_t *wait_ns,
                        int64_t now_ns)
{
    const struct engine_callbacks *callbacks = &groups->base.callbacks;
    if (callbacks->passed == NULL)
        return;
    groups->base.dispatching = true;
    callbacks->passed(callbacks->context, now_ns, request, member->id, wait_ns);
    groups->base.dispatching = false;
}

// The first of the FIFO, if there is one, will run when the one that wakes it waits again or is at
// the device. There is never more than one: a request passes a throttle, without waiting, only if
// none of its own member waits there, and then has none to wake.
static bool wake(struct throttle_groups *groups, struct flow *flow, int64_t now_ns)
{
    struct engine_request *request = fifo_pop(&flow->fifo, now_ns, groups->wait_ns);
    if (request == NULL)
        return false;
    flow->waiting--;
    flow->member->group->waiting[flow->direction]--;
    assert(groups->woken == NULL);
    groups->woken = request;
    groups->woken_of = flow;
    if (flow->member->is_stacked) {
        bool is_below = flow->member->is_below;
        if (is_below) // it was not held, but in those above, until it came
            groups->wait_ns[CAUSE_DRAIN] = 0;
        int64_t since_ns = is_below ? request->dispatch_ns : request->arrival_ns;
        tell_passed(groups, flow->member, request, now_ns > since_ns ? groups->wait_ns : NULL,
                    now_ns);
    }
    return true;
}

void throttle_group_schedule_next(struct throttle_groups *groups, struct flow *flow, int64_t now_ns,
                                  bool prefer_own)
{
    struct group *group = flow->member->group;
    struct flow *next = next_token(flow);
    if (next->pending == 0 || must_wait(groups, next, now_ns))
        return;
    if (prefer_own && wake(groups, flow, now_ns)) {
        group->token[flow->direction] = flow->member;
        return;
    }
    arm(groups, next, now_ns, now_ns, CAUSE_TURN);
    group->timer_armed[flow->direction] = true;
    group->token[flow->direction] = next->member;
}

// A request leaves a throttle. If it is the last one it is handed over before the next is woken,
// whose parts take the place of this one's. Where there are several they have told theirs.
static inline void pass(struct throttle_groups *groups, struct flow *flow,
                        struct engine_request *request, int64_t now_ns)
{
    const struct member *member = flow->member;
    struct leaky_buckets *buckets = &member->group->buckets;
    limits_account(&groups->base, buckets, flow->direction, request, now_ns);
    if (member->below == NULL)
        engine_hand_over(&groups->base, now_ns, request,
                         member->is_stacked ? NULL : groups->wait_ns);
    throttle_group_schedule_next(groups, flow, now_ns, true);
}

// A request comes to a throttle, and goes on to those below until it waits or is at the device.
static inline void go_down(struct throttle_groups *groups, struct member *member,
                           struct engine_request *request, int64_t now_ns)
{
    for (; member != NULL; member = member->below) {
        enum direction direction = limit_direction_of[member->attach][request->op];
        // That it was held until now is told of the first.
        bool was_held = now_ns > request->arrival_ns && !member->is_below;
        const int64_t *wait_ns = was_held ? groups->wait_ns : NULL;
        if (member->group == NULL || direction == ENGINE_NOT_THROTTLED) {
            if (member->is_stacked && was_held)
                tell_passed(groups, member, request, wait_ns, now_ns);
            if (member->below == NULL)
                engine_hand_over(&groups->base, now_ns, request,
                                 member->is_stacked ? NULL : wait_ns);
            continue;
        }
        struct flow *flow = &member->flows[direction];
        if (must_wait(groups, next_token(flow), now_ns) || flow->pending > 0) {
            add_pending(flow);
            fifo_push(&flow->fifo, now_ns, request);
            flow->waiting++;
            member->group->waiting[direction]++;
            return;
        }
        if (member->is_stacked)
            tell_passed(groups, member, request, wait_ns, now_ns);
        pass(groups, flow, request, now_ns);
    }
}

static void run_woken(struct throttle_groups *groups, int64_t now_ns)
{
    while (groups->woken != NULL) {
        struct engine_request *request = groups->woken;
        struct flow *flow = groups->woken_of;
        groups->woken = NULL;
        drop_pending(flow);
        pass(groups, flow, request, now_ns);
        go_down(groups, flow->member->below, request, now_ns);
    }
}

static void restart(struct throttle_groups *groups, struct flow *flow, int64_t now_ns)
{
    if (!wake(groups, flow, now_ns))
        throttle_group_schedule_next(groups, flow, now_ns, true);
    run_woken(groups, now_ns);
}

void throttle_group_kick(struct throttle_groups *groups, struct member *member, int64_t now_ns)
{
    for (int direction = 0; direction < DIRECTION_COUNT; direction++) {
        struct flow *flow = &member->flows[direction];
        if (timer_is_pending(&flow->timer)) {
            timer_heap_cancel(&groups->base.timers, &flow->timer);
            throttle_group_timer_gone(flow, now_ns);
        }
        restart(groups, flow, now_ns);
    }
}

// Flattened: what it calls is short and would be called for every request; an eighth of the time of
// a replay in which few wait.
__attribute__((flatten)) void throttle_group_submit(struct engine *engine, int64_t now_ns,
                                                    struct engine_request *request)
{
    struct throttle_groups *groups = throttle_groups_of(engine);
    struct member *member = groups->base.members.entry[request->member];
    if (member->holds) {
        request_queue_push(&member->held, request);
        return;
    }
    go_down(groups, member, request, now_ns);
    run_woken(groups, now_ns);
}

void throttle_group_release(struct throttle_groups *groups, struct member *member, int64_t now_ns)
{
    struct engine_request *request;
    member->holds = false;
    while ((request = request_queue_pop(&member->held)) != NULL) {
        memset(groups->wait_ns, 0, sizeof groups->wait_ns);
        groups->wait_ns[CAUSE_DRAIN] = now_ns - request->arrival_ns;
        go_down(groups, member, request, now_ns);
        run_woken(groups, now_ns);
    }
}

void throttle_group_fire(struct engine *engine, int64_t now_ns, struct timer *timer)
{
    struct flow *flow = (struct flow *)timer;
    throttle_group_timer_gone(flow, now_ns);
    restart(throttle_groups_of(engine), flow, now_ns);
}
