// SPDX-License-Identifier: GPL-2.0-or-later
// Section 2 of the model's specification: requests, tokens and timers. Every function below is one
// paragraph of it.
#include "tests/support/model_state.h"
#include "tests/support/model_wait.h"

#include <assert.h>
#include <stdlib.h>

static struct model_member *next_token(const struct model_member *m, enum direction direction)
{
    if (m->pending[direction] > 0 && m->limits_disabled > 0)
        return (struct model_member *)m;
    struct model_member *token = m->group->token[direction];
    struct model_member *t = model_ring_after(token);
    while (t != token && t->pending[direction] == 0)
        t = model_ring_after(t);
    if (t == token && token->pending[direction] == 0)
        return (struct model_member *)m;
    return t;
}

static int64_t saturating_sum(int64_t now_ns, int64_t wait_ns)
{
    return wait_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + wait_ns;
}

static void arm_timer(struct model *model, struct model_member *m, enum direction direction,
                      int64_t deadline_ns, int cause)
{
    assert(!m->detached);
    m->timer[direction] = (struct model_timer){
        .pending = true,
        .deadline_ns = deadline_ns,
        .cause = cause,
        .armed = model->armings++,
    };
}

static bool must_wait(struct model *model, struct model_member *m, enum direction direction,
                      int64_t now_ns)
{
    struct model_group *group = m->group;
    if (m->limits_disabled > 0)
        return false;
    if (group->timer_armed[direction])
        return true;
    model_buckets_leak(&group->buckets, now_ns);
    int cause = CAUSE_TURN;
    int64_t wait_ns = model_buckets_wait(&group->buckets, direction, &cause);
    if (wait_ns == 0)
        return false;
    model_tell_ran_out(model, group, &group->buckets, direction, now_ns);
    if (!m->timer[direction].pending)
        arm_timer(model, m, direction, saturating_sum(now_ns, wait_ns), cause);
    group->token[direction] = m;
    group->timer_armed[direction] = true;
    return true;
}

static enum direction direction_of(const struct model_member *m, enum engine_op op)
{
    switch (op) {
    case ENGINE_READ:
        return DIRECTION_READ;
    case ENGINE_WRITE:
    case ENGINE_WRITE_ZEROES:
        return DIRECTION_WRITE;
    case ENGINE_DISCARD:
        return m->attach == ENGINE_FILTER ? DIRECTION_WRITE : ENGINE_NOT_THROTTLED;
    default:
        return ENGINE_NOT_THROTTLED;
    }
}

static bool is_stacked(const struct model_member *m)
{
    return m->above != NULL || m->below != NULL;
}

// Where a disk has several throttles each tells of what was waited for in it.
static void tell_passed(const struct model *model, const struct model_member *m,
                        struct engine_request *request, int64_t now_ns)
{
    int64_t *parts = model_wait_parts(request), sum_ns = 0;
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        sum_ns += parts[cause];
    if (model->callbacks.passed != NULL)
        model->callbacks.passed(model->callbacks.context, now_ns, request, m->id,
                                sum_ns > 0 ? parts : NULL);
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        parts[cause] = 0;
}

static void to_device(struct model *model, struct engine_request *request, bool stacked,
                      int64_t now_ns)
{
    model->waiting--;
    if (!stacked) {
        model_wait_end(request, now_ns, &model->callbacks);
        return;
    }
    model_wait_forget(request);
    request->dispatch_ns = now_ns;
    model->callbacks.dispatch(model->callbacks.context, request, NULL);
}

static void comes_to(struct model *model, struct model_member *m, struct engine_request *request,
                     int64_t now_ns);

static void goes_on(struct model *model, struct model_member *m, struct engine_request *request,
                    int64_t now_ns)
{
    if (m->below != NULL)
        comes_to(model, m->below, request, now_ns);
    else
        to_device(model, request, is_stacked(m), now_ns);
}

static void leaves(struct model *model, struct model_member *m, struct engine_request *request,
                   int64_t now_ns)
{
    enum direction direction = direction_of(m, request->op);
    if (is_stacked(m))
        tell_passed(model, m, request, now_ns);
    model_buckets_account(&m->group->buckets, direction, request->bytes);
    model_schedule_next(model, m, direction, now_ns, true);
    goes_on(model, m, request, now_ns);
}

static void comes_to(struct model *model, struct model_member *m, struct engine_request *request,
                     int64_t now_ns)
{
    enum direction direction = direction_of(m, request->op);
    if (m->group == NULL || direction == ENGINE_NOT_THROTTLED) {
        // What was held above all of them was so above the first.
        if (m->below != NULL && m->above == NULL && now_ns > request->arrival_ns)
            tell_passed(model, m, request, now_ns);
        goes_on(model, m, request, now_ns);
        return;
    }
    struct model_member *t = next_token(m, direction);
    if (must_wait(model, t, direction, now_ns) || m->pending[direction] > 0) {
        m->pending[direction]++;
        model_fifo_append(&m->fifo[direction], request, m);
        return;
    }
    leaves(model, m, request, now_ns);
}

