// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/info/info_trial.h"

#include "sim/base/stop.h"
#include "sim/workload/info/info_limits.h"

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
    // All are in group 0, as filters that take discards: everything counts that is kept for a
    // trial.
    for (size_t i = 0; i < members && group->scenario.members != NULL; i++)
        group->scenario.members[i].discard = SCENARIO_DISCARD_UNMAP;
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

// Each answer and the limit below it, replayed through the engine.

#define VOLUMES_MAX 1024 // of a recording with more, the answers stay unconfirmed
#define PASSES_MAX 200   // more than the way from any guess to any answer takes

// One answer on its way. The engine lets too many wait under `low`, not under `high`; 0 and
// INFO_LIMIT_MAX + 1 are so by definition.
struct doubt {
    enum info_limit kind;
    size_t stream;
    uint64_t allowed;
    struct info_answer *answer;
    int64_t low;
    int64_t high;
    int64_t guess; // where the edge is looked for: at guess and the limit below it
    int64_t step;
    uint64_t waiting; // under high
    bool settled;
    struct info_trial trials[2]; // of what is not known already
};

struct confirmation {
    struct info_spool *spool;
    struct info_spool *busy; // NULL, or what matters under the floors of the streams and above
    int64_t (*floors)[INFO_LIMIT_COUNT];
    bool needs_all; // some limit that is tried lies below
    size_t volume_count;
    struct doubt *doubts; // in order of stream
    size_t doubt_count;
    struct info_group volume; // one alone
    struct info_group all;    // all volumes together
    struct request_pool pool;
};

#define DOUBTS (INFO_LIMIT_COUNT * INFO_SHARE_COUNT) // of a stream

static void doubt_begin(struct doubt *doubt, size_t stream, struct info_answers *answers, int kind,
                        int share)
{
    struct info_answer *answer = &answers->answer[kind][share];
    *doubt = (struct doubt){
        .kind = (enum info_limit)kind,
        .stream = stream,
        .allowed = info_limits_allowed(answers->requests, (enum info_share)share),
        .answer = answer,
        .high = INFO_LIMIT_MAX + 1,
        .guess = answer->limit == 0 ? INFO_LIMIT_MAX + 1 : answer->limit,
        .step = 1,
    };
}

// Which limits to try next. What lies outside the bracket is known.
static bool doubt_open(struct doubt *doubt, struct confirmation *confirmation)
{
    bool is_all = doubt->stream == confirmation->volume_count;
    struct info_group *group = is_all ? &confirmation->all : &confirmation->volume;
    for (int i = 0; i < 2; i++) {
        int64_t limit = doubt->guess - i;
        if (limit <= doubt->low || limit >= doubt->high)
            continue;
        if (!info_trial_open(&doubt->trials[i], group, &confirmation->pool,
                             info_limit_keys[doubt->kind], limit))
            return false;
        confirmation->needs_all = confirmation->needs_all || confirmation->busy == NULL ||
                                  limit < confirmation->floors[doubt->stream][doubt->kind];
    }
    return true;
}

// The edge lies further up, or down, than looked for: in steps that grow, then by halves.
static void doubt_move(struct doubt *doubt)
{
    bool has_low = doubt->low > 0, has_high = doubt->high <= INFO_LIMIT_MAX;
    int64_t middle = doubt->low + (doubt->high - doubt->low) / 2;
    if (has_low != has_high) {
        doubt->guess = has_low ? doubt->low + doubt->step : doubt->high - doubt->step;
        doubt->step = doubt->step < INFO_LIMIT_MAX / 4 ? 4 * doubt->step : doubt->step;
    }
    if (has_low == has_high || doubt->guess <= doubt->low || doubt->guess > doubt->high)
        doubt->guess = middle + 1;
}

static void doubt_judge(struct doubt *doubt)
{
    bool given_up = false;
    for (int i = 0; i < 2; i++) {
        struct info_trial *trial = &doubt->trials[i];
        int64_t limit = doubt->guess - i;
        given_up = given_up || trial->given_up;
        if (!trial->is_open)
            continue;
        info_trial_finish(trial);
        if (trial->waiting > doubt->allowed && limit > doubt->low) {
            doubt->low = limit;
        } else if (trial->waiting <= doubt->allowed && limit < doubt->high) {
            doubt->high = limit;
            doubt->waiting = trial->waiting;
        }
    }
    doubt->settled = given_up || doubt->high - doubt->low <= 1;
    if (doubt->settled && !given_up) {
        *doubt->answer = (struct info_answer){
            .limit = doubt->high > INFO_LIMIT_MAX ? 0 : doubt->high,
            .waiting = doubt->waiting,
            .confirmed = true,
        };
    }
    doubt_move(doubt);
}

