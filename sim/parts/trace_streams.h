// SPDX-License-Identifier: GPL-2.0-or-later
// Among the paths of traces those of what can be read once only, see trace_path_is_stream.
#ifndef SIM_PARTS_TRACE_STREAMS_H
#define SIM_PARTS_TRACE_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

// Finds the first path that names the same stream as one before it; *repeated NULL: there is none.
// False: out of memory.
bool streams_find_repeated(const char *const *paths, size_t count, const char **repeated);

// For messages: "standard input (-)", or the path.
const char *streams_name(const char *path);

#endif
