// SPDX-License-Identifier: GPL-2.0-or-later
// The traces of a scenario as they are opened, and the volumes in them.
#include "sim/scenario/scenario_internal.h"

#include "sim/parts/cut.h"
#include "sim/parts/trace_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_PER_LOOK 4096 // between two looks at the progress

// Does a member name its volume, which is then taken whatever lies on it?
static bool is_volume_named(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->member_count && !scenario->each_volume; i++)
        if (scenario->members[i].volume != NULL)
            return true;
    return false;
}

// May some of its requests' arrivals depend on who sent what?
static bool asks_who(const struct scenario *scenario, const struct scenario_trace *config)
{
    bool can_twice = config->csv != NULL || !trace_path_is_stream(config->path);
    for (size_t i = 0; i < scenario->member_count; i++) {
        enum scenario_arrivals asked = scenario->members[i].arrivals;
        asked = asked == SCENARIO_ARRIVALS_AUTO ? config->arrivals : asked;
        if (asked == SCENARIO_ARRIVALS_DEPENDENT || (asked == SCENARIO_ARRIVALS_AUTO && can_twice))
            return true;
    }
    return false;
}

bool scenario_open_trace(const struct scenario *scenario, const struct scenario_trace *config,
                         struct cut_stream *stream, struct sim_error *error)
{
    struct sim_error opening;
    struct trace_config trace_config = {
        .path = config->path,
        .arrival = config->arrival,
        .text = config->csv,
        .text_size = config->csv == NULL ? 0 : strlen(config->csv),
        .text_is_whole = true,
        .format = config->format,
        .layout = config->layout,
        .in_flight = config->in_flight == SCENARIO_IN_FLIGHT_ARRIVE,
        .batch_order = config->batch_order,
        .keeps_stacks = is_volume_named(scenario),
        .wants_streams = asks_who(scenario, config),
    };
    if (cut_open(stream, &trace_config, &config->cut, &opening))
        return true;
    // The name of a trace in the scenario itself says where it stands.
    char place[300] = "";
    if (config->place.line > 0 && config->csv == NULL)
        snprintf(place, sizeof place, "%s:%zu:%zu: ", scenario->name, config->place.line,
                 config->place.column);
    return sim_fail(error, opening.exit, "%s%s", place, opening.message);
}

const char *scenario_volume_name(const struct scenario_trace *config, const struct trace *trace,
                                 uint32_t volume)
{
    const char *name = trace_volume_name(trace, volume);
    return name[0] == '\0' && config->volume_name != NULL ? config->volume_name : name;
}

// ---- Which volumes there are ----

struct listing {
    const struct scenario *scenario;
    scenario_volume *each;
    void *context;
    struct merge merge;
    struct names known;
    uint32_t count;
    bool **is_known; // by trace and volume of it
    size_t *known_counts;
};

static bool check_readable_twice(const struct scenario *scenario, struct sim_error *error)
{
    for (size_t i = 0; i < scenario->trace_count; i++) {
        const struct scenario_trace *trace = &scenario->traces[i];
        if (trace->csv != NULL || !trace_path_is_stream(trace->path))
            continue;
        if (trace->place.line == 0)
            return sim_fail(error, SIM_USAGE,
                            "--each-volume reads the traces before the run, to know their volumes; "
                            "%s can be read once only: save it in a file",
                            streams_name(trace->path));
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s:%zu:%zu: members: {from: trace} reads the trace before the run, to "
                        "know its volumes; %s can be read once only: save it in a file",
                        scenario->name, trace->place.line, trace->place.column,
                        streams_name(trace->path));
    }
    return true;
}

static bool add_name(struct listing *listing, const struct scenario_trace *config, const char *name,
                     struct sim_error *error)
{
    if (name[0] == '\0')
        return sim_fail(error, SIM_BAD_INPUT,
                        "%s: nothing in it names volumes, as the column 'member' of a CSV does; "
                        "list the members themselves",
                        config->path);
    uint32_t number = names_add(&listing->known, name, listing->count);
    if (number == NAMES_NONE)
        return sim_fail_memory(error);
    if (number < listing->count)
        return true;
    listing->count++;
    return listing->each(listing->context, name);
}

