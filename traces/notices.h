// SPDX-License-Identifier: GPL-2.0-or-later
// Errors, and the oddities of a recording: one per kind and source, kept up to date while it is
// read. All are one line, free of control characters.
#ifndef TRACES_NOTICES_H
#define TRACES_NOTICES_H

#include "traces/trace.h"

#define TRACE_PRINTF(format_index, first_argument)                                                 \
    __attribute__((format(printf, format_index, first_argument)))

void trace_error_set(struct trace_error *error, const char *format, ...) TRACE_PRINTF(2, 3);

// Appends to what is there.
void trace_error_add(struct trace_error *error, const char *format, ...) TRACE_PRINTF(2, 3);

void trace_error_no_memory(struct trace_error *error);

// All zero is an empty list.
struct trace_notices {
    struct trace_notice *items; // kind is a literal; source and text are owned
    size_t count;
    size_t capacity;
};

void trace_notices_free(struct trace_notices *notices);

// Adds or replaces the notice of this kind about this source; a count of 0 does nothing. A notice
// that finds no memory is dropped: it must not turn a readable trace into an error.
void trace_notices_set(struct trace_notices *notices, const char *kind, const char *source,
                       uint64_t count, const char *format, ...) TRACE_PRINTF(5, 6);

// The same, of a text that begins with the count.
void trace_notices_count(struct trace_notices *notices, const char *kind, const char *source,
                         uint64_t count, const char *text);

#endif
