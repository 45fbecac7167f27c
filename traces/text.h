// SPDX-License-Identifier: GPL-2.0-or-later
// What all line formats share: lines, strict numbers, "did you mean".
#ifndef TRACES_TEXT_H
#define TRACES_TEXT_H

#include "traces/input.h"

// Longest line accepted, without its end.
enum { TRACE_LINE_BYTES_MAX = 64 * 1024 };

struct trace_lines {
    struct trace_input *input;
    uint64_t number;  // of the line last returned, from 1
    const char *text; // that line, without LF or CRLF; not NUL-terminated
    size_t length;
    size_t taken; // its bytes in the input, consumed at the next call
};

// TRACE_REQUEST: a line; TRACE_END: no more. The text lives until the next call.
enum trace_result trace_lines_next(struct trace_lines *lines, struct trace_error *error);

// Decimal digits only: no sign, no blank, at most INT64_MAX.
bool trace_text_number(const char *text, size_t length, int64_t *number);

// The nearest of the candidates if near enough to be a slip of the fingers, else NULL.
const char *trace_text_nearest(const char *text, size_t length, const char *const *candidates,
                               size_t count);

#endif
