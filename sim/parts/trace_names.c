// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/parts/trace_names.h"
#include "sim/base/suggest.h"
#include "traces/trace.h"
#include "traces/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *format_name_at(const void *words, size_t index)
{
    (void)words;
    return trace_format_at(index);
}

bool formats_check(const char *name, char message[FORMATS_MESSAGE_MAX])
{
    if (trace_format_help(name) != NULL)
        return true;
    int used = snprintf(message, FORMATS_MESSAGE_MAX, "unknown format '%.64s'; there are ", name);
    const char *known;
    for (size_t i = 0; (known = trace_format_at(i)) != NULL && used < FORMATS_MESSAGE_MAX; i++)
        used += snprintf(message + used, (size_t)(FORMATS_MESSAGE_MAX - used), "%s%s",
                         i > 0 ? ", " : "", known);
    if (used < FORMATS_MESSAGE_MAX)
        suggest(name, format_name_at, NULL, message + used, (size_t)(FORMATS_MESSAGE_MAX - used));
    return false;
}

static const char *written_at(const void *words, size_t index)
{
    (void)words;
    return trace_writer_format_at(index);
}

bool formats_check_output(const char *wanted, const char *path, struct sim_error *error)
{
    char list[512] = "", hint[128];
    const char *name;
    if (wanted == NULL && trace_writer_format_of_path(path) != NULL)
        return true;
    for (size_t i = 0, used = 0; (name = trace_writer_format_at(i)) != NULL; i++) {
        if (wanted != NULL && strcmp(name, wanted) == 0)
            return true;
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", name);
    }
    if (wanted == NULL)
        return sim_fail(error, SIM_USAGE,
                        "%s: this name does not say in which format to write; choose one with "
                        "--to: %s",
                        path, list);
    bool is_read = trace_format_help(wanted) != NULL;
    return sim_fail(error, SIM_USAGE, "--to: %s '%.64s'%s; there are %s%s",
                    is_read ? "format" : "unknown format", wanted,
                    is_read ? " can be read, but not written" : "", list,
                    suggest(wanted, written_at, NULL, hint, sizeof hint));
}

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
