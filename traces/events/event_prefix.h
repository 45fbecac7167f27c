// SPDX-License-Identifier: GPL-2.0-or-later
// What ftrace, trace-cmd and perf script print before an event:
//     COMM-PID [CPU] FLAGS SECONDS:      ftrace, trace-cmd report; without FLAGS: perf script
//     COMM-PID CPUFLAGS SECONDS:         trace-cmd report -l
//     COMM PID SECONDS:                  perf script -F without cpu
//     [HH:MM:SS.NS] (+DELTA) HOST        babeltrace, of LTTng; also with a date, or as [SECONDS.NS]
// with more columns from some, and `(+230)` behind it from trace-cmd report --ts-diff. A name may
// hold anything.
#ifndef TRACES_EVENTS_EVENT_PREFIX_H
#define TRACES_EVENTS_EVENT_PREFIX_H

#include "traces/events/event_text.h"

struct events_prefix {
    uint64_t time;   // ns; of a clock that counts, what stands there
    uint32_t cpu;    // or BLKTRACE_CPU_UNKNOWN
    const char *who; // what stands before that; NULL: nothing does
    size_t who_length;
    bool is_counted; // the time has no point
    bool is_of_day;  // since midnight
};

// Moves to the event. False: the line begins with nothing of the kind.
bool events_take_prefix(struct events_cursor *cursor, struct events_prefix *prefix);

// The number of its thread, COMM-PID, COMM-PID (TGID), COMM PID or COMM PID/TID, and the name
// unless that is NULL; 0: not known.
int64_t events_prefix_thread(const struct events_prefix *prefix, struct events_cursor *name);

#endif
