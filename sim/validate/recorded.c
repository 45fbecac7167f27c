// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/validate/recorded.h"

#include "traces/bit_mix.h"

#include <stdlib.h>

#define READS_PER_LOOK 4096

static bool add(struct recorded *recorded, size_t *room, const struct arrival *arrival,
                struct sim_error *error)
{
    if (recorded->count == RECORDED_MAX)
        return sim_fail(error, SIM_BAD_INPUT,
                        "more than %zu requests, and each is kept in memory; take a piece of the "
                        "recording, with its trace's start and duration",
                        RECORDED_MAX);
    if (recorded->count == *room) {
        size_t larger = *room == 0 ? 1024 : *room + *room / 2;
        struct arrival *items = realloc(recorded->items, larger * sizeof *items);
        if (items == NULL)
            return sim_fail_memory(error);
        recorded->items = items;
        *room = larger;
    }
    int64_t latency_ns =
        arrival->request.latency_ns == TRACE_LATENCY_UNKNOWN ? 0 : arrival->request.latency_ns;
    int64_t end_ns =
        latency_ns > INT64_MAX - arrival->time_ns ? INT64_MAX : arrival->time_ns + latency_ns;
    if (end_ns > recorded->end_ns)
        recorded->end_ns = end_ns;
    recorded->items[recorded->count] = *arrival;
    recorded->items[recorded->count].number = recorded->count;
    recorded->count++;
    return true;
}

static bool look(const struct recorded *recorded, const struct sources *sources,
                 const struct progress_watch *watch, struct sim_error *error)
{
    struct progress_state state = {sources_share(sources), recorded->count};
    if (watch->progress != NULL)
        watch->progress(watch->progress_context, &state);
    return *watch->stop == 0 || sim_fail(error, SIM_FAILED, "interrupted");
}

bool recorded_read(struct recorded *recorded, const struct scenario *scenario,
                   const struct progress_watch *watch, sources_notice *notice, void *context,
                   struct sim_error *error)
{
    struct sources_taken taken = {.traces = 0};
    size_t room = 0, volumes[TRACE_ARRIVAL_AUTO + 1] = {0};
    *recorded = (struct recorded){.items = NULL};
    struct sources *sources = sources_open(scenario, error);
    bool ok = sources != NULL;
    while (ok && sources_arrivals(sources)->next != NULL) {
        struct arrivals *arrivals = sources_arrivals(sources);
        ok = add(recorded, &room, arrivals->next, error) && arrivals->advance(arrivals, error);
        if (ok && recorded->count % READS_PER_LOOK == 0)
            ok = look(recorded, sources, watch, error);
    }
    if (ok) {
        sources_notices(sources, notice, context);
        sources_taken(sources, &taken);
        recorded->no_member = taken.no_member;
        sources_count_arrivals(sources, volumes);
        recorded->queued = volumes[TRACE_ARRIVAL_QUEUE];
    }
    sources_close(sources);
    return ok;
}

void recorded_free(struct recorded *recorded)
{
    free(recorded->items);
}

// ---- A replay ----

static void look_ahead(struct recorded_arrivals *arrivals)
{
    const struct recorded *recorded = arrivals->recorded;
    arrivals->arrivals.next = NULL;
    if (arrivals->next == recorded->count)
        return;
    size_t number =
        arrivals->places == NULL ? arrivals->next : arrivals->places[arrivals->next].number;
    arrivals->arrival = recorded->items[number];
    if (arrivals->places != NULL)
        arrivals->arrival.time_ns = arrivals->places[arrivals->next].time_ns;
    arrivals->arrivals.next = &arrivals->arrival;
}

static bool advance(struct arrivals *base, struct sim_error *error)
{
    struct recorded_arrivals *arrivals = (struct recorded_arrivals *)base;
    (void)error;
    arrivals->next++;
    look_ahead(arrivals);
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct recorded_place *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

static bool shift(struct recorded_arrivals *arrivals, size_t member_count, int64_t jitter_ns,
                  uint64_t seed)
{
    const struct recorded *recorded = arrivals->recorded;
    int64_t *last = calloc(member_count + 1, sizeof *last); // by member
    arrivals->places = malloc((recorded->count + 1) * sizeof *arrivals->places);
    bool ok = last != NULL && arrivals->places != NULL;
    for (size_t i = 0; ok && i < recorded->count; i++) {
        const struct arrival *arrival = &recorded->items[i];
        uint64_t drawn = trace_mix(seed += TRACE_MIX_STEP);
        int64_t off_ns = (int64_t)(drawn % (2 * (uint64_t)jitter_ns + 1)) - jitter_ns;
        int64_t time_ns = arrival->time_ns + off_ns;
        if (time_ns < last[arrival->member])
            time_ns = last[arrival->member];
        last[arrival->member] = time_ns;
        arrivals->places[i] = (struct recorded_place){time_ns, i};
    }
    free(last);
    if (ok)
        qsort(arrivals->places, recorded->count, sizeof *arrivals->places, compare);
    return ok;
}

bool recorded_open(struct recorded_arrivals *arrivals, const struct recorded *recorded,
                   size_t member_count, int64_t jitter_ns, uint64_t seed)
{
    *arrivals = (struct recorded_arrivals){.recorded = recorded, .arrivals.advance = advance};
    if (jitter_ns > 0 && !shift(arrivals, member_count, jitter_ns, seed))
        return false;
    look_ahead(arrivals);
    return true;
}

void recorded_close(struct recorded_arrivals *arrivals)
{
    free(arrivals->places);
}
