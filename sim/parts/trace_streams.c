// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/parts/trace_streams.h"

#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

const char *streams_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input (-)" : path;
}

static bool is_among(const char *path, const char *const *streams, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (trace_paths_are_one_stream(path, streams[i]))
            return true;
    }
    return false;
}

bool streams_find_repeated(const char *const *paths, size_t count, const char **repeated)
{
    const char **streams = malloc((count + 1) * sizeof *streams);
    size_t found = 0;
    *repeated = NULL;
    for (size_t i = 0; streams != NULL && *repeated == NULL && i < count; i++) {
        if (!trace_path_is_stream(paths[i]))
            continue;
        if (is_among(paths[i], streams, found))
            *repeated = paths[i];
        streams[found++] = paths[i];
    }
    free(streams);
    return streams != NULL;
}
