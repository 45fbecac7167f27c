// SPDX-License-Identifier: GPL-2.0-or-later
// A recording in which nothing arrives: what is in it instead.
#ifndef TRACES_EVENTS_NOTHING_H
#define TRACES_EVENTS_NOTHING_H

#include "traces/events.h"

// Reads the records once more, from their start. TRACE_ERROR, which says what to record, if they
// tell of data, but have no arrival; else TRACE_END.
enum trace_result events_nothing_arrives(const struct trace_context *context, events_next *next,
                                         void *records, const struct trace_events_wanted *wanted,
                                         struct trace_error *error);

#endif
