// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/formats.h"

#include "sim/suggest.h"
#include "traces/trace.h"

#include <stdio.h>

static const char *format_name_at(const void *words, size_t index)
{
    (void)words;
    return trace_format_at(index);
}

bool formats_check(const char *name, char message[FORMATS_MESSAGE_MAX])
{
    if (trace_format_help(name) != NULL)
        return true;
    int used = snprintf(message, FORMATS_MESSAGE_MAX, "unknown format '%.64s'; there are ", name);
    const char *known;
    for (size_t i = 0; (known = trace_format_at(i)) != NULL && used < FORMATS_MESSAGE_MAX; i++)
        used += snprintf(message + used, (size_t)(FORMATS_MESSAGE_MAX - used), "%s%s",
                         i > 0 ? ", " : "", known);
    if (used < FORMATS_MESSAGE_MAX)
        suggest(name, format_name_at, NULL, message + used, (size_t)(FORMATS_MESSAGE_MAX - used));
    return false;
}
