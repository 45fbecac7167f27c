// SPDX-License-Identifier: GPL-2.0-or-later
#define _XOPEN_SOURCE 700 // realpath
#include "sim/base/text_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MOST (64u << 20) // a larger file was not written by hand

// The whole rest of a stream, with a NUL behind it.
static bool read_all(FILE *file, const char *name, const char *not_this, char **text,
                     size_t *length, struct sim_error *error)
{
    size_t capacity = 0, got;
    do {
        if (capacity - *length < 2) {
            capacity = capacity == 0 ? 1 << 16 : 2 * capacity;
            char *bigger = realloc(*text, capacity);
            if (bigger == NULL)
                return sim_fail_memory(error);
            *text = bigger;
        }
        got = fread(*text + *length, 1, capacity - *length - 1, file);
        *length += got;
        if (*length > SIZE_MOST)
            return sim_fail(error, SIM_BAD_INPUT, "%s: larger than 64 MiB, so %s", name, not_this);
    } while (got > 0);
    (*text)[*length] = '\0';
    return true;
}

bool text_file_read(const char *path, const char *not_this, char **text, size_t *length,
                    struct sim_error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    *text = NULL;
    *length = 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (file == NULL)
        return sim_fail(error, SIM_BAD_INPUT, "%s: %s", path, strerror(errno));
    bool ok = read_all(file, is_stdin ? "standard input" : path, not_this, text, length, error);
    if (ok && ferror(file))
        ok = sim_fail(error, SIM_BAD_INPUT, "%s: %s", path, strerror(errno));
    if (!is_stdin)
        fclose(file);
    return ok;
}

// ---- Writing ----

// In the same folder, so that it can take the old one's place; its name does not end as that one's
// does. A file of this name can only be what a killed process of the same number has left.
static char *name_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - path) + 1;
    size_t size = strlen(path) + 24;
    char *temporary = malloc(size);
    if (temporary != NULL)
        snprintf(temporary, size, "%.*s.%s.%ld", folder, path, path + folder, (long)getpid());
    return temporary;
}

static bool fill(FILE *out, const char *text, bool sync)
{
    bool ok = fputs(text, out) >= 0 && fflush(out) == 0 && (!sync || fsync(fileno(out)) == 0);
    int reason = errno;
    ok = fclose(out) == 0 && ok;
    if (!ok && reason != 0)
        errno = reason;
    return ok;
}

static bool fill_beside(const char *path, const char *temporary, const struct stat *before,
                        const char *text)
{
    unlink(temporary);
    FILE *out = fopen(temporary, "wxe");
    if (out == NULL)
        return false;
    // The new file may be read by whom the old one could.
    bool ok = before == NULL || fchmod(fileno(out), before->st_mode & 0777) == 0;
    ok = fill(out, text, true) && ok && rename(temporary, path) == 0;
    int reason = errno;
    if (!ok)
        unlink(temporary);
    errno = reason;
    return ok;
}

bool text_file_write(const char *path, const char *text, struct sim_error *error)
{
    struct stat status;
    bool ok, exists = stat(path, &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        FILE *out = fopen(path, "we");
        ok = out != NULL && fill(out, text, false);
    } else {
        // A link stays one: what it leads to is replaced.
        char *target = exists ? realpath(path, NULL) : strdup(path);
        char *temporary = target == NULL ? NULL : name_beside(target);
        ok = temporary != NULL && fill_beside(target, temporary, exists ? &status : NULL, text);
        free(temporary);
        free(target);
    }
    return ok || sim_fail(error, SIM_FAILED, "%s: cannot be written: %s", path, strerror(errno));
}

// ---- Values ----

void text_write_quoted(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        bool is_special = *text == '"' || *text == '\\';
        if (iscntrl((unsigned char)*text))
            fprintf(out, "\\x%02x", (unsigned)*text);
        else
            fprintf(out, is_special ? "\\%c" : "%c", *text);
    }
    putc('"', out);
}
