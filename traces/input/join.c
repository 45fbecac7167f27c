// SPDX-License-Identifier: GPL-2.0-or-later
// Files of CPUs that are named one by one, as a shell makes of vdc.blktrace.*.
#include "traces/input/files.h"

#include <stdlib.h>
#include <string.h>

// Up to and with ".blktrace", if it is a file of a CPU; else 0.
static size_t base_length(const char *path)
{
    int cpu;
    return trace_path_split(path, &cpu);
}

static bool is_of(const char *path, const char *base, size_t length)
{
    return base_length(path) == length && memcmp(path, base, length) == 0;
}

// Are all files of the base among the paths?
static bool check_whole(char *const *paths, size_t count, const char *base,
                        struct trace_error *error)
{
    struct trace_files files;
    struct trace_notices notices = {0};
    if (!trace_paths_resolve(&files, base, &notices, error))
        return false;
    bool whole = true;
    for (size_t i = 0; whole && i < files.count; i++) {
        const char *path = files.items[i].path;
        whole = false;
        for (size_t k = 0; k < count; k++)
            whole = whole || strcmp(paths[k], path) == 0;
        if (!whole)
            trace_error_set(error,
                            "%s is of the same recording as others of %s.N, but not named: name "
                            "all of them, or %s, or one alone",
                            path, base, base);
    }
    trace_files_free(&files);
    trace_notices_free(&notices);
    return whole;
}

bool trace_paths_join(char **paths, size_t *count, struct trace_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        size_t length = base_length(paths[i]);
        bool known = false, more = false;
        for (size_t k = 0; k < kept && length > 0; k++)
            known =
                known || (strlen(paths[k]) == length && memcmp(paths[k], paths[i], length) == 0);
        for (size_t k = i + 1; k < *count && length > 0; k++)
            more = more || is_of(paths[k], paths[i], length);
        if (known)
            continue;
        if (more) {
            char *base = strndup(paths[i], length);
            if (base == NULL)
                trace_error_no_memory(error);
            bool good = base != NULL && check_whole(paths + i, *count - i, base, error);
            free(base);
            if (!good)
                return false;
            paths[i][length] = '\0';
        }
        paths[kept++] = paths[i];
    }
    *count = kept;
    return true;
}