// One has stopped: those that it woke come before those that were woken earlier.
static void put_in_front(struct model *model)
{
    struct model_fifo earlier = model->woken;
    model->woken = model->woken_by;
    model->woken_by = (struct model_fifo){.first = NULL};
    while (earlier.first != NULL) {
        struct model_entry entry = model_fifo_take(&earlier);
        model_fifo_append(&model->woken, entry.request, entry.at);
    }
}

static void run_woken(struct model *model, int64_t now_ns)
{
    put_in_front(model);
    while (model->woken.first != NULL) {
        struct model_entry entry = model_fifo_take(&model->woken);
        entry.at->pending[direction_of(entry.at, entry.request->op)]--;
        leaves(model, entry.at, entry.request, now_ns);
        put_in_front(model);
    }
}

static void wake_first(struct model *model, struct model_member *m, enum direction direction)
{
    model_fifo_append(&model->woken_by, model_fifo_take(&m->fifo[direction]).request, m);
}

static void arrives(struct model *model, struct model_member *m, int64_t now_ns,
                    struct engine_request *request)
{
    comes_to(model, m, request, now_ns);
    run_woken(model, now_ns);
}

void model_submit(struct model *model, int64_t now_ns, struct engine_request *request)
{
    struct model_member *m = model_find_member(model, request->member);
    assert(m != NULL && !m->detached);
    model_time_passes(model, now_ns);
    request->arrival_ns = now_ns;
    model_wait_begin(request);
    model->waiting++;
    if (m->limits_disabled > 0 && m->holds)
        model_fifo_append(&m->held, request, m);
    else
        arrives(model, m, now_ns, request);
}

void model_end_drain(struct model *model, struct model_member *m, int64_t now_ns)
{
    for (struct model_member *each = m; each != NULL; each = each->below)
        each->limits_disabled--;
    if (m->limits_disabled > 0)
        return;
    m->holds = false;
    while (m->held.first != NULL)
        arrives(model, m, now_ns, model_fifo_take(&m->held).request);
}

void model_schedule_next(struct model *model, struct model_member *m, enum direction direction,
                         int64_t now_ns, bool prefers_own)
{
    struct model_member *t = next_token(m, direction);
    if (t->pending[direction] == 0)
        return;
    if (must_wait(model, t, direction, now_ns))
        return;
    if (prefers_own && m->fifo[direction].first != NULL) {
        wake_first(model, m, direction);
        m->group->token[direction] = m;
        return;
    }
    arm_timer(model, t, direction, now_ns, CAUSE_TURN);
    m->group->timer_armed[direction] = true;
    m->group->token[direction] = t;
}

void model_restart(struct model *model, struct model_member *m, enum direction direction,
                   int64_t now_ns)
{
    if (m->fifo[direction].first != NULL)
        wake_first(model, m, direction);
    else
        model_schedule_next(model, m, direction, now_ns, true);
    run_woken(model, now_ns);
}

void model_timer_fires(struct model *model, struct model_member *m, enum direction direction,
                       int64_t now_ns)
{
    m->timer[direction].pending = false;
    m->group->timer_armed[direction] = false;
    model_restart(model, m, direction, now_ns);
}

// The timer that fires first, by deadline and then by arming; NULL if none is pending.
static struct model_timer *first_timer(const struct model *model, struct model_member **member,
                                       enum direction *direction)
{
    struct model_timer *first = NULL;
    for (struct model_member *m = model->members; m != NULL; m = m->next) {
        for (int d = 0; d < DIRECTION_COUNT; d++) {
            struct model_timer *timer = &m->timer[d];
            if (!timer->pending)
                continue;
            if (first == NULL || timer->deadline_ns < first->deadline_ns ||
                (timer->deadline_ns == first->deadline_ns && timer->armed < first->armed)) {
                first = timer;
                *member = m;
                *direction = (enum direction)d;
            }
        }
    }
    return first;
}

int64_t model_next_deadline(const struct model *model)
{
    struct model_member *member;
    enum direction direction;
    const struct model_timer *timer = first_timer(model, &member, &direction);
    return timer == NULL ? ENGINE_NEVER : timer->deadline_ns;
}

void model_fire(struct model *model, int64_t now_ns)
{
    model_time_passes(model, now_ns);
    for (;;) {
        struct model_member *member;
        enum direction direction;
        const struct model_timer *timer = first_timer(model, &member, &direction);
        if (timer == NULL || timer->deadline_ns > now_ns || timer->deadline_ns == INT64_MAX)
            return;
        model_timer_fires(model, member, direction, now_ns);
    }
}

uint64_t model_waiting(const struct model *model)
{
    return model->waiting;
}
