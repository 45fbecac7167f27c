// SPDX-License-Identifier: GPL-2.0-or-later
// The volumes of a specification, merged.
#include "traces/synth.h"

#include "traces/synth/arrival_process.h"
#include "traces/synth/synth_mix.h"
#include "traces/trace_error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct synth_entry {
    struct synth_arrival_plan arrivals;
    struct synth_mix_plan mix;
};

struct synth_source {
    const struct synth_entry *entry;
    char *name;
    struct synth_arrivals_state arrivals;
    struct synth_mix_state mix;
};

struct synth {
    const struct synth_spec *spec;
    struct synth_entry *entries;
    struct synth_source *sources;
    size_t source_count;
    struct trace_heap next; // the sources that have a next request, by number
    uint64_t requests;
    const volatile sig_atomic_t *stop; // may be NULL
};

static bool name_source(struct synth_source *source, const struct synth_volume *volume,
                        uint32_t number)
{
    size_t size = strlen(volume->name) + sizeof "-4294967295";
    source->name = malloc(size);
    if (source->name == NULL)
        return false;
    if (volume->count == 1)
        snprintf(source->name, size, "%s", volume->name);
    else
        snprintf(source->name, size, "%s-%" PRIu32, volume->name, number);
    return true;
}

// Two entries must not share the common periods by chance: names of volumes have no control
// characters.
static bool open_source(struct synth *synth, struct synth_source *source,
                        const struct synth_volume *volume, uint32_t number)
{
    char common[512];
    uint64_t seed = synth->spec->seed;
    const struct synth_entry *entry = source->entry;
    if (!name_source(source, volume, number))
        return false;
    if (volume->bursts == NULL)
        snprintf(common, sizeof common, "\n%s", volume->name);
    else
        snprintf(common, sizeof common, "%s", volume->bursts);
    synth_mix_init(&source->mix, &entry->mix, seed, source->name);
    if (!synth_arrivals_init(&source->arrivals, &entry->arrivals, seed, source->name, common))
        return false;
    struct synth_event event = {
        .clock.time_ns = synth_arrivals_next_ns(&source->arrivals),
        .order = (uint64_t)(source - synth->sources),
    };
    return event.clock.time_ns >= synth->spec->duration_ns ||
           trace_heap_push(&synth->next, &synth_events, &event);
}

static bool open_sources(struct synth *synth)
{
    for (size_t i = 0; i < synth->spec->volume_count; i++) {
        const struct synth_volume *volume = &synth->spec->volumes[i];
        struct synth_entry *entry = &synth->entries[i];
        synth_arrival_plan_init(&entry->arrivals, volume, synth->spec->duration_ns);
        synth_mix_plan_init(&entry->mix, volume);
        for (uint32_t number = 1; number <= volume->count; number++) {
            struct synth_source *source = &synth->sources[synth->source_count++];
            source->entry = entry;
            if (!open_source(synth, source, volume, number))
                return false;
        }
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names are what the volumes are told apart by, also by their random streams.
static bool check_names(const struct synth *synth, struct trace_error *error)
{
    const char **names = malloc(synth->source_count * sizeof *names);
    if (names == NULL) {
        trace_error_no_memory(error);
        return false;
    }
    for (size_t i = 0; i < synth->source_count; i++)
        names[i] = synth->sources[i].name;
    qsort(names, synth->source_count, sizeof *names, compare_names);
    bool ok = true;
    for (size_t i = 1; ok && i < synth->source_count; i++) {
        ok = strcmp(names[i - 1], names[i]) != 0;
        if (!ok)
            trace_error_set(error, "volume %.255s: there are two of that name", names[i]);
    }
    free(names);
    return ok;
}

struct synth *synth_open(const struct synth_spec *spec, struct trace_error *error)
{
    size_t total = 0;
    if (!synth_check(spec, error))
        return NULL;
    for (size_t i = 0; i < spec->volume_count; i++)
        total += spec->volumes[i].count;
    struct synth *synth = calloc(1, sizeof *synth);
    if (synth == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    synth->spec = spec;
    synth->entries = calloc(spec->volume_count, sizeof *synth->entries);
    synth->sources = calloc(total, sizeof *synth->sources);
    bool ok = synth->entries != NULL && synth->sources != NULL && open_sources(synth);
    if (!ok)
        trace_error_no_memory(error);
    if (!ok || !check_names(synth, error)) {
        synth_close(synth);
        return NULL;
    }
    return synth;
}

enum trace_result synth_read(struct synth *synth, struct trace_request *request,
                             struct trace_error *error)
{
    uint64_t requests_max = synth->spec->requests_max;
    if (synth->next.count == 0 || (requests_max > 0 && synth->requests == requests_max) ||
        synth_is_stopped(synth->stop))
        return TRACE_END;
    struct synth_event *event = synth->next.entries;
    struct synth_source *source = &synth->sources[event->order];
    request->arrival_ns = event->clock.time_ns;
    request->volume = (uint32_t)event->order;
    synth_mix_draw(&source->mix, &source->entry->mix, request);
    if (!synth_arrivals_advance(&source->arrivals, &source->entry->arrivals, request->latency_ns)) {
        trace_error_no_memory(error);
        return TRACE_ERROR;
    }
    if (synth_is_stopped(synth->stop))
        return TRACE_END;
    event->clock.time_ns = synth_arrivals_next_ns(&source->arrivals);
    if (event->clock.time_ns < synth->spec->duration_ns)
        trace_heap_settle(&synth->next, &synth_events);
    else
        trace_heap_pop(&synth->next, &synth_events);
    synth->requests++;
    return TRACE_REQUEST;
}

void synth_stop_on(struct synth *synth, const volatile sig_atomic_t *stop)
{
    synth->stop = stop;
    for (size_t i = 0; i < synth->spec->volume_count; i++)
        synth->entries[i].arrivals.stop = synth->entries[i].arrivals.bursts.stop = stop;
}

size_t synth_volume_total(const struct synth *synth)
{
    return synth->source_count;
}

const char *synth_volume_name(const struct synth *synth, uint32_t volume)
{
    return synth->sources[volume].name;
}

void synth_close(struct synth *synth)
{
    if (synth == NULL)
        return;
    for (size_t i = 0; i < synth->source_count; i++) {
        synth_arrivals_free(&synth->sources[i].arrivals);
        free(synth->sources[i].name);
    }
    free(synth->sources);
    free(synth->entries);
    trace_heap_free(&synth->next);
    free(synth);
}
