// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *report_temporary_folder(void)
{
    const char *directory = getenv("TMPDIR");
    return directory != NULL && *directory ? directory : "/tmp";
}

bool report_make_folder(const char *path)
{
    char *parts = strdup(path);
    bool good = parts != NULL;
    for (char *end = parts; good && end != NULL;) {
        end = strchr(end + strspn(end, "/"), '/');
        if (end != NULL)
            *end = '\0';
        good = mkdir(parts, 0777) == 0 || errno == EEXIST;
        if (end != NULL)
            *end = '/';
    }
    free(parts);
    return good;
}

int report_unnamed_file(const char *directory)
{
    static const char name[] = "/.throttlesim-XXXXXX";
    size_t size = strlen(directory) + sizeof name;
    char *path = malloc(size);
    sigset_t before;
    if (path == NULL)
        return -1;
    snprintf(path, size, "%s%s", directory, name);
    report_defer_signals(&before); // while it has a name
    int file = mkstemp(path);
    if (file >= 0) {
        unlink(path);
        fcntl(file, F_SETFD, FD_CLOEXEC);
    }
    report_allow_signals(&before);
    free(path);
    return file;
}

void report_defer_signals(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

void report_allow_signals(const sigset_t *before)
{
    int code = errno;
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = code;
}

bool report_spill_open(struct report_spill *spill, uint64_t count, size_t item_size,
                       struct report_error *error)
{
    int code = EFBIG, file = -1;
    *spill = (struct report_spill){.bytes = NULL};
    if (count == 0)
        return true;
    if (count <= (uint64_t)INT64_MAX / item_size && count <= SIZE_MAX / item_size) {
        spill->size = (size_t)count * item_size;
        file = report_unnamed_file(report_temporary_folder());
        // All of the file is there before it is used: a full disk is an error, not a signal.
        code = file < 0 ? errno : posix_fallocate(file, 0, (off_t)spill->size);
    }
    if (code == 0) {
        spill->bytes = mmap(NULL, spill->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        code = spill->bytes == MAP_FAILED ? errno : 0;
    }
    if (file >= 0)
        close(file);
    if (code == 0)
        return true;
    spill->bytes = NULL;
    snprintf(error->message, sizeof error->message,
             "a temporary file for %" PRIu64 " items of %zu bytes in %s: %s; set TMPDIR to another "
             "folder",
             count, item_size, report_temporary_folder(), strerror(code));
    return false;
}

void report_spill_close(struct report_spill *spill)
{
    if (spill->bytes != NULL)
        munmap(spill->bytes, spill->size);
    spill->bytes = NULL;
}
