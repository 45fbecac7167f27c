// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *trace_temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

int trace_temporary_make(void)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/.throttlesim-XXXXXX", trace_temporary_folder());
    if (length <= 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int file = mkstemp(path);
    if (file < 0)
        return -1;
    unlink(path);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    return file;
}