// first_limit: INFO_OF_VOLUME or INFO_OF_ALL, which the stream is.
static bool add_to_stream(struct confirmation *confirmation, size_t stream, uint32_t member,
                          const struct info_record *record, unsigned first_limit)
{
    struct doubt *doubts = &confirmation->doubts[stream * DOUBTS];
    for (size_t i = 0; i < 2 * DOUBTS; i++) {
        if ((record->spared >> (first_limit + doubts[i / 2].kind) & 1) != 0)
            continue;
        if (!info_trial_add(&doubts[i / 2].trials[i % 2], member, record))
            return false;
    }
    return true;
}

static bool replay(struct confirmation *confirmation, struct sim_error *error)
{
    struct info_spool *spool = confirmation->needs_all ? confirmation->spool : confirmation->busy;
    struct info_record record;
    size_t all = confirmation->volume_count;
    int more;
    if (!info_spool_rewind(spool, error))
        return false;
    while ((more = info_spool_read(spool, &record, error)) > 0) {
        if (!add_to_stream(confirmation, record.volume, 0, &record, INFO_OF_VOLUME) ||
            (all > 1 && !add_to_stream(confirmation, all, record.volume, &record, INFO_OF_ALL)))
            return sim_fail_memory(error);
        if (stop_signal != 0)
            return sim_fail(error, SIM_FAILED, "interrupted");
    }
    return more == 0;
}

// False: an error. *settled: nothing is left to be done.
static bool confirm_once(struct confirmation *confirmation, bool *settled, struct sim_error *error)
{
    bool ok = true;
    *settled = true;
    confirmation->needs_all = false;
    for (size_t i = 0; ok && i < confirmation->doubt_count; i++) {
        struct doubt *doubt = &confirmation->doubts[i];
        if (doubt->settled)
            continue;
        *settled = false;
        ok = doubt_open(doubt, confirmation) || sim_fail_memory(error);
    }
    ok = ok && (*settled || replay(confirmation, error));
    for (size_t i = 0; i < confirmation->doubt_count; i++) {
        struct doubt *doubt = &confirmation->doubts[i];
        if (ok && !doubt->settled)
            doubt_judge(doubt);
        info_trial_close(&doubt->trials[0]);
        info_trial_close(&doubt->trials[1]);
    }
    request_pool_free(&confirmation->pool);
    return ok;
}

bool info_limits_confirm(struct info_spool *spool, struct info_spool *busy,
                         int64_t (*floors)[INFO_LIMIT_COUNT], size_t volume_count,
                         struct info_answers *answers, struct sim_error *error)
{
    struct confirmation confirmation = {
        .spool = spool,
        .busy = busy,
        .floors = floors,
        .volume_count = volume_count,
        .pool = {.max = INFO_TRIAL_REQUESTS_MAX},
    };
    size_t streams = volume_count > 1 ? volume_count + 1 : volume_count;
    bool settled = false;
    if (streams == 0 || streams > VOLUMES_MAX)
        return true;
    confirmation.doubts = calloc(streams * DOUBTS, sizeof *confirmation.doubts);
    bool ok = confirmation.doubts != NULL && info_group_make(&confirmation.volume, 1) &&
              info_group_make(&confirmation.all, (uint32_t)volume_count);
    if (!ok)
        sim_fail_memory(error);
    for (size_t stream = 0; ok && stream < streams; stream++) {
        for (int i = 0; i < DOUBTS; i++)
            doubt_begin(&confirmation.doubts[confirmation.doubt_count++], stream, &answers[stream],
                        i / INFO_SHARE_COUNT, i % INFO_SHARE_COUNT);
    }
    for (int pass = 0; ok && !settled && pass < PASSES_MAX; pass++)
        ok = confirm_once(&confirmation, &settled, error);
    info_group_free(&confirmation.volume);
    info_group_free(&confirmation.all);
    free(confirmation.doubts);
    return ok;
}
