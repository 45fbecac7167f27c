// SPDX-License-Identifier: GPL-2.0-or-later
// Looking at files that a test has drawn. What cannot be read fails the test.
#ifndef TESTS_REPORTS_PICTURES_H
#define TESTS_REPORTS_PICTURES_H

#include <stddef.h>

// The file's bytes and a NUL; to be freed.
char *picture_bytes(const char *path, size_t *length);
// How many files a directory has.
size_t picture_count(const char *directory);
// Fail unless the file is a whole picture of this kind.
void picture_assert_svg(const char *path);
void picture_assert_png(const char *path);
// A group tear-down: scratch_remove for a directory that holds directories of files.
int picture_remove_directories(void **state);
#endif
