// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/input_streams.h"

#include "traces/trace.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

bool trace_mode_is_stream(mode_t mode)
{
    return S_ISFIFO(mode) || S_ISCHR(mode);
}

bool trace_path_is_stream(const char *path)
{
    struct stat status;
    return is_standard_input(path) ||
           (stat(path, &status) == 0 && trace_mode_is_stream(status.st_mode));
}

// "/dev/stdin" may be the same pipe as "-".
bool trace_paths_are_one_stream(const char *path, const char *other)
{
    struct stat status[2];
    const char *const paths[2] = {path, other};
    if (!trace_path_is_stream(path) || !trace_path_is_stream(other))
        return false;
    if (strcmp(path, other) == 0)
        return true;
    for (size_t i = 0; i < 2; i++) {
        if ((is_standard_input(paths[i]) ? fstat(STDIN_FILENO, &status[i])
                                         : stat(paths[i], &status[i])) != 0)
            return false;
    }
    return status[0].st_dev == status[1].st_dev && status[0].st_ino == status[1].st_ino;
}
