// SPDX-License-Identifier: GPL-2.0-or-later
// A trace without a request. Whatever is made of it would show nothing.
#include "traces/format.h"
#include "traces/input/input_text.h"

#include <stdio.h>

// "1 line of header, comment or nothing, 2 lines of other operations"
static size_t describe_lines(const struct trace_lines *lines, char *text, size_t size)
{
    static const char *const kinds[TRACE_LINE_COUNT] = {
        [TRACE_LINE_TAKEN] = "of events",
        [TRACE_LINE_ABOUT] = "of header, comment or nothing",
        [TRACE_LINE_OTHER_EVENT] = "of what is no request",
        [TRACE_LINE_OPERATION] = "of other operations",
        [TRACE_LINE_EMPTY] = "of requests without bytes",
        [TRACE_LINE_OTHER] = "of nothing that is known",
        [TRACE_LINE_CUT] = "cut",
    };
    size_t used = 0;
    for (size_t i = 0; lines != NULL && i < TRACE_LINE_COUNT && used < size; i++)
        if (lines->counts[i] > 0)
            used += (size_t)snprintf(text + used, size - used, "%s%llu line%s %s",
                                     used > 0 ? ", " : "", (unsigned long long)lines->counts[i],
                                     lines->counts[i] > 1 ? "s" : "", kinds[i]);
    return used;
}

enum trace_result trace_end_empty(struct trace_context *context, const struct trace_format *format,
                                  struct trace_error *error)
{
    char found[400] = "nothing";
    const char *volume = context->volume;
    if (context->times_are_absolute) { // no recording: somebody says so
        trace_notices_set(&context->notices, "no-requests", context->files->items[0].path, 1,
                          "There is no request in it.");
        return TRACE_END;
    }
    size_t used = describe_lines(context->lines, found, sizeof found);
    // What is no text has notices of what is in it.
    for (size_t i = 0; context->lines == NULL && i < context->notices.count; i++)
        if (used < sizeof found)
            used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", i > 0 ? " " : "",
                                     context->notices.items[i].text);
    if (used > 0 && used < sizeof found && found[used - 1] == '.')
        found[used - 1] = '\0';
    trace_error_set(error, "%s: no request%s%s arrives in it: found %s; expected %s",
                    context->files->items[0].path, volume != NULL ? " of " : "",
                    volume != NULL ? volume : "", found,
                    format->wanted != NULL ? format->wanted : "a line for each request");
    return TRACE_ERROR;
}
