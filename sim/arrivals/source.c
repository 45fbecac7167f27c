// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_MEMBER NAMES_NONE

bool source_open(struct source *source, struct cut_stream *stream, const struct scenario *scenario,
                 const struct scenario_trace *config, uint32_t owner, const struct names *volumes,
                 struct sim_error *error)
{
    *source = (struct source){
        .config = config,
        .volumes = volumes,
        .stream = stream,
        .owner = owner,
        .volume = NO_MEMBER,
    };
    return scenario_open_trace(scenario, config, stream, error);
}

void source_close(struct source *source)
{
    cut_close(source->stream);
    free(source->members);
    free(source->skipped);
}

// ---- Which member ----

static bool learn_volumes(struct source *source, struct sim_error *error)
{
    size_t count = trace_volume_count(source->stream->trace);
    uint32_t *members = realloc(source->members, count * sizeof *members);
    if (members != NULL)
        source->members = members;
    uint64_t *skipped = realloc(source->skipped, count * sizeof *skipped);
    if (skipped != NULL)
        source->skipped = skipped;
    if (members == NULL || skipped == NULL)
        return sim_fail_memory(error);
    for (; source->volume_count < count; source->volume_count++) {
        const char *name = scenario_volume_name(source->config, source->stream->trace,
                                                (uint32_t)source->volume_count);
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
    const char *first = trace_volume_name(source->stream->trace, source->volume);
    const char *second = trace_volume_name(source->stream->trace, other);
    bool is_file = source->config->csv == NULL;
    if (source->config->place.line == 0)
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: holds several devices, '%s' and '%s' among them; choose one, as with "
                        "--device '%s', or make each a member with --each-volume; 'throttlesim "
                        "trace info' lists the devices",
                        source->config->path, first, second, first);
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

bool source_accept(struct source *source, bool *accepted, struct sim_error *error)
{
    source->next.request = source->stream->next;
    source->next.time_ns = source->stream->next_ns;
    if (!find_member(source, error))
        return false;
    *accepted = source->next.member != NO_MEMBER;
    return true;
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
                 source->skipped[i], trace_volume_name(source->stream->trace, (uint32_t)i));
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
    for (size_t i = 0; i < trace_notice_count(source->stream->trace); i++)
        notice(context, trace_notice(source->stream->trace, i));
    cut_notice_missed(source->stream, 1, notice, context);
    skipped_notices(source, notice, context);
}
