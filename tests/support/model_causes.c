// SPDX-License-Identifier: GPL-2.0-or-later
// Why requests wait, the obvious way: whenever something is about to happen, every waiting request
// gets the time since the last happening, under what kept it in between.
#include "tests/support/model_state.h"
#include "tests/support/model_wait.h"

static void first_waits(const struct model_timer *timer, struct engine_request *request,
                        int64_t from_ns, int64_t to_ns)
{
    if (!timer->pending) {
        model_wait_add(request, CAUSE_TURN, to_ns - from_ns);
        return;
    }
    for (int part = 0; part < 2; part++) {
        bool is_late = part == 1;
        int64_t begin_ns = is_late && timer->deadline_ns > from_ns ? timer->deadline_ns : from_ns;
        int64_t end_ns = !is_late && timer->deadline_ns < to_ns ? timer->deadline_ns : to_ns;
        if (end_ns > begin_ns)
            model_wait_add(request, is_late ? CAUSE_TIMER : timer->cause, end_ns - begin_ns);
    }
}

void model_time_passes(struct model *model, int64_t now_ns)
{
    if (now_ns == model->last_ns)
        return;
    for (struct model_member *m = model->members; m != NULL; m = m->next) {
        for (const struct model_entry *entry = m->held.first; entry != NULL; entry = entry->next)
            model_wait_add(entry->request, CAUSE_DRAIN, now_ns - model->last_ns);
        for (int d = 0; d < DIRECTION_COUNT; d++) {
            const struct model_entry *first = m->fifo[d].first;
            if (first == NULL)
                continue;
            first_waits(&m->timer[d], first->request, model->last_ns, now_ns);
            for (const struct model_entry *entry = first->next; entry != NULL; entry = entry->next)
                model_wait_add(entry->request, CAUSE_QUEUE, now_ns - model->last_ns);
        }
    }
    model->last_ns = now_ns;
}

void model_tell_ran_out(struct model *model, const struct model_group *group,
                        struct model_buckets *buckets, enum direction direction, int64_t now_ns)
{
    for (int cause = 0; cause < CAUSE_BURST; cause++) {
        int64_t refill_ns = model_bucket_runs_out(buckets, cause, direction);
        if (refill_ns > 0 && model->callbacks.ran_out != NULL)
            model->callbacks.ran_out(model->callbacks.context, now_ns, group->id, cause, refill_ns);
    }
}
