// SPDX-License-Identifier: GPL-2.0-or-later
// What a file is that is no trace of a known format, and what its user may do.
#ifndef TRACES_UNKNOWN_H
#define TRACES_UNKNOWN_H

#include "traces/format.h"

// From the first bytes of a file that is not empty. The formats end with NULL.
void trace_unknown_fail(const char *path, const uint8_t *head, size_t length,
                        const struct trace_format *const *formats, struct trace_error *error);

// A CSV that was taken for a known one and is not: adds with which layout it can be read. False:
// none was found.
bool trace_unknown_hint(const uint8_t *head, size_t length, struct trace_error *error);

#endif
