// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/difference.h"

#include "sim/replay/replay.h"
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
                             enum engine_direction direction)
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
    memcpy(difference->waiting, member.waiting, sizeof member.waiting);
    if (member.node == ENGINE_NONE)
        return true;
    engine_node_gauge(control->engine, member.node, now_ns, &difference->node);
    bool ok = copy_name(&difference->group, control->node_names[member.node]);
    for (int i = 0; ok && i < ENGINE_DIRECTION_COUNT; i++) {
        uint32_t token = difference->node.token[i];
        difference->deadline_ns[i] = find_deadline(control, member.node, (enum engine_direction)i);
        if (token != ENGINE_NONE)
            ok = copy_name(&difference->token[i], scenario->members[token].name);
    }
    return ok;
}

void difference_free(struct difference *difference)
{
    free(difference->group);
    for (int i = 0; i < ENGINE_DIRECTION_COUNT; i++)
        free(difference->token[i]);
    *difference = (struct difference){0};
}

// ---- Which request ----

struct search {
    struct difference *difference;
    struct replay *replay;
    uint64_t arrived; // of the member and direction
    uint64_t left;
};

static bool is_wanted(const struct search *search, uint32_t member, enum engine_op op,
                      bool throttled)
{
    return member == search->difference->member &&
           disks_direction(op, throttled) == search->difference->direction;
}

static void note_departure(void *context, const struct sim_request *request)
{
    struct search *search = context;
    const struct report_request *report = &request->report;
    if (is_wanted(search, report->member, request->engine.op, report->throttled) &&
        ++search->left == search->difference->number)
        search->difference->our_ns = report->dispatch_ns;
}

static void note_arrival(struct search *search)
{
    struct difference *difference = search->difference;
    const struct arrival *arrival = sources_next(search->replay->sources);
    enum engine_op op = replay_op(arrival->request.op);
    bool throttled = observer_throttles(&search->replay->observer, arrival->member, op);
    if (!is_wanted(search, arrival->member, op, throttled) ||
        ++search->arrived != difference->number)
        return;
    difference->has_request = true;
    difference->seq = search->replay->next_seq;
    difference->op = trace_op_name(arrival->request.op);
    difference->bytes = arrival->request.bytes;
    difference->arrival_ns = arrival->time_ns;
}

static bool search_all(struct search *search)
{
    for (;;) {
        int64_t time_ns;
        if (replay_peek(search->replay, &time_ns) == REPLAY_ARRIVAL &&
            time_ns <= search->replay->scenario->end_ns)
            note_arrival(search);
        enum replay_step step = replay_next(search->replay);
        if (step != REPLAY_MORE)
            return step == REPLAY_FINISHED;
    }
}

bool difference_find_request(struct difference *difference, const struct scenario *scenario,
                             struct sim_error *error)
{
    struct report_database *database;
    struct replay replay;
    struct search search = {.difference = difference, .replay = &replay};
    enum report_status status = REPORT_COMPLETE;
    difference->our_ns = ENGINE_NEVER;
    bool ok = run_open_unstored(&replay, scenario, &database, error);
    replay.tap = note_departure;
    replay.tap_context = &search;
    ok = ok && search_all(&search);
    if (database != NULL)
        ok = run_close(&replay, &status, error) && ok;
    report_database_close(database);
    return ok;
}
