// SPDX-License-Identifier: GPL-2.0-or-later
// What follows when an instant is over: queue lengths, who is backlogged, and fairness.
#include "reports/recorder/recorder_internal.h"

void recorder_unsettle_group(struct report_recorder *recorder, uint32_t group)
{
    bool *unsettled = &recorder->groups[group].unsettled;
    if (!*unsettled)
        *unsettled = recorder_list_add(recorder, &recorder->unsettled_groups, group);
}

static uint64_t larger(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

static void settle_queue(struct report_recorder *recorder, struct recorder_queue *queue)
{
    int64_t now_ns = recorder->now_ns;
    if (queue->length == queue->settled)
        return;
    if (queue->settled > 0) {
        report_sum_add_product(&queue->area, queue->settled, (uint64_t)(now_ns - queue->since_ns));
        // The old length stood in this interval, unless that begins with this very instant.
        if (now_ns > recorder_grain(recorder)->start_ns)
            queue->interval_max = larger(queue->interval_max, queue->settled);
    }
    queue->settled = queue->length;
    queue->since_ns = now_ns;
    queue->max = larger(queue->max, queue->settled);
    queue->interval_max = larger(queue->interval_max, queue->settled);
}

static void enter_backlog(struct report_recorder *recorder, uint32_t number)
{
    struct recorder_member *member = &recorder->members[number];
    struct recorder_group *group = &recorder->groups[member->group];
    if (group->fairness == NULL)
        group->fairness = report_fairness_create();
    if (group->fairness == NULL) {
        report_rows_fail(recorder->rows, "out of memory for the fairness of a group");
        return;
    }
    if (!recorder_list_add(recorder, &group->backlogged, number))
        return;
    member->backlog_position = (uint32_t)group->backlogged.count - 1;
    member->backlogged_since_ns = recorder->now_ns;
    member->slot = report_fairness_enter(group->fairness);
}

// Takes a member off its group's list of the backlogged.
static void remove_backlogged(struct report_recorder *recorder, struct recorder_member *member)
{
    struct recorder_list *list = &recorder->groups[member->group].backlogged;
    uint32_t last = list->items[--list->count];
    list->items[member->backlog_position] = last;
    recorder->members[last].backlog_position = member->backlog_position;
    member->backlog_position = REPORT_NONE;
}

static void leave_backlog(struct report_recorder *recorder, struct recorder_member *member)
{
    remove_backlogged(recorder, member);
    report_fairness_leave(recorder->groups[member->group].fairness, member->slot);
    member->slot = REPORT_FAIRNESS_NO_SLOT;
}

void recorder_leave_group(struct report_recorder *recorder, uint32_t number)
{
    struct recorder_member *member = &recorder->members[number];
    if (member->backlog_position == REPORT_NONE)
        return;
    remove_backlogged(recorder, member);
    recorder_list_add(recorder, &recorder->groups[member->group].left, member->slot);
    recorder_unsettle_group(recorder, member->group);
    member->slot = REPORT_FAIRNESS_NO_SLOT;
}

static void settle_stream(struct report_recorder *recorder, uint32_t stream)
{
    uint32_t number = stream / REPORT_DIRECTION_COUNT;
    struct recorder_member *member = &recorder->members[number];
    struct recorder_stream *touched = &member->streams[stream % REPORT_DIRECTION_COUNT];
    touched->touched = false;
    settle_queue(recorder, &touched->queue);
    settle_queue(recorder, &member->streams[RECORDER_READ_WRITE].queue);
    bool backlogged = member->backlog_position != REPORT_NONE;
    if (backlogged && member->backlog == 0)
        leave_backlog(recorder, member);
    else if (!backlogged && member->backlog > 0 && member->group != REPORT_NONE)
        enter_backlog(recorder, number);
}

static void settle_group(struct recorder_group *group)
{
    report_fairness_settle(group->fairness);
    for (size_t i = 0; i < group->left.count; i++)
        report_fairness_leave(group->fairness, group->left.items[i]);
    group->left.count = 0;
    group->unsettled = false;
}

void recorder_settle(struct report_recorder *recorder)
{
    recorder_queue_latest(recorder);
    // Fairness first: the request that ends a backlog still counts.
    for (size_t i = 0; i < recorder->unsettled_groups.count; i++)
        settle_group(&recorder->groups[recorder->unsettled_groups.items[i]]);
    recorder->unsettled_groups.count = 0;
    for (size_t i = 0; i < recorder->touched.count; i++)
        settle_stream(recorder, recorder->touched.items[i]);
    recorder->touched.count = 0;
}

static bool is_unsettled(const struct report_recorder *recorder)
{
    return recorder->latest.stream != REPORT_NONE || recorder->touched.count > 0 ||
           recorder->unsettled_groups.count > 0;
}

void report_recorder_advance(struct report_recorder *recorder, int64_t now_ns)
{
    if (now_ns <= recorder->now_ns)
        return;
    if (is_unsettled(recorder))
        recorder_settle(recorder);
    recorder->now_ns = now_ns;
    if (now_ns > recorder->boundary_ns)
        recorder_next_intervals(recorder, now_ns);
}
