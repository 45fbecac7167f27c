// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/sources.h"

#include "sim/arrivals/apart.h"
#include "sim/parts/cut.h"
#include "sim/parts/trace_names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define NO_MEMBER NAMES_NONE
#define SEVERAL (UINT32_MAX - 1) // owner of a trace that members share

// One trace: which of its requests take part, whose they are, and when they arrive.
struct source {
    const struct scenario_trace *config;
    const struct names *volumes; // of a shared trace, to members
    struct cut_stream *stream;
    uint32_t owner;    // the member whose trace it is, or SEVERAL
    uint32_t volume;   // an owned trace has only this one, known from the first request on
    uint32_t *members; // by volume, of a shared trace
    uint64_t *skipped; // by volume: requests of no member
    size_t volume_count;
    struct arrival next;
};

struct sources {
    struct arrivals arrivals; // first: they lead back to it
    const struct scenario *scenario;
    struct source *sources;
    struct cut_stream *streams; // theirs, in the same order
    size_t count;
    struct names volumes; // of the common traces, to members
    struct merge merge;
    uint64_t taken; // arrivals that were given
};

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
    if (source->owner == SEVERAL)
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
        source->owner == SEVERAL ? volume < source->volume_count : volume == source->volume;
    if (!known && !learn_volume(source, volume, error))
        return false;
    source->next.member = source->owner;
    if (source->owner == SEVERAL) {
        source->next.member = source->members[volume];
        source->skipped[volume] += source->next.member == NO_MEMBER;
    }
    return true;
}

// A merge_accept: has the request a member?
static bool accept(void *context, size_t index, bool *accepted, struct sim_error *error)
{
    struct sources *sources = context;
    struct source *source = &sources->sources[index];
    source->next.request = source->stream->next;
    source->next.time_ns = source->stream->next_ns;
    source->next.source = (uint32_t)index;
    if (!find_member(source, error))
        return false;
    *accepted = source->next.member != NO_MEMBER;
    return true;
}

// ---- Opening ----

// Which volume of the common traces is whose: the first member that names it.
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

static bool check_streams(const struct scenario *scenario, struct sim_error *error)
{
    size_t total = scenario->member_count + scenario->trace_count, count = 0;
    const char **paths = malloc((total + 1) * sizeof *paths);
    if (paths == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < total; i++) {
        const struct scenario_trace *trace = i < scenario->member_count
                                                 ? &scenario->members[i].trace
                                                 : &scenario->traces[i - scenario->member_count];
        if (trace->path == NULL || trace->csv != NULL)
            continue;
        if (scenario->is_standard_input && trace_paths_are_one_stream(trace->path, "-")) {
            free(paths);
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s:%zu:%zu: a trace cannot be on standard input, which the scenario "
                            "was read from",
                            scenario->name, trace->place.line, trace->place.column);
        }
        paths[count++] = trace->path;
    }
    const char *repeated = streams_find_repeated(paths, count);
    free(paths);
    return repeated == NULL ||
           sim_fail(error, SIM_BAD_INPUT, "%s: two traces on %s, which can be read once only",
                    scenario->name, streams_name(repeated));
}

static bool open_source(struct sources *sources, const struct scenario_trace *config,
                        uint32_t owner, struct sim_error *error)
{
    struct cut_stream *stream = &sources->streams[sources->count];
    sources->sources[sources->count] = (struct source){
        .config = config,
        .volumes = &sources->volumes,
        .stream = stream,
        .owner = owner,
        .volume = NO_MEMBER,
    };
    if (!scenario_open_trace(sources->scenario, config, stream, error))
        return strstr(error->message, strerror(EMFILE)) == NULL
                   ? false
                   : sim_fail(error, SIM_FAILED,
                              "%s: only %zu of its traces can be open at a time: the system allows "
                              "no more files (ulimit -Hn); fewer members, or a trace of one file",
                              sources->scenario->name, sources->count);
    sources->count++;
    return true;
}

// Always true.
static bool look_ahead(struct sources *sources)
{
    size_t next = merge_next(&sources->merge);
    sources->arrivals.next = NULL;
    if (next < sources->count) {
        sources->sources[next].next.number = sources->taken++;
        sources->arrivals.next = &sources->sources[next].next;
    }
    return true;
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    struct sources *sources = (struct sources *)arrivals;
    return merge_advance(&sources->merge, error) && look_ahead(sources);
}

