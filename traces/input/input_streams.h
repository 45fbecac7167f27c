// SPDX-License-Identifier: GPL-2.0-or-later
// What can be read once only: standard input, pipes, devices such as a terminal. Their paths are
// known to trace.h.
#ifndef TRACES_INPUT_INPUT_STREAMS_H
#define TRACES_INPUT_INPUT_STREAMS_H

#include <stdbool.h>
#include <sys/types.h>

// Of a file that has a path.
bool trace_mode_is_stream(mode_t mode);

#endif
