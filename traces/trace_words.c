// SPDX-License-Identifier: GPL-2.0-or-later
// What a trace tells in words, whatever it is of.
#include "traces/trace.h"

#include <assert.h>
#include <stdio.h>

const char *trace_arrivals_text(const size_t volumes[TRACE_ARRIVAL_AUTO + 1],
                                char text[TRACE_ARRIVALS_TEXT])
{
    static const char queue[] = "Q (queue)", issue[] = "D (issue)";
    size_t queues = volumes[TRACE_ARRIVAL_QUEUE], issues = volumes[TRACE_ARRIVAL_ISSUE];
    if (queues > 0 && issues > 0)
        snprintf(text, TRACE_ARRIVALS_TEXT, "%s of %zu device%s, %s of %zu", queue, queues,
                 queues > 1 ? "s" : "", issue, issues);
    else
        snprintf(text, TRACE_ARRIVALS_TEXT, "%s", issues > 0 ? issue : queues > 0 ? queue : "");
    return text;
}

const char *trace_op_name(enum trace_op op)
{
    static const char *const names[TRACE_OP_COUNT] = {
        [TRACE_READ] = "read",       [TRACE_WRITE] = "write",
        [TRACE_DISCARD] = "discard", [TRACE_WRITE_ZEROES] = "write-zeroes",
        [TRACE_FLUSH] = "flush",
    };
    assert((size_t)op < TRACE_OP_COUNT);
    return names[op];
}
