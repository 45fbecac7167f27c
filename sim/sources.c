// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sources.h"

#include "sim/event_heap.h"
#include "sim/source.h"

#include <stdlib.h>
#include <string.h>

struct sources {
    const struct scenario *scenario;
    struct source *sources;
    size_t count;
    struct names volumes;   // of the common trace, to members
    struct event_heap heap; // of those with a next arrival
};

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

// What it holds can be read once only.
static bool check_standard_input(const struct scenario *scenario, struct sim_error *error)
{
    const struct scenario_trace *first = NULL;
    for (size_t i = 0; i <= scenario->member_count; i++) {
        const struct scenario_trace *trace =
            i < scenario->member_count ? &scenario->members[i].trace : &scenario->trace;
        if (trace->path == NULL || strcmp(trace->path, "-") != 0)
            continue;
        if (scenario->is_standard_input)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s:%zu:%zu: a trace cannot be on standard input, which the scenario "
                            "was read from",
                            scenario->name, trace->place.line, trace->place.column);
        if (first != NULL)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s: two traces on standard input (-), which can be read once only",
                            scenario->name);
        first = trace;
    }
    return true;
}

static bool open_source(struct sources *sources, const struct scenario_trace *config,
                        uint32_t owner, struct sim_error *error)
{
    struct source *source = &sources->sources[sources->count];
    if (!source_open(source, sources->scenario, config, owner, &sources->volumes, error))
        return false;
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
    if (!check_standard_input(scenario, error))
        return false;
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_trace *trace = &scenario->members[i].trace;
        if (trace->path != NULL && !open_source(sources, trace, (uint32_t)i, error))
            return false;
    }
    bool alone = scenario->member_count == 1 && scenario->members[0].volume == NULL;
    if (scenario->trace.path != NULL &&
        !open_source(sources, &scenario->trace, alone ? 0 : SOURCE_SEVERAL, error))
        return false;
    set_origins(sources);
    for (size_t i = 0; i < sources->count; i++) {
        struct source *source = &sources->sources[i];
        bool more;
        if (!source_advance(source, &more, error))
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
    for (size_t i = 0; i < sources->count; i++)
        source_close(&sources->sources[i]);
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
    if (!source_advance(source, &more, error))
        return false;
    if (more)
        event_heap_postpone(&sources->heap, source->next.time_ns);
    else
        event_heap_pop(&sources->heap);
    return true;
}

void sources_notices(const struct sources *sources, sources_notice *notice, void *context)
{
    for (size_t i = 0; i < sources->count; i++)
        source_notices(&sources->sources[i], notice, context);
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
