// SPDX-License-Identifier: GPL-2.0-or-later
// Damaged copies of a good file, read to their end.
#ifndef TESTS_TRACES_DAMAGE_H
#define TESTS_TRACES_DAMAGE_H

#include "tests/traces/trace_files.h"

// Changes, removes, repeats or cuts a few pieces of many copies, and reads each as the format
// whether it looks like it or not: with an end or an error that names the file, and requests in
// order whose numbers fit.
void damage_and_read(const struct bytes *good, const char *format, size_t rounds);

#endif
