// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/reports/pictures.h"

#include "tests/reports/answers.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

char *picture_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, 1 << 23);
    assert_non_null(file);
    assert_non_null(bytes);
    *length = fread(bytes, 1, (1 << 23) - 1, file);
    fclose(file);
    return bytes;
}

size_t picture_count(const char *directory)
{
    DIR *files = opendir(directory);
    size_t count = 0;
    assert_non_null(files);
    for (struct dirent *entry; (entry = readdir(files)) != NULL;)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(files);
    return count;
}

// rsvg-convert, where it is installed, parses and draws the picture.
static void picture_assert_draws(const char *path)
{
    char command[1100];
    snprintf(command, sizeof command,
             "if command -v rsvg-convert >/dev/null; then rsvg-convert '%s' >/dev/null; fi", path);
    assert_int_equal(system(command), 0);
}

void picture_assert_svg(const char *path)
{
    size_t length;
    char *svg = picture_bytes(path, &length);
    assert_true(length > 2000);
    assert_memory_equal(svg, "<?xml", 5);
    assert_non_null(strstr(svg, "<svg"));
    assert_string_equal(strstr(svg, "</svg>"), "</svg>\n\n");
    free(svg);
    picture_assert_draws(path);
}

void picture_assert_png(const char *path)
{
    static const unsigned char head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const unsigned char size[] = {0, 0, 3, 232, 0, 0, 2, 88}; // 1000 x 600
    size_t length;
    char *png = picture_bytes(path, &length);
    assert_true(length > 3000);
    assert_memory_equal(png, head, sizeof head);
    assert_memory_equal(png + 16, size, sizeof size);
    assert_memory_equal(png + length - 8, "IEND", 4);
    free(png);
}

// scratch_remove removes files; the directories of the plots are emptied first.
int picture_remove_directories(void **state)
{
    DIR *entries = opendir(scratch());
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        DIR *inner = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")
                         ? opendir(scratch_path(entry->d_name))
                         : NULL;
        for (struct dirent *file; inner != NULL && (file = readdir(inner)) != NULL;) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s/%s", scratch(), entry->d_name, file->d_name);
            unlink(path);
        }
        if (inner != NULL) {
            closedir(inner);
            rmdir(scratch_path(entry->d_name));
        }
    }
    closedir(entries);
    return scratch_remove(state);
}
