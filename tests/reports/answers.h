// SPDX-License-Identifier: GPL-2.0-or-later
// Questions to a database, by a connection of its own.
#ifndef TESTS_REPORTS_ANSWERS_H
#define TESTS_REPORTS_ANSWERS_H

#include "tests/support/scratch.h"

#include <stdint.h>

// Runs SQL on the file, which is created if missing.
void answer_execute(const char *path, const char *sql);
// The first column of the first row; the test fails if there is none or it is NULL. The text is
// valid until the next call.
int64_t answer_integer(const char *path, const char *sql);
double answer_real(const char *path, const char *sql);
const char *answer_text(const char *path, const char *sql);

// Fails unless SQLite finds the file sound, every reference met, and nothing else in the way.
void answer_assert_sound(const char *path);
#endif
