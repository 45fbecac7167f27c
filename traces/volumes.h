// SPDX-License-Identifier: GPL-2.0-or-later
// The volumes of a trace: names, numbered in order of first appearance.
#ifndef TRACES_VOLUMES_H
#define TRACES_VOLUMES_H

#include "traces/map.h"
#include "traces/notices.h"

// More than any recording holds; bounds what a hostile file can make a reader allocate.
#define TRACE_VOLUMES_MAX 65535U
#define TRACE_STREAMS_MAX (UINT32_C(1) << 21)
#define TRACE_VOLUME_NONE UINT32_MAX

// All zero but the source is an empty set.
struct trace_volumes {
    const char *source; // named in errors; not owned
    const char *what;   // they are: "volumes"; NULL: that
    size_t max;         // 0: TRACE_VOLUMES_MAX
    char **names;
    size_t count;
    size_t capacity;
    struct trace_map by_key; // of (text, length) of short names, else (hash, 9 + collisions)
};

void trace_volumes_free(struct trace_volumes *volumes);

// The number of a new name, which may be there already; trace_volumes_intern never finds it.
// TRACE_VOLUME_NONE: too many or no memory.
uint32_t trace_volumes_add(struct trace_volumes *volumes, const char *name, size_t length);

// The number of a name, added if it is new. TRACE_VOLUME_NONE: too many or no memory, error filled.
uint32_t trace_volumes_intern(struct trace_volumes *volumes, const char *name, size_t length,
                              struct trace_error *error);

// "a, b, c and 4 more"; for error messages.
void trace_volumes_list(const struct trace_volumes *volumes, char *text, size_t size);

#endif
