// SPDX-License-Identifier: GPL-2.0-or-later
// One replay of the recording, and what became of each of its requests.
#include "sim/replay/replay.h"
#include "sim/validate/validate.h"

#include <stdlib.h>

struct watching {
    struct trial *trial;
    struct replay *replay;
    size_t *numbers; // in the recording, by place in the order of arrival
};

static void arrive(void *context, const struct sim_request *request)
{
    const struct watching *watching = context;
    const struct trial *trial = watching->trial;
    size_t number = watching->replay->arrivals->next->number;
    watching->numbers[sim_request_seq(request)] = number;
    trial->outcomes[number].arrival_ns = sim_request_arrival_ns(request);
    if (trial->throttled != NULL)
        trial->throttled[number] = sim_request_is(request, REQUEST_THROTTLED);
}

static void dispatch(void *context, const struct sim_request *request)
{
    const struct watching *watching = context;
    watching->trial->waits_ns[watching->numbers[sim_request_seq(request)]] =
        request->engine.dispatch_ns - sim_request_arrival_ns(request);
}

static void complete(void *context, const struct sim_request *request, int64_t now_ns)
{
    const struct watching *watching = context;
    watching->trial->outcomes[watching->numbers[sim_request_seq(request)]].latency_ns =
        now_ns - sim_request_arrival_ns(request);
}

static bool replay(struct watching *watching, struct recorded_arrivals *arrivals,
                   struct sim_error *error)
{
    struct trial *trial = watching->trial;
    const struct replay_observer observer = {
        .arrival = arrive,
        .dispatch = trial->waits_ns == NULL ? NULL : dispatch,
        .complete = complete,
    };
    struct progress_watch watch = {.stop = trial->validating->options->watch.stop};
    struct replay_supply supply = {.arrivals = arrivals == NULL ? NULL : &arrivals->arrivals,
                                   .watch = &watch};
    struct replay replay;
    enum replay_step step = REPLAY_FAILED;
    watching->replay = &replay;
    if (replay_open(&replay, &trial->scenario, &supply, error) &&
        replay_start(&replay, &observer, watching))
        step = replay_all(&replay, &watch);
    if (step == REPLAY_FINISHED && trial->notice != NULL)
        replay_notices(&replay, trial->notice, trial->notice_context);
    replay_close(&replay);
    if (step == REPLAY_STOPPED)
        return sim_fail(error, SIM_FAILED, "interrupted");
    return step == REPLAY_FINISHED;
}

struct trial trial_of(struct validating *validating, struct validation_outcome *outcomes)
{
    return (struct trial){
        .validating = validating, .scenario = *validating->scenario, .outcomes = outcomes};
}

bool trial_run(struct trial *trial, struct sim_error *error)
{
    const struct recorded *recorded = &trial->validating->recorded;
    struct recorded_arrivals arrivals = {.places = NULL};
    struct watching watching = {
        .trial = trial,
        .numbers = malloc((recorded->count + 1) * sizeof *watching.numbers),
    };
    for (size_t i = 0; i < recorded->count; i++) {
        trial->outcomes[i] = (struct validation_outcome){VALIDATION_NONE, VALIDATION_NONE};
        if (trial->waits_ns != NULL)
            trial->waits_ns[i] = VALIDATION_NONE;
    }
    bool ok =
        watching.numbers != NULL &&
        (trial->is_dependent || recorded_open(&arrivals, recorded, trial->scenario.member_count,
                                              trial->jitter_ns, trial->seed));
    ok = ok ? replay(&watching, trial->is_dependent ? NULL : &arrivals, error)
            : sim_fail_memory(error);
    recorded_close(&arrivals);
    free(watching.numbers);
    return ok;
}
