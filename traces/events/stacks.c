// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/stacks.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES_BYTES 200
#define LISTED_MAX 6

// What a device is while it is found out.
enum place {
    PLACE_START,
    PLACE_BELOW, // what is asked of a start comes to it
};

void events_stacks_free(struct events_stacks *stacks)
{
    free(stacks->items);
    *stacks = (struct events_stacks){0};
}

// From the starts in `places` down. False: out of memory.
static bool descend(const struct events_stacks *stacks, struct trace_map *places)
{
    bool more = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < stacks->count; i++) {
            const struct events_stack *stack = &stacks->items[i];
            if (trace_map_get(places, stack->upper, 0) == TRACE_MAP_NONE ||
                trace_map_get(places, stack->lower, 0) == PLACE_BELOW)
                continue;
            if (!trace_map_put(places, stack->lower, 0, PLACE_BELOW))
                return false;
            more = true;
        }
    }
    return true;
}

// Does the upper device of a pair lie below the lower one, as if a number were used again?
static bool find_circle(const struct events_stacks *stacks, uint32_t upper, uint32_t lower,
                        bool *is_circle)
{
    struct trace_map places = {0};
    bool good = trace_map_put(&places, lower, 0, PLACE_START) && descend(stacks, &places);
    *is_circle = good && trace_map_get(&places, upper, 0) != TRACE_MAP_NONE;
    trace_map_free(&places);
    return good;
}

static bool add(struct events_stacks *stacks, uint32_t upper, uint32_t lower)
{
    bool is_circle;
    if (upper == lower || upper == 0 || lower == 0)
        return true;
    for (uint32_t i = 0; i < stacks->count; i++) {
        uint32_t at = (stacks->last + i) % stacks->count;
        if (stacks->items[at].upper == upper && stacks->items[at].lower == lower) {
            stacks->last = at;
            return true;
        }
    }
    if (stacks->items == NULL)
        stacks->items = malloc(EVENTS_STACKS_MAX * sizeof *stacks->items);
    if (stacks->items == NULL || !find_circle(stacks, upper, lower, &is_circle))
        return false;
    if (is_circle || stacks->count == EVENTS_STACKS_MAX)
        return true;
    stacks->items[stacks->count++] = (struct events_stack){upper, lower};
    stacks->is_settled = false;
    return true;
}

// The device of a record is a disk where that of its remap may still be a partition.
bool events_stacks_remap(struct events_stacks *stacks, const struct blktrace_record *remap)
{
    return add(stacks, remap->from_device, remap->to_device) &&
           add(stacks, remap->to_device, remap->device);
}

// TRACE_MAP_NONE: nothing is known of it.
static uint32_t find_volume(const struct trace_map *numbers, const struct blktrace_pairing *pairing,
                            uint32_t device)
{
    uint32_t number = trace_map_get(numbers, device, 0);
    return number < pairing->volume_count ? number : TRACE_MAP_NONE;
}

bool events_stacks_settle(struct events_stacks *stacks, const struct trace_map *numbers,
                          struct blktrace_pairing *pairing)
{
    struct trace_map places = {0};
    bool good = true;
    if (stacks->is_settled && stacks->arriving == pairing->arriving)
        return true;
    for (uint32_t i = 0; i < stacks->count && good; i++) {
        uint32_t upper = find_volume(numbers, pairing, stacks->items[i].upper);
        if (upper != TRACE_MAP_NONE && pairing->volumes[upper].arrives)
            good = trace_map_put(&places, stacks->items[i].upper, 0, PLACE_START);
    }
    good = good && descend(stacks, &places);
    for (uint32_t i = 0; i < stacks->count && good; i++) {
        uint32_t device = stacks->items[i].lower;
        uint32_t lower = find_volume(numbers, pairing, device);
        if (lower != TRACE_MAP_NONE && trace_map_get(&places, device, 0) == PLACE_BELOW)
            blktrace_pairing_hide(pairing, &pairing->volumes[lower]);
    }
    trace_map_free(&places);
    stacks->is_settled = true;
    stacks->arriving = pairing->arriving;
    return good;
}

// "8,0, 8,16 and 2 more": the volumes above, or below.
static void list(const struct events_stacks *stacks, const struct events_devices *devices,
                 const struct blktrace_pairing *pairing, bool below, char text[NAMES_BYTES])
{
    size_t used = 0, count = 0;
    text[0] = '\0';
    for (uint32_t number = 0; number < pairing->volume_count; number++) {
        bool listed = false;
        for (uint32_t i = 0; i < stacks->count && !listed; i++) {
            const struct events_stack *stack = &stacks->items[i];
            listed = pairing->volumes[number].is_below == below &&
                     find_volume(&devices->numbers, pairing, below ? stack->lower : stack->upper) ==
                         number;
        }
        count += listed;
        if (listed && count <= LISTED_MAX)
            used += (size_t)snprintf(text + used, NAMES_BYTES - used, "%s%s", used > 0 ? ", " : "",
                                     devices->names.names[number]);
    }
    if (count > LISTED_MAX)
        snprintf(text + used, NAMES_BYTES - used, " and %zu more", count - LISTED_MAX);
}

void events_stacks_report(const struct events_stacks *stacks, const struct events_devices *devices,
                          const struct blktrace_pairing *pairing, const char *source,
                          struct trace_notices *notices)
{
    char tops[NAMES_BYTES], lower[NAMES_BYTES];
    uint64_t hidden = 0;
    for (size_t i = 0; i < pairing->volume_count; i++) {
        const uint64_t *counts = pairing->volumes[i].hidden;
        bool issues = counts[TRACE_ARRIVAL_ISSUE] > 0 && pairing->arrival != TRACE_ARRIVAL_QUEUE;
        hidden += counts[issues ? TRACE_ARRIVAL_ISSUE : TRACE_ARRIVAL_QUEUE];
    }
    if (hidden == 0)
        return;
    list(stacks, devices, pairing, false, tops);
    list(stacks, devices, pairing, true, lower);
    trace_notices_set(
        notices, "stack", source, hidden,
        "%s lies on %s, as remaps (A) tell: only the top is taken, so that nothing is "
        "counted twice; the requests of what it lies on (%llu) are left out, and are "
        "taken if that device is chosen by its name.",
        tops, lower, (unsigned long long)hidden);
}
