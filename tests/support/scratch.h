// SPDX-License-Identifier: GPL-2.0-or-later
// A directory for a test's files.
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

// The directory; made at the first call, removed at exit.
const char *scratch(void);

// Set-up and tear-down of a group: an empty directory; removed, which fails if there is anything
// but files in it.
int scratch_make(void **state);
int scratch_remove(void **state);

// Removes all files in it.
void scratch_clear(void);

// A path in it, valid until 8 more calls. An absolute one stays as it is, here and below.
const char *scratch_path(const char *name);

void scratch_write(const char *name, const void *data, size_t length);
void scratch_text(const char *name, const char *text);

#endif
