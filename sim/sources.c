// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sources.h"

#include "sim/event_heap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_MEMBER NAMES_NONE
#define SEVERAL (UINT32_MAX - 1) // owner of the trace that members share

// One trace.
struct source {
    const struct scenario_trace *config;
    struct trace *trace;
    uint32_t owner;  // the member whose trace it is, or SEVERAL
    uint32_t volume; // an owned trace has only this one, known from the first request on
    int64_t origin_ns;
    bool has_requests;
    uint32_t *members; // by volume, of a shared trace
    uint64_t *skipped; // by volume: requests of no member
    size_t volume_count;
    struct arrival next;
};

struct sources {
    const struct scenario *scenario;
    struct source *sources;
    size_t count;
    struct names volumes;   // of the common trace, to members
    struct event_heap heap; // of those with a next arrival
};

// ---- Which member ----

// Which volume of the common trace is whose: the first member that names it.
static bool name_volumes(struct sources *sources)
{
    const struct scenario *scenario = sources->scenario;
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        const char *name = member->volume != NULL ? member->volume : member->name;
        if (names_add(&sources->volumes, name, (uint32_t)i) == NAMES_NONE)
            return false;
    }
    return true;
}

static bool learn_volumes(const struct sources *sources, struct source *source,
                          struct sim_error *error)
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
                            "%s: several members share this trace, but it has no column 'member' "
                            "that tells them apart",
                            source->config->path);
        members[source->volume_count] = names_find(&sources->volumes, name);
        skipped[source->volume_count] = 0;
    }
    return true;
}

static bool several_volumes(const struct source *source, uint32_t other, struct sim_error *error)
{
    const char *first = trace_volume_name(source->trace, source->volume);
    const char *second = trace_volume_name(source->trace, other);
    return sim_fail(
        error, SIM_BAD_INPUT,
        "%s: holds several devices, '%s' and '%s' among them; choose one (device: "
        "\"%s\" beside the trace's path), or make it the scenario's own 'trace' and give "
        "each member a volume; 'throttlesim trace info' lists the devices",
        source->config->path, first, second, first);
}

// The first request of a source, or one of another volume than those before.
static bool learn_volume(const struct sources *sources, struct source *source, uint32_t volume,
                         struct sim_error *error)
{
    if (source->owner == SEVERAL)
        return learn_volumes(sources, source, error);
    if (source->volume != NO_MEMBER)
        return several_volumes(source, volume, error);
    source->volume = volume;
    return true;
}

// Sets the arrival's member, or NO_MEMBER.
static bool find_member(const struct sources *sources, struct source *source,
                        struct sim_error *error)
{
    uint32_t volume = source->next.request.volume;
    bool known =
        source->owner == SEVERAL ? volume < source->volume_count : volume == source->volume;
    if (!known && !learn_volume(sources, source, volume, error))
        return false;
    source->next.member = source->owner;
    if (source->owner == SEVERAL) {
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

// Reads up to the next request that takes part. *more: there is one.
static bool advance(const struct sources *sources, struct source *source, bool *more,
                    struct sim_error *error)
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
        if (!find_member(sources, source, error))
            return false;
        if (source->next.member == NO_MEMBER)
            continue;
        *more = set_time(source, recorded_ns - config->start_ns, error);
        return *more;
    }
}

// ---- Opening ----

static bool open_source(struct sources *sources, const struct scenario_trace *config,
                        uint32_t owner, struct sim_error *error)
{
    struct source *source = &sources->sources[sources->count];
    struct trace_error trace_error;
    struct trace_config trace_config = {
        .path = config->path,
        .arrival = config->arrival,
        .volume = config->device,
    };
    *source = (struct source){.config = config, .owner = owner, .volume = NO_MEMBER};
    source->trace = trace_open(&trace_config, &trace_error);
    if (source->trace == NULL) {
        const struct scenario *scenario = sources->scenario;
        char place[300] = "";
        if (config->place.line > 0)
            snprintf(place, sizeof place, "%s:%zu:%zu: ", scenario->name, config->place.line,
                     config->place.column);
        return sim_fail(error, SIM_BAD_INPUT, "%s%s", place, trace_error.message);
    }
    sources->count++;
    return true;
}

