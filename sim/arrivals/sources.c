// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/sources.h"

#include "sim/arrivals/source.h"
#include "sim/parts/merge.h"
#include "sim/parts/trace_names.h"

#include <stdlib.h>
#include <string.h>

struct sources {
    struct arrivals arrivals; // first: they lead back to it
    const struct scenario *scenario;
    struct source *sources;
    struct cut_stream *streams; // theirs, in the same order
    size_t count;
    struct names volumes; // of the common traces, to members
    struct merge merge;
};

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
    struct source *source = &sources->sources[sources->count];
    struct cut_stream *stream = &sources->streams[sources->count];
    if (!source_open(source, stream, sources->scenario, config, owner, &sources->volumes, error))
        return false;
    sources->count++;
    return true;
}

static bool accept(void *context, size_t index, bool *accepted, struct sim_error *error)
{
    struct sources *sources = context;
    return source_accept(&sources->sources[index], accepted, error);
}

// Always true.
static bool look_ahead(struct sources *sources)
{
    size_t next = merge_next(&sources->merge);
    sources->arrivals.next = next < sources->count ? &sources->sources[next].next : NULL;
    return true;
}

static bool advance(struct arrivals *arrivals, struct sim_error *error)
{
    struct sources *sources = (struct sources *)arrivals;
    return merge_advance(&sources->merge, error) && look_ahead(sources);
}

static bool open_all(struct sources *sources, struct sim_error *error)
{
    const struct scenario *scenario = sources->scenario;
    size_t count = scenario->member_count + scenario->trace_count;
    sources->sources = calloc(count + 1, sizeof *sources->sources);
    sources->streams = calloc(count + 1, sizeof *sources->streams);
    if (sources->sources == NULL || sources->streams == NULL || !name_volumes(sources))
        return sim_fail_memory(error);
    if (!check_streams(scenario, error))
        return false;
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_trace *trace = &scenario->members[i].trace;
        if (trace->path != NULL && !open_source(sources, trace, (uint32_t)i, error))
            return false;
    }
    bool alone = scenario->member_count == 1 && scenario->members[0].volume == NULL;
    for (size_t i = 0; i < scenario->trace_count; i++) {
        if (!open_source(sources, &scenario->traces[i], alone ? 0 : SOURCE_SEVERAL, error))
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
    for (size_t i = 0; i < sources->count; i++)
        source_close(&sources->sources[i]);
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

void sources_notices(const struct sources *sources, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < sources->count; i++)
        source_notices(&sources->sources[i], notice, context);
}

void sources_progress(const struct sources *sources, uint64_t *consumed, uint64_t *total)
{
    merge_progress(&sources->merge, consumed, total);
}
