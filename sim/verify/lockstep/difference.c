// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/difference.h"

#include "sim/replay/recording.h"
#include "sim/verify/lockstep/disks.h"

#include <stdlib.h>
#include <string.h>

// ---- How things stand ----

static bool copy_name(char **copy, const char *name)
{
    *copy = strdup(name);
    return *copy != NULL;
}

// The armed timer of a direction is one member's.
static int64_t find_deadline(const struct control *control, uint32_t node,
                             enum disk_direction direction)
{
    int64_t deadline_ns = ENGINE_NEVER;
    for (uint32_t i = 0; i < control->scenario->member_count; i++) {
        struct engine_member_gauge gauge;
        if (engine_member_gauge(control->engine, i, &gauge) && gauge.node == node &&
            gauge.timer_pending[direction] && gauge.deadline_ns[direction] < deadline_ns)
            deadline_ns = gauge.deadline_ns[direction];
    }
    return deadline_ns;
}

bool difference_look(struct difference *difference, const struct control *control, int64_t now_ns)
{
    struct engine_member_gauge member;
    const struct scenario *scenario = control->scenario;
    difference->operation_count = 0;
    while (difference->operation_count < scenario->event_count &&
           scenario->events[difference->operation_count].at_ns <= now_ns)
        difference->operation_count++;
    engine_member_gauge(control->engine, difference->member, &member);
    memcpy(difference->waiting, member.waiting, sizeof difference->waiting);
    if (member.node == ENGINE_NONE)
        return true;
    engine_node_gauge(control->engine, member.node, now_ns, &difference->node);
    bool ok = copy_name(&difference->group, control->node_names[member.node]);
    for (int i = 0; ok && i < DISK_DIRECTION_COUNT; i++) {
        uint32_t token = difference->node.token[i];
        difference->deadline_ns[i] = find_deadline(control, member.node, (enum disk_direction)i);
        if (token != ENGINE_NONE)
            ok = copy_name(&difference->token[i], scenario->members[token].name);
    }
    return ok;
}

void difference_free(struct difference *difference)
{
    free(difference->group);
    for (int i = 0; i < DISK_DIRECTION_COUNT; i++)
        free(difference->token[i]);
    *difference = (struct difference){0};
}

// ---- Which request ----

struct search {
    struct difference *difference;
    uint64_t arrived; // of the member and direction
    uint64_t left;
};

static bool is_wanted(const struct search *search, const struct sim_request *request)
{
    return request->engine.member == search->difference->member &&
           disks_direction(request->engine.op, request->throttled) == search->difference->direction;
}

static void note_arrival(void *context, const struct sim_request *request)
{
    struct search *search = context;
    struct difference *difference = search->difference;
    if (!is_wanted(search, request) || ++search->arrived != difference->number)
        return;
    struct report_request report = recording_request(request, REPORT_NOT_YET);
    difference->has_request = true;
    difference->seq = report.seq;
    difference->op = report.op;
    difference->bytes = report.bytes;
    difference->arrival_ns = report.arrival_ns;
}

static void note_departure(void *context, const struct sim_request *request)
{
    struct search *search = context;
    if (is_wanted(search, request) && ++search->left == search->difference->number)
        search->difference->our_ns = request->engine.dispatch_ns;
}

bool difference_find_request(struct difference *difference, const struct scenario *scenario,
                             struct sim_error *error)
{
    static const struct replay_observer observer = {
        .arrival = note_arrival,
        .dispatch = note_departure,
    };
    static const volatile sig_atomic_t never;
    struct replay replay;
    struct search search = {.difference = difference};
    difference->our_ns = ENGINE_NEVER;
    bool ok = replay_open(&replay, scenario, NULL, error) &&
              replay_start(&replay, &observer, &search) &&
              replay_all(&replay, &(struct replay_watch){.stop = &never}) == REPLAY_FINISHED;
    replay_close(&replay);
    return ok;
}
