// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/info_trial.h"

#include <stdlib.h>

bool info_group_make(struct info_group *group, uint32_t members)
{
    size_t count;
    *group = (struct info_group){.group = {.name = ""}};
    group->scenario = (struct scenario){
        .algorithm = engine_algorithms(&count)[0],
        .groups = &group->group,
        .group_count = 1,
        .members = calloc(members, sizeof *group->scenario.members),
        .member_count = members,
        .end_ns = SCENARIO_NO_LIMIT,
    };
    // All are in group 0, as filters: everything but flushes counts.
    return group->scenario.members != NULL;
}

void info_group_free(struct info_group *group)
{
    free(group->scenario.members);
    *group = (struct info_group){0};
}

static void count_waiting(void *context, const struct sim_request *request)
{
    struct info_trial *trial = context;
    trial->waiting += request->engine.dispatch_ns > request->engine.arrival_ns;
}

static const struct replay_observer observer = {.dispatch = count_waiting};

// There is one arrival at a time.
static bool take(struct arrivals *arrivals, struct sim_error *error)
{
    (void)error;
    arrivals->next = NULL;
    return true;
}

bool info_trial_open(struct info_trial *trial, struct info_group *group, struct request_pool *pool,
                     const char *key, int64_t limit)
{
    int row = engine_parameter_find(group->scenario.algorithm, key);
    struct replay_supply supply = {.arrivals = &trial->arrivals, .pool = pool};
    group->group.limits = (struct engine_parameters){.given = 1u << row};
    group->group.limits.value[row] = limit;
    trial->arrivals = (struct arrivals){.advance = take};
    trial->is_open = true;
    trial->given_up = false;
    trial->waiting = 0;
    return replay_open(&trial->replay, &group->scenario, &supply, &group->error) &&
           replay_start(&trial->replay, &observer, trial);
}

bool info_trial_add(struct info_trial *trial, uint32_t member, const struct info_record *record)
{
    if (!trial->is_open)
        return true;
    if (request_pool_is_spent(trial->replay.pool)) {
        trial->given_up = true;
        info_trial_close(trial);
        return true;
    }
    trial->arrival = (struct arrival){
        .time_ns = record->arrival_ns,
        .member = member,
        .request = {.op = record->op, .bytes = record->bytes},
    };
    trial->arrivals.next = &trial->arrival;
    while (trial->arrivals.next != NULL) {
        if (replay_next(&trial->replay) == REPLAY_FAILED)
            return false;
    }
    return true;
}

// What has not left by now will wait.
void info_trial_finish(struct info_trial *trial)
{
    int64_t time_ns;
    if (!trial->is_open)
        return;
    while (replay_peek(&trial->replay, &time_ns) != REPLAY_NOTHING &&
           time_ns <= trial->replay.now_ns)
        replay_next(&trial->replay);
    trial->waiting += engine_waiting(trial->replay.control.engine);
}

void info_trial_close(struct info_trial *trial)
{
    if (trial->is_open)
        replay_close(&trial->replay);
    trial->is_open = false;
}
