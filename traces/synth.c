// SPDX-License-Identifier: GPL-2.0-or-later
// The volumes of a specification, merged.
#include "traces/synth.h"

#include "traces/notices.h"
#include "traces/synth/arrival_process.h"
#include "traces/synth/law_draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_NAME_BYTES 512 // a volume's name has at most 255

// ---- What the requests of a volume are: kinds, sizes, places, latencies ----

struct synth_kind_plan {
    const struct synth_kind *kind;
    double weights[SYNTH_SIZES_MAX]; // of sizes, each with those before it
    uint64_t places;
    struct synth_zipf zipf;
};

// What the volumes of an entry have in common.
struct synth_mix_plan {
    const struct synth_volume *volume;
    double weights[SYNTH_KINDS_MAX]; // of kinds, each with those before it
    struct synth_kind_plan kinds[SYNTH_KINDS_MAX];
    struct synth_sampler latency;
};

struct synth_kind_state {
    struct synth_stream places;
    uint64_t next; // where the one before ended, from the kind's first byte
    bool has_next;
};

struct synth_mix_state {
    struct synth_stream kinds;
    struct synth_stream sizes;
    struct synth_stream latencies;
    uint64_t scatter_key; // one for all kinds: what is hot to read is hot to write
    struct synth_kind_state by_kind[SYNTH_KINDS_MAX];
};

static void plan_kind(struct synth_kind_plan *plan, const struct synth_kind *kind)
{
    double sum = 0;
    plan->kind = kind;
    for (uint32_t i = 0; i < kind->size_count; i++)
        plan->weights[i] = sum += kind->sizes[i].weight;
    if (kind->op == TRACE_FLUSH)
        return;
    plan->places = kind->span / kind->align;
    plan->places += plan->places == 0;
    if (kind->place == SYNTH_ZIPF)
        synth_zipf_init(&plan->zipf, kind->zipf_exponent, plan->places);
}

static void plan_mix(struct synth_mix_plan *plan, const struct synth_volume *volume)
{
    double sum = 0;
    plan->volume = volume;
    synth_sampler_init(&plan->latency, &volume->latency_ns);
    for (uint32_t i = 0; i < volume->kind_count; i++) {
        plan->weights[i] = sum += volume->kinds[i].weight;
        plan_kind(&plan->kinds[i], &volume->kinds[i]);
    }
}

static void start_mix(struct synth_mix_state *state, const struct synth_mix_plan *plan,
                      uint64_t seed, const char *name)
{
    struct synth_stream scatter;
    memset(state, 0, sizeof *state);
    synth_stream_init(&state->kinds, seed, name, SYNTH_FOR_KINDS);
    synth_stream_init(&state->sizes, seed, name, SYNTH_FOR_SIZES);
    synth_stream_init(&state->latencies, seed, name, SYNTH_FOR_LATENCIES);
    synth_stream_init(&scatter, seed, name, SYNTH_FOR_SCATTER);
    state->scatter_key = synth_stream_bits(&scatter);
    for (uint32_t i = 0; i < plan->volume->kind_count; i++)
        synth_stream_init(&state->by_kind[i].places, seed, name, SYNTH_FOR_PLACES + i);
}

// The first whose weight, with those before it, reaches a uniform share of all.
static uint32_t draw_index(const double *weights, uint32_t count, struct synth_stream *stream)
{
    double wanted = synth_stream_share(stream) * weights[count - 1];
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (weights[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// A place, in bytes from the kind's first; one too near to the end is moved to the last that fits.
static uint64_t draw_place(const struct synth_kind_plan *plan, struct synth_stream *stream,
                           uint64_t scatter_key, uint64_t bytes)
{
    const struct synth_kind *kind = plan->kind;
    uint64_t place;
    if (kind->place == SYNTH_ZIPF) {
        place = synth_scatter(synth_zipf_draw(&plan->zipf, stream) - 1, plan->places, scatter_key);
    } else {
        place = (uint64_t)(synth_stream_share(stream) * (double)plan->places);
        if (place >= plan->places)
            place = plan->places - 1;
    }
    uint64_t last = (kind->span - bytes) / kind->align;
    return (place > last ? last : place) * kind->align;
}

static uint64_t draw_offset(struct synth_kind_state *state, const struct synth_kind_plan *plan,
                            uint64_t scatter_key, uint64_t bytes)
{
    const struct synth_kind *kind = plan->kind;
    uint64_t at = state->next > kind->span - bytes ? 0 : state->next; // round again
    bool goes_on = synth_stream_share(&state->places) < kind->sequential;
    if (!goes_on || !state->has_next)
        at = draw_place(plan, &state->places, scatter_key, bytes);
    state->next = at + bytes;
    state->has_next = true;
    return kind->first + at;
}

static int64_t draw_latency_ns(struct synth_mix_state *state, const struct synth_mix_plan *plan)
{
    double latency_ns = synth_sampler_draw(&plan->latency, &state->latencies) + 0.5;
    if (latency_ns < 1)
        return 1;
    return latency_ns < 0x1p60 ? (int64_t)latency_ns : INT64_C(1) << 60;
}

// All but the request's arrival, volume and stream.
static void draw_mix(struct synth_mix_state *state, const struct synth_mix_plan *plan,
                     struct trace_request *request)
{
    uint32_t index = draw_index(plan->weights, plan->volume->kind_count, &state->kinds);
    const struct synth_kind_plan *kind_plan = &plan->kinds[index];
    const struct synth_kind *kind = kind_plan->kind;
    // One draw each, whatever the kind: those of the others do not move.
    uint32_t size = 0;
    if (kind->size_count > 0)
        size = draw_index(kind_plan->weights, kind->size_count, &state->sizes);
    else
        synth_stream_bits(&state->sizes);
    request->op = kind->op;
    request->bytes = kind->op == TRACE_FLUSH ? 0 : kind->sizes[size].bytes;
    request->offset = 0;
    if (kind->op != TRACE_FLUSH)
        request->offset =
            draw_offset(&state->by_kind[index], kind_plan, state->scatter_key, request->bytes);
    request->also = 0;
    request->latency_ns = TRACE_LATENCY_UNKNOWN;
    if (plan->latency.mean > 0)
        request->latency_ns = draw_latency_ns(state, plan);
}

// ---- The volumes ----

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
    bool has_clients;
    char stream_name[STREAM_NAME_BYTES];
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
    start_mix(&source->mix, &entry->mix, seed, source->name);
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
        plan_mix(&entry->mix, volume);
        synth->has_clients = synth->has_clients || volume->arrivals.process == SYNTH_CLOSED;
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
    request->stream = synth_arrivals_client(&source->arrivals, &source->entry->arrivals);
    draw_mix(&source->mix, &source->entry->mix, request);
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

const char *synth_stream_name(struct synth *synth, const struct trace_request *request)
{
    char *to = synth->stream_name;
    const char *volume = synth->sources[request->volume].name;
    if (!synth->has_clients)
        return NULL;
    if (request->stream == 0)
        snprintf(to, STREAM_NAME_BYTES, TRACE_STREAM_OPEN "%s", volume);
    else
        snprintf(to, STREAM_NAME_BYTES, TRACE_STREAM_CLOSED "%s:%" PRIu32, volume, request->stream);
    return to;
}

bool synth_has_clients(const struct synth *synth)
{
    return synth->has_clients;
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