// All recorded traces count from the earliest of their origins.
static void set_origins(struct sources *sources)
{
    int64_t earliest_ns = INT64_MAX;
    for (size_t i = 0; i < sources->count; i++) {
        const struct trace *trace = sources->sources[i].trace;
        if (!trace_times_are_absolute(trace) && trace_origin_ns(trace) < earliest_ns)
            earliest_ns = trace_origin_ns(trace);
    }
    for (size_t i = 0; i < sources->count; i++) {
        struct source *source = &sources->sources[i];
        source->origin_ns = trace_times_are_absolute(source->trace) ? 0 : earliest_ns;
    }
}

static bool open_all(struct sources *sources, struct sim_error *error)
{
    const struct scenario *scenario = sources->scenario;
    sources->sources = calloc(scenario->member_count + 1, sizeof *sources->sources);
    if (sources->sources == NULL || !name_volumes(sources))
        return sim_fail_memory(error);
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_trace *trace = &scenario->members[i].trace;
        if (trace->path != NULL && !open_source(sources, trace, (uint32_t)i, error))
            return false;
    }
    bool alone = scenario->member_count == 1 && scenario->members[0].volume == NULL;
    if (scenario->trace.path != NULL &&
        !open_source(sources, &scenario->trace, alone ? 0 : SEVERAL, error))
        return false;
    set_origins(sources);
    for (size_t i = 0; i < sources->count; i++) {
        struct source *source = &sources->sources[i];
        bool more;
        if (!advance(sources, source, &more, error))
            return false;
        if (more && !event_heap_push(&sources->heap, source->next.time_ns, i, source))
            return sim_fail_memory(error);
    }
    return true;
}

struct sources *sources_open(const struct scenario *scenario, struct sim_error *error)
{
    struct sources *sources = calloc(1, sizeof *sources);
    if (sources == NULL) {
        sim_fail_memory(error);
        return NULL;
    }
    sources->scenario = scenario;
    if (open_all(sources, error))
        return sources;
    sources_close(sources);
    return NULL;
}

void sources_close(struct sources *sources)
{
    if (sources == NULL)
        return;
    for (size_t i = 0; i < sources->count; i++) {
        trace_close(sources->sources[i].trace);
        free(sources->sources[i].members);
        free(sources->sources[i].skipped);
    }
    free(sources->sources);
    names_free(&sources->volumes);
    event_heap_free(&sources->heap);
    free(sources);
}

// ---- Reading ----

int64_t sources_next_ns(const struct sources *sources)
{
    return event_heap_time(&sources->heap);
}

const struct arrival *sources_next(const struct sources *sources)
{
    const struct source *source = sources->heap.entries[0].item;
    return &source->next;
}

bool sources_advance(struct sources *sources, struct sim_error *error)
{
    struct source *source = sources->heap.entries[0].item;
    bool more;
    if (!advance(sources, source, &more, error))
        return false;
    if (more)
        event_heap_postpone(&sources->heap, source->next.time_ns);
    else
        event_heap_pop(&sources->heap);
    return true;
}

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

void sources_notices(const struct sources *sources, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *source = &sources->sources[i];
        for (size_t j = 0; j < trace_notice_count(source->trace); j++)
            notice(context, trace_notice(source->trace, j));
        skipped_notices(source, notice, context);
    }
}

void sources_progress(const struct sources *sources, uint64_t *consumed, uint64_t *total)
{
    *consumed = *total = 0;
    for (size_t i = 0; i < sources->count; i++) {
        uint64_t source_consumed, source_total;
        trace_progress(sources->sources[i].trace, &source_consumed, &source_total);
        *consumed += source_consumed;
        *total += source_total;
    }
}
