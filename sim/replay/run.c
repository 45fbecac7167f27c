// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/replay/run.h"

#include "sim/replay/recording.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The replay's share of the time it takes, with rows over time and without.
#define REPLAY_SHARE_SERIES 0.8
#define REPLAY_SHARE 0.95

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

// "fixed 200000 ns"; of several that members have: "queue, recorded".
static void name_devices(const struct replay *replay, char *text, size_t size)
{
    const struct devices *devices = &replay->devices;
    for (size_t i = 0, used = 0; i < devices->count && used < size; i++) {
        const struct device *device = devices->items[i];
        if (devices_members(devices, replay->scenario, i) == 0)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "",
                                 scenario_device_name(device->is));
        if (device->is == SCENARIO_DEVICE_FIXED && used < size)
            used += (size_t)snprintf(text + used, size - used, " %" PRId64 " ns",
                                     device->config->latency_ns);
    }
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
            .below = member->upper_count,
            .trace = member->trace.path != NULL ? member->trace.path : names->traces,
        };
    }
    for (size_t i = 0; i < scenario->group_count; i++)
        names->groups[i].name = scenario->groups[i].name;
    return true;
}

// A report_recorder_tell.
static void tell_stored(void *part, double share)
{
    progress_tell_part(part, &(struct progress_state){.share = share});
}

static struct report_recorder *begin(struct replay *replay, const struct scenario *scenario,
                                     const struct run_options *options, struct progress_part *part,
                                     struct report_database *database, struct sim_error *error)
{
    struct run_names names = {0};
    struct report_error report_error;
    struct report_recorder *recorder = NULL;
    struct report_recorder_config config = {
        .warm_up_ns = scenario->warm_up_ns,
        .log_requests = options->log_requests,
        .omit_series = options->omit_series,
        .cause_count = scenario->algorithm->cause_count,
        .gauge = recording_gauge,
        .gauge_context = replay,
        .tell = tell_stored,
        .tell_context = part,
    };
    assert(config.cause_count <= REPORT_CAUSE_MAX);
    for (size_t i = 0; i < config.cause_count; i++)
        config.causes[i] = scenario->algorithm->causes[i].key;
    name_devices(replay, names.device, sizeof names.device);
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
        recorder = report_recorder_begin(database, &config, &report_error);
        if (recorder == NULL)
            sim_fail(error, SIM_FAILED, "%s", report_error.message);
    }
    free(names.members);
    free(names.groups);
    free(names.traces);
    return recorder;
}

static enum report_status replay_whole(struct replay *replay, const struct progress_watch *watch)
{
    switch (replay_all(replay, watch)) {
    case REPLAY_FINISHED:
        return REPORT_COMPLETE;
    case REPLAY_STOPPED:
        return REPORT_INTERRUPTED;
    default:
        return REPORT_FAILED;
    }
}

// Stores how the run ended, as *status has it.
static bool finish(struct report_recorder *recorder, const struct replay *replay,
                   enum report_status *status, struct sim_error *error)
{
    struct report_error report_error;
    struct report_outcome outcome = {
        .status = *status,
        .error = *status == REPORT_FAILED && error->message[0] != '\0' ? error->message : NULL,
        .digest = replay->digest.sum,
        .end_ns = replay->now_ns,
    };
    recording_finish(recorder, replay);
    if (!report_recorder_finish(recorder, &outcome, &report_error)) {
        *status = REPORT_FAILED;
        if (outcome.error == NULL)
            sim_fail(error, SIM_FAILED, "%s", report_error.message);
    }
    return *status != REPORT_FAILED;
}

bool run_scenario(const struct scenario *scenario, const struct run_options *options,
                  struct report_database *database, int64_t *run_id, enum report_status *status,
                  struct sim_error *error)
{
    struct replay replay;
    struct report_recorder *recorder = NULL;
    struct recording recording;
    struct progress_part part = {
        .tell = options->watch.progress,
        .context = options->watch.progress_context,
        .to = options->omit_series ? REPLAY_SHARE : REPLAY_SHARE_SERIES,
    };
    struct progress_watch watch = {options->watch.stop, progress_tell_part, &part};
    error->message[0] = '\0';
    *run_id = 0;
    *status = REPORT_FAILED;
    const struct replay_supply supply = {
        .watch = &watch, .kept = options->kept, .has_thread = options->jobs > 1};
    if (replay_open(&replay, scenario, &supply, error))
        recorder = begin(&replay, scenario, options, &part, database, error);
    if (recorder != NULL) {
        *run_id = report_recorder_run_id(recorder);
        recording = recording_of(recorder);
        if (replay_start(&replay, &recording_observer, &recording))
            *status = replay_whole(&replay, &watch);
        part.from = part.to;
        part.to = 1;
    }
    bool ok = recorder != NULL && finish(recorder, &replay, status, error);
    replay_close(&replay);
    return ok;
}
