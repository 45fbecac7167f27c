// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/trace_error.h"

#include <stdarg.h>
#include <stdio.h>

void trace_text_sanitize(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f)
            *text = '?';
    }
}

void trace_error_set(struct trace_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    trace_text_sanitize(error->message);
}

void trace_error_no_memory(struct trace_error *error)
{
    trace_error_set(error, "out of memory while reading a trace");
}
