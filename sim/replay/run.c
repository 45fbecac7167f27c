// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/run.h"

#include "sim/replay/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_PER_LOOK 4096 // between two looks at the stop flag and the progress

// The recorder's view of a scenario's members and groups.
struct run_names {
    struct report_member *members;
    struct report_group *groups;
    char *traces; // the common ones, as members that have no other have them
    char device[64];
};

// "a.csv, b.csv", or NULL: there are none. False: out of memory.
static bool join_traces(const struct scenario *scenario, char **traces)
{
    size_t size = 1;
    *traces = NULL;
    if (scenario->trace_count == 0)
        return true;
    for (size_t i = 0; i < scenario->trace_count; i++)
        size += strlen(scenario->traces[i].path) + 2;
    *traces = malloc(size);
    if (*traces == NULL)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < scenario->trace_count; i++)
        used += (size_t)snprintf(*traces + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 scenario->traces[i].path);
    return true;
}

static bool make_names(struct run_names *names, const struct scenario *scenario,
                       struct sim_error *error)
{
    names->members = calloc(scenario->member_count, sizeof *names->members);
    names->groups = calloc(scenario->group_count + 1, sizeof *names->groups);
    if (names->members == NULL || names->groups == NULL || !join_traces(scenario, &names->traces))
        return sim_fail_memory(error);
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        names->members[i] = (struct report_member){
            .name = member->name,
            .attach = scenario_attach_name(member->attach),
            .trace = member->trace.path != NULL ? member->trace.path : names->traces,
        };
    }
    for (size_t i = 0; i < scenario->group_count; i++)
        names->groups[i].name = scenario->groups[i].name;
    snprintf(names->device, sizeof names->device, "%s",
             scenario_device_name(scenario->device.model));
    if (scenario->device.model == SCENARIO_DEVICE_FIXED)
        snprintf(names->device, sizeof names->device, "fixed %" PRId64 " ns",
                 scenario->device.latency_ns);
    return true;
}

static struct report_recorder *begin(struct replay *replay, const struct scenario *scenario,
                                     const struct run_options *options,
                                     struct report_database *database, struct sim_error *error)
{
    struct run_names names = {0};
    struct report_error report_error;
    struct report_recorder *recorder = NULL;
    struct report_recorder_config config = {
        .log_requests = options->log_requests,
        .omit_series = options->omit_series,
        .cause_count = ENGINE_CAUSE_COUNT,
    };
    for (int i = 0; i < ENGINE_CAUSE_COUNT; i++)
        config.causes[i] = engine_cause_key((enum engine_cause)i);
    if (make_names(&names, scenario, error)) {
        config.run = (struct report_run){
            .name = scenario->name,
            .scenario = scenario->source,
            .version = THROTTLESIM_VERSION,
            .engine = scenario->algorithm->name,
            .device = names.device,
            .interval_ns = scenario->interval_ns,
            .members = names.members,
            .member_count = scenario->member_count,
            .groups = names.groups,
            .group_count = scenario->group_count,
        };
        replay_gauge(replay, &config.gauge, &config.gauge_context);
        recorder = report_recorder_begin(database, &config, &report_error);
        if (recorder == NULL)
            sim_fail(error, SIM_FAILED, "%s", report_error.message);
    }
    free(names.members);
    free(names.groups);
    free(names.traces);
    return recorder;
}

static void tell_progress(const struct replay *replay, const struct run_options *options)
{
    if (options->progress == NULL)
        return;
    struct progress_state state = {
        .requests = replay->next_seq,
        .waiting = engine_waiting(replay->control.engine),
    };
    sources_progress(replay->sources, &state.consumed, &state.total);
    options->progress(options->progress_context, &state);
}

static enum report_status replay_all(struct replay *replay, const struct run_options *options)
{
    for (;;) {
        for (int i = 0; i < STEPS_PER_LOOK; i++) {
            enum replay_step step = replay_next(replay);
            if (step == REPLAY_FAILED) // a silent pipe is not waited for when it is to stop
                return *options->stop ? REPORT_INTERRUPTED : REPORT_FAILED;
            if (step == REPLAY_FINISHED)
                return REPORT_COMPLETE;
        }
        if (*options->stop)
            return REPORT_INTERRUPTED;
        if (!report_recorder_ok(replay->observer.recorder))
            return REPORT_FAILED; // report_recorder_finish has the reason
        tell_progress(replay, options);
    }
}

bool run_open(struct replay *replay, const struct scenario *scenario,
              const struct run_options *options, struct report_database *database,
              struct sim_error *error)
{
    if (!replay_open(replay, scenario, error))
        return false;
    struct report_recorder *recorder = begin(replay, scenario, options, database, error);
    return recorder != NULL && replay_start(replay, recorder);
}

bool run_open_unstored(struct replay *replay, const struct scenario *scenario,
                       struct report_database **database, struct sim_error *error)
{
    static const volatile sig_atomic_t never;
    struct run_options options = {.omit_series = true, .stop = &never};
    struct report_error report_error;
    *database = report_database_open(NULL, REPORT_WRITE, &report_error);
    if (*database == NULL)
        return sim_fail(error, SIM_FAILED, "%s", report_error.message);
    return run_open(replay, scenario, &options, *database, error);
}

bool run_close(struct replay *replay, enum report_status *status, struct sim_error *error)
{
    struct report_recorder *recorder = replay->observer.recorder;
    struct report_error report_error;
    if (recorder == NULL) { // it never began
        replay_close(replay);
        return false;
    }
    replay_finish(replay);
    struct report_outcome outcome = {
        .status = *status,
        .error = *status == REPORT_FAILED && error->message[0] != '\0' ? error->message : NULL,
        .digest = replay->digest,
        .end_ns = replay->now_ns,
    };
    if (!report_recorder_finish(recorder, &outcome, &report_error)) {
        *status = REPORT_FAILED;
        if (outcome.error == NULL)
            sim_fail(error, SIM_FAILED, "%s", report_error.message);
    }
    replay_close(replay);
    return *status != REPORT_FAILED;
}

bool run_scenario(const struct scenario *scenario, const struct run_options *options,
                  struct report_database *database, int64_t *run_id, enum report_status *status,
                  struct sim_error *error)
{
    struct replay replay;
    error->message[0] = '\0';
    *run_id = 0;
    *status = REPORT_FAILED;
    if (run_open(&replay, scenario, options, database, error))
        *status = replay_all(&replay, options);
    if (replay.observer.recorder != NULL)
        *run_id = report_recorder_run_id(replay.observer.recorder);
    return run_close(&replay, status, error);
}
