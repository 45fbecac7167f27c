// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_MEMBER NAMES_NONE

bool source_open(struct source *source, const struct scenario *scenario,
                 const struct scenario_trace *config, uint32_t owner, const struct names *volumes,
                 struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_config trace_config = {
        .path = config->path,
        .arrival = config->arrival,
        .volume = config->device,
        .text = config->csv,
        .text_size = config->csv == NULL ? 0 : strlen(config->csv),
        .format = config->format,
        .layout = config->layout,
    };
    *source = (struct source){
        .config = config,
        .volumes = volumes,
        .owner = owner,
        .volume = NO_MEMBER,
    };
    source->trace = trace_open(&trace_config, &trace_error);
    if (source->trace != NULL)
        return true;
    // The name of a trace in the scenario itself says where it stands.
    char place[300] = "";
    if (config->place.line > 0 && config->csv == NULL)
        snprintf(place, sizeof place, "%s:%zu:%zu: ", scenario->name, config->place.line,
                 config->place.column);
    return sim_fail(error, SIM_BAD_INPUT, "%s%s", place, trace_error.message);
}

void source_close(struct source *source)
{
    trace_close(source->trace);
    free(source->members);
    free(source->skipped);
}

// ---- Which member ----

static bool learn_volumes(struct source *source, struct sim_error *error)
{
    size_t count = trace_volume_count(source->trace);
    uint32_t *members = realloc(source->members, count * sizeof *members);
    if (members != NULL)
        source->members = members;
    uint64_t *skipped = realloc(source->skipped, count * sizeof *skipped);
    if (skipped != NULL)
        source->skipped = skipped;
    if (members == NULL || skipped == NULL)
        return sim_fail_memory(error);
    for (; source->volume_count < count; source->volume_count++) {
        const char *name = trace_volume_name(source->trace, (uint32_t)source->volume_count);
        if (name[0] == '\0')
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s: several members share this trace, but nothing in it tells them "
                            "apart, as the column 'member' of a CSV does",
                            source->config->path);
        members[source->volume_count] = names_find(source->volumes, name);
        skipped[source->volume_count] = 0;
    }
    return true;
}

static bool several_volumes(const struct source *source, uint32_t other, struct sim_error *error)
{
    const char *first = trace_volume_name(source->trace, source->volume);
    const char *second = trace_volume_name(source->trace, other);
    bool is_file = source->config->csv == NULL;
    return sim_fail(error, SIM_BAD_INPUT,
                    "%s: holds several devices, '%s' and '%s' among them; choose one (device: "
                    "\"%s\" beside the trace's %s), or make it the scenario's own 'trace' and give "
                    "each member a volume%s",
                    source->config->path, first, second, first, is_file ? "path" : "csv",
                    is_file ? "; 'throttlesim trace info' lists the devices" : "");
}

// The first request of a source, or one of another volume than those before.
static bool learn_volume(struct source *source, uint32_t volume, struct sim_error *error)
{
    if (source->owner == SOURCE_SEVERAL)
        return learn_volumes(source, error);
    if (source->volume != NO_MEMBER)
        return several_volumes(source, volume, error);
    source->volume = volume;
    return true;
}

// Sets the arrival's member, or NO_MEMBER.
static bool find_member(struct source *source, struct sim_error *error)
{
    uint32_t volume = source->next.request.volume;
    bool known =
        source->owner == SOURCE_SEVERAL ? volume < source->volume_count : volume == source->volume;
    if (!known && !learn_volume(source, volume, error))
        return false;
    source->next.member = source->owner;
    if (source->owner == SOURCE_SEVERAL) {
        source->next.member = source->members[volume];
        source->skipped[volume] += source->next.member == NO_MEMBER;
    }
    return true;
}

// ---- When ----

// Half of what fits, so that no later sum overflows: 146 years.
#define LATEST_NS (INT64_MAX / 2)

static bool set_time(struct source *source, int64_t from_start_ns, struct sim_error *error)
{
    double speed = source->config->speed;
    bool fits = from_start_ns <= LATEST_NS;
    if (speed != 1) {
        double time_ns = (double)from_start_ns / speed;
        fits = time_ns < (double)LATEST_NS;
        from_start_ns = fits ? (int64_t)time_ns : 0;
    }
    source->next.time_ns = from_start_ns;
    return fits || sim_fail(error, SIM_BAD_INPUT, "%s: a request arrives after more than 146 years",
                            source->config->path);
}

static bool no_such_device(const struct source *source, struct sim_error *error)
{
    return sim_fail(
        error, SIM_BAD_INPUT,
        "%s: no request of device '%s' in it; 'throttlesim trace info' lists the devices",
        source->config->path, source->config->device);
}

bool source_advance(struct source *source, bool *more, struct sim_error *error)
{
    const struct scenario_trace *config = source->config;
    struct trace_error trace_error;
    struct trace_request *request = &source->next.request;
    *more = false;
    for (;;) {
        enum trace_result result = trace_read(source->trace, request, &trace_error);
        if (result == TRACE_ERROR)
            return sim_fail(error, SIM_BAD_INPUT, "%s", trace_error.message);
        if (result == TRACE_END)
            return source->has_requests || config->device == NULL || no_such_device(source, error);
        source->has_requests = true;
        int64_t recorded_ns = request->arrival_ns - source->origin_ns;
        if (recorded_ns < config->start_ns)
            continue;
        if (config->duration_ns != SCENARIO_NO_LIMIT &&
            recorded_ns - config->start_ns >= config->duration_ns)
            return true;
        if (!find_member(source, error))
            return false;
        if (source->next.member == NO_MEMBER)
            continue;
        *more = set_time(source, recorded_ns - config->start_ns, error);
        return *more;
    }
}

// ---- Notices ----

static void skipped_notices(const struct source *source, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < source->volume_count; i++) {
        if (source->skipped[i] == 0)
            continue;
        char text[256];
        snprintf(text, sizeof text,
                 "%" PRIu64 " requests of '%.100s' were left out: no member has that volume",
                 source->skipped[i], trace_volume_name(source->trace, (uint32_t)i));
        struct trace_notice left_out = {
            .kind = "no-member",
            .source = source->config->path,
            .count = source->skipped[i],
            .text = text,
        };
        notice(context, &left_out);
    }
}

void source_notices(const struct source *source, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < trace_notice_count(source->trace); i++)
        notice(context, trace_notice(source->trace, i));
    skipped_notices(source, notice, context);
}
