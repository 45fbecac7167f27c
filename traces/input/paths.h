// SPDX-License-Identifier: GPL-2.0-or-later
// From the path a user gave to the files that make up the trace: the rules are in docs/traces.md.
#ifndef TRACES_INPUT_PATHS_H
#define TRACES_INPUT_PATHS_H

#include "traces/input/files.h"

// Adds the notices `cpu-missing` and `duplicate-file`. On failure nothing is left to free.
bool trace_paths_resolve(struct trace_files *files, const char *path, struct trace_notices *notices,
                         struct trace_error *error);

#endif
