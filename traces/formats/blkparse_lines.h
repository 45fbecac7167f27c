// SPDX-License-Identifier: GPL-2.0-or-later
// The lines that blkparse prints around the events, whatever the format of these.
#ifndef TRACES_FORMATS_BLKPARSE_LINES_H
#define TRACES_FORMATS_BLKPARSE_LINES_H

#include "traces/events/event_text.h"

// What a line is that is not an event; stores that the statistics have begun.
enum events_line blkparse_lines_other(struct events_cursor line, bool *statistics);

// An event after the statistics is another recording's, whose times begin anew: EVENTS_LINE_BAD.
enum events_line blkparse_lines_after_end(const struct events_text *text,
                                          struct trace_error *error);

#endif
