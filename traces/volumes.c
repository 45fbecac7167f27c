// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/volumes.h"

#include "traces/bit_mix.h"
#include "traces/input/eight_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 8

// Names of so many bytes, none of them NUL, are keys as they are: nothing need be compared.
#define SHORT_MAX 8

void trace_volumes_free(struct trace_volumes *volumes)
{
    for (size_t i = 0; i < volumes->count; i++)
        free(volumes->names[i]);
    free(volumes->names);
    trace_map_free(&volumes->by_key);
    *volumes = (struct trace_volumes){0};
}

static uint64_t hash_name(const char *name, size_t length)
{
    uint64_t hash = length;
    uint64_t rest = 0;
    for (; length >= 8; name += 8, length -= 8)
        hash = trace_mix(hash ^ eight_load(name));
    for (size_t i = 0; i < length; i++)
        rest = rest << 8 | (unsigned char)name[i];
    return trace_mix(hash ^ rest);
}

static bool reserve(struct trace_volumes *volumes)
{
    if (volumes->count < volumes->capacity)
        return true;
    size_t capacity = volumes->capacity == 0 ? 8 : volumes->capacity * 2;
    char **names = realloc(volumes->names, capacity * sizeof *names);
    if (names == NULL)
        return false;
    volumes->names = names;
    volumes->capacity = capacity;
    return true;
}

static size_t most(const struct trace_volumes *volumes)
{
    return volumes->max > 0 ? volumes->max : TRACE_VOLUMES_MAX;
}

uint32_t trace_volumes_add(struct trace_volumes *volumes, const char *name, size_t length)
{
    char *copy = volumes->count < most(volumes) && reserve(volumes) ? strndup(name, length) : NULL;
    if (copy == NULL)
        return TRACE_VOLUME_NONE;
    volumes->names[volumes->count] = copy;
    return (uint32_t)volumes->count++;
}

uint32_t trace_volumes_intern(struct trace_volumes *volumes, const char *name, size_t length,
                              struct trace_error *error)
{
    uint64_t key = length - 1 < SHORT_MAX ? eight_load_digits(name, length) : 0;
    bool is_short = length - 1 < SHORT_MAX && eight_equal(key, '\0') == 0;
    uint32_t minor = is_short ? (uint32_t)length : SHORT_MAX + 1;
    if (!is_short)
        key = hash_name(name, length);
    for (;; minor++) {
        uint32_t number = trace_map_get(&volumes->by_key, key, minor);
        if (number == TRACE_MAP_NONE)
            break;
        if (is_short)
            return number;
        const char *known = volumes->names[number];
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return number;
    }
    if (volumes->count == most(volumes)) {
        trace_error_set(error, "%s: the trace holds more than %zu %s: this is not a recording",
                        volumes->source, volumes->count,
                        volumes->what != NULL ? volumes->what : "volumes");
        return TRACE_VOLUME_NONE;
    }
    uint32_t number = (uint32_t)volumes->count;
    if (trace_map_put(&volumes->by_key, key, minor, number)) {
        if (trace_volumes_add(volumes, name, length) == number)
            return number;
        trace_map_clear(&volumes->by_key, trace_map_find(&volumes->by_key, key, minor));
    }
    trace_error_no_memory(error);
    return TRACE_VOLUME_NONE;
}

void trace_volumes_list(const struct trace_volumes *volumes, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < volumes->count && i < LISTED_MAX && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%.64s", i > 0 ? ", " : "",
                                 volumes->names[i]);
    }
    if (volumes->count > LISTED_MAX && used < size)
        snprintf(text + used, size - used, " and %zu more", volumes->count - LISTED_MAX);
}
