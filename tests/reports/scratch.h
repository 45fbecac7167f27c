// SPDX-License-Identifier: GPL-2.0-or-later
// A directory for a test's files, and questions to a database by a connection of its own.
#ifndef TESTS_REPORTS_SCRATCH_H
#define TESTS_REPORTS_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

// The group set-up and tear-down: makes an empty directory, removes it with all that is in it.
int scratch_make(void **state);
int scratch_remove(void **state);
// The directory, and the path of a file in it (valid until the fourth call from now).
const char *scratch_directory(void);
const char *scratch_path(const char *name);

void scratch_write(const char *path, const void *bytes, size_t size);

// Runs SQL on the file, which is created if missing.
void scratch_execute(const char *path, const char *sql);
// The first column of the first row; the test fails if there is none or it is NULL. The text is
// valid until the next call.
int64_t scratch_integer(const char *path, const char *sql);
double scratch_real(const char *path, const char *sql);
const char *scratch_text(const char *path, const char *sql);

// Fails unless SQLite finds the file sound, every reference met, and nothing else in the way.
void scratch_assert_sound(const char *path);
#endif