// Each trace has its files open: thousands of members may have more than a shell allows at first.
static void allow_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool open_all(struct sources *sources, struct sim_error *error)
{
    const struct scenario *scenario = sources->scenario;
    size_t count = scenario->member_count + scenario->trace_count;
    sources->sources = allocate_apart((count + 1) * sizeof *sources->sources);
    sources->streams = allocate_apart((count + 1) * sizeof *sources->streams);
    if (sources->sources == NULL || sources->streams == NULL || !name_volumes(sources))
        return sim_fail_memory(error);
    if (!check_streams(scenario, error))
        return false;
    allow_files();
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_trace *trace = &scenario->members[i].trace;
        if (trace->path != NULL && !open_source(sources, trace, (uint32_t)i, error))
            return false;
    }
    bool alone = scenario->member_count == 1 && scenario->members[0].volume == NULL;
    for (size_t i = 0; i < scenario->trace_count; i++) {
        if (!open_source(sources, &scenario->traces[i], alone ? 0 : SEVERAL, error))
            return false;
    }
    sources->merge = (struct merge){
        .streams = sources->streams,
        .count = sources->count,
        .accept = accept,
        .context = sources,
    };
    sources->arrivals.advance = advance;
    return merge_start(&sources->merge, error) && look_ahead(sources);
}

struct sources *sources_open(const struct scenario *scenario, struct sim_error *error)
{
    struct sources *sources = allocate_apart(sizeof *sources);
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

static void close_source(struct source *source)
{
    cut_close(source->stream);
    free(source->members);
    free(source->skipped);
}

void sources_close(struct sources *sources)
{
    if (sources == NULL)
        return;
    for (size_t i = 0; i < sources->count; i++)
        close_source(&sources->sources[i]);
    free(sources->sources);
    free(sources->streams);
    names_free(&sources->volumes);
    merge_free(&sources->merge);
    free(sources);
}

struct arrivals *sources_arrivals(struct sources *sources)
{
    return &sources->arrivals;
}

size_t sources_count(const struct sources *sources)
{
    return sources->count;
}

const struct scenario_trace *sources_config(const struct sources *sources, uint32_t source)
{
    return sources->sources[source].config;
}

bool sources_may_have(const struct sources *sources, uint32_t source, uint32_t member)
{
    uint32_t owner = sources->sources[source].owner;
    return owner == SEVERAL ? sources->scenario->members[member].trace.path == NULL
                            : owner == member;
}

bool sources_tell_streams(const struct sources *sources, uint32_t source)
{
    return trace_tells_streams(sources->sources[source].stream->trace);
}

const char *sources_stream_name(const struct sources *sources, const struct arrival *arrival)
{
    return trace_stream_name(sources->sources[arrival->source].stream->trace,
                             arrival->request.stream);
}

const uint32_t *sources_also(const struct sources *sources, const struct arrival *arrival,
                             size_t *count)
{
    return trace_stream_set(sources->sources[arrival->source].stream->trace, arrival->request.also,
                            count);
}

static void tell_skipped(const struct source *source, sources_notice *notice, void *context)
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

static void tell_notices(const struct source *source, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < trace_notice_count(source->stream->trace); i++)
        notice(context, trace_notice(source->stream->trace, i));
    cut_notice_missed(source->stream, 1, notice, context);
    tell_skipped(source, notice, context);
}

void sources_notices(const struct sources *sources, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < sources->count; i++)
        tell_notices(&sources->sources[i], notice, context);
}

void sources_taken(const struct sources *sources, struct sources_taken *taken)
{
    *taken =
        (struct sources_taken){.traces = sources->count, .is_one_time = true, .is_one_speed = true};
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *source = &sources->sources[i];
        const struct cut *cut = &source->config->cut;
        taken->cut = i == 0 ? cut : taken->cut;
        taken->is_one_time = taken->is_one_time && cut->start_ns == taken->cut->start_ns &&
                             cut->duration_ns == taken->cut->duration_ns;
        taken->is_one_speed = taken->is_one_speed &&
                              cut->speed.numerator == taken->cut->speed.numerator &&
                              cut->speed.denominator == taken->cut->speed.denominator;
        taken->filtered += source->stream->filtered;
        for (size_t v = 0; v < source->volume_count; v++)
            taken->no_member += source->skipped[v];
    }
}

void sources_count_arrivals(const struct sources *sources, size_t volumes[TRACE_ARRIVAL_AUTO + 1])
{
    for (size_t i = 0; i < sources->count; i++)
        trace_count_arrivals(sources->sources[i].stream->trace, volumes);
}

double sources_share(const struct sources *sources)
{
    return merge_share(&sources->merge);
}
