// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/scratch.h"

#include "tests/support/test_group.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[256];

static void remove_at_exit(void)
{
    if (directory[0] != '\0')
        scratch_remove(NULL);
}

const char *scratch(void)
{
    static bool registered;
    if (directory[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(directory, sizeof directory, "%.200s/throttlesim-test-XXXXXX",
                 parent == NULL ? "/tmp" : parent);
        // Others may look into it.
        assert_true(mkdtemp(directory) != NULL && chmod(directory, 0755) == 0);
        if (!registered)
            atexit(remove_at_exit);
        registered = true;
    }
    return directory;
}

int scratch_make(void **state)
{
    (void)state;
    scratch_clear();
    return 0;
}

int scratch_remove(void **state)
{
    (void)state;
    scratch_clear();
    int status = rmdir(directory);
    directory[0] = '\0';
    return status;
}

void scratch_clear(void)
{
    DIR *entries = opendir(scratch());
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(scratch_path(entry->d_name));
    }
    closedir(entries);
}

const char *scratch_path(const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    if (name[0] == '/')
        snprintf(path, sizeof paths[0], "%s", name);
    else
        snprintf(path, sizeof paths[0], "%s/%s", scratch(), name);
    return path;
}

void scratch_write(const char *name, const void *data, size_t length)
{
    FILE *file = fopen(scratch_path(name), "wb");
    assert_non_null(file);
    if (length > 0)
        assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void scratch_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}
