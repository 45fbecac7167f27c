// SPDX-License-Identifier: GPL-2.0-or-later
// Traces as the command line and scenarios name them: by format and by path.
#ifndef SIM_PARTS_TRACE_NAMES_H
#define SIM_PARTS_TRACE_NAMES_H

#include "sim/base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define FORMATS_MESSAGE_MAX 640

// Is there a format of this name? If not, the message says which there are: it goes after a place
// and a colon.
bool formats_check(const char *name, char message[FORMATS_MESSAGE_MAX]);

// Can a trace be written in this format, or with NULL in the one that the name of the file says?
// The error is about --to.
bool formats_check_output(const char *format, const char *path, struct sim_error *error);

// The first path that names the same stream (trace_path_is_stream), which can be read once only, as
// one before it; NULL: there is none.
const char *streams_find_repeated(const char *const *paths, size_t count);

// For messages: "standard input (-)", or the path.
const char *streams_name(const char *path);

#endif
