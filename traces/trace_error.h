// SPDX-License-Identifier: GPL-2.0-or-later
// How every reader words its errors: one line, free of control characters.
#ifndef TRACES_TRACE_ERROR_H
#define TRACES_TRACE_ERROR_H

#include "traces/trace.h"

#define TRACE_PRINTF(format_index, first_argument)                                                 \
    __attribute__((format(printf, format_index, first_argument)))

void trace_error_set(struct trace_error *error, const char *format, ...) TRACE_PRINTF(2, 3);

void trace_error_no_memory(struct trace_error *error);

// Replaces control characters, which hostile paths and fields may carry.
void trace_text_sanitize(char *text);

#endif
