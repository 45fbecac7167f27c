// SPDX-License-Identifier: GPL-2.0-or-later
// The fields of a tracepoint as they are, one by one:
//     dev=8388608 sector=120 nr_sector=8 rwbs=WS ...                      trace-cmd report -R
//     { cpu_id = 0 }, { dev = 8388608, sector = 120, ..., rwbs = 33, ...  babeltrace, of LTTng
#ifndef TRACES_FORMATS_FTRACE_FIELDS_H
#define TRACES_FORMATS_FTRACE_FIELDS_H

#include "traces/events/event_text.h"

#define FTRACE_LETTERS_MAX 15

// Fills device, offset and bytes (of a split, where it is), the CPU if it is told, and the letters
// of the operation. False: one of them is missing or too large.
bool ftrace_fields_take(struct events_cursor line, bool is_split, struct blktrace_record *record,
                        char letters[FTRACE_LETTERS_MAX + 1]);

// The number of the thread, as LTTng tells it, and its name; 0: not told.
int64_t ftrace_fields_thread(struct events_cursor line, struct events_cursor *name);

#endif