// Is it the first request of its volume, in its trace?
static bool is_first(struct listing *listing, size_t trace, uint32_t volume, bool *first)
{
    size_t count = listing->known_counts[trace];
    if (volume >= count) {
        bool *is_known =
            realloc(listing->is_known[trace], 2 * ((size_t)volume + 1) * sizeof *is_known);
        if (is_known == NULL)
            return false;
        memset(is_known + count, 0, (2 * ((size_t)volume + 1) - count) * sizeof *is_known);
        listing->is_known[trace] = is_known;
        listing->known_counts[trace] = 2 * ((size_t)volume + 1);
    }
    *first = !listing->is_known[trace][volume];
    listing->is_known[trace][volume] = true;
    return true;
}

static void tell_progress(const struct listing *listing, uint64_t requests)
{
    const struct scenario *scenario = listing->scenario;
    if (scenario->progress == NULL || requests % REQUESTS_PER_LOOK != 0)
        return;
    struct progress_state state = {merge_share(&listing->merge), requests};
    scenario->progress(scenario->progress_context, &state);
}

static bool list_all(struct listing *listing, struct sim_error *error)
{
    const struct scenario *scenario = listing->scenario;
    struct merge *merge = &listing->merge;
    uint64_t requests = 0;
    if (!merge_start(merge, error))
        return false;
    for (size_t i = merge_next(merge); i < merge->count; i = merge_next(merge)) {
        const struct cut_stream *stream = &merge->streams[i];
        uint32_t volume = stream->next.volume;
        bool first;
        if (!is_first(listing, i, volume, &first))
            return sim_fail_memory(error);
        const struct scenario_trace *config = &scenario->traces[i];
        if (first &&
            !add_name(listing, config, scenario_volume_name(config, stream->trace, volume), error))
            return false;
        if (!merge_advance(merge, error))
            return false;
        tell_progress(listing, ++requests);
    }
    return listing->count > 0 ||
           sim_fail(error, SIM_BAD_INPUT, "%s: there are no members: no request in the trace",
                    scenario->name);
}

static bool open_all(struct listing *listing, struct scenario *scenario, struct sim_error *error)
{
    size_t count = scenario->trace_count;
    listing->is_known = calloc(count, sizeof *listing->is_known);
    listing->known_counts = calloc(count, sizeof *listing->known_counts);
    listing->merge.streams = calloc(count, sizeof *listing->merge.streams);
    if (listing->is_known == NULL || listing->known_counts == NULL ||
        listing->merge.streams == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct scenario_trace *trace = &scenario->traces[i];
        if (trace->csv == NULL && trace->volume_name == NULL &&
            (trace->volume_name = scenario_base_name(trace->path)) == NULL)
            return sim_fail_memory(error);
        if (!scenario_open_trace(scenario, trace, &listing->merge.streams[i], error))
            return false;
        listing->merge.count++;
    }
    return true;
}

bool scenario_volumes_read(struct scenario *scenario, scenario_volume *each, void *context,
                           struct sim_error *error)
{
    struct listing listing = {.scenario = scenario, .each = each, .context = context};
    scenario->has_read_volumes = true;
    bool ok = check_readable_twice(scenario, error) && open_all(&listing, scenario, error) &&
              list_all(&listing, error);
    names_free(&listing.known); // they are the traces'
    for (size_t i = 0; i < listing.merge.count; i++)
        cut_close(&listing.merge.streams[i]);
    for (size_t i = 0; listing.is_known != NULL && i < scenario->trace_count; i++)
        free(listing.is_known[i]);
    merge_free(&listing.merge);
    free(listing.merge.streams);
    free(listing.is_known);
    free(listing.known_counts);
    return ok;
}
