// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the records of block events are in order of time, and that order if they are not: what
// comes live from a pipe is in pieces of each CPU, what was put together from files of CPUs is not
// in order at all. On one CPU (of one device) time goes forward; where it does not, another
// recording begins.
#ifndef TRACES_EVENTS_ORDER_H
#define TRACES_EVENTS_ORDER_H

#include "traces/events.h"
#include "traces/sorter.h"

// So far a CPU's own time may go back; it is held. Interrupts leave microseconds behind.
#define EVENTS_BACK_MAX_NS INT64_C(1000000000)

// By device and CPU, while sorting.
struct events_clocks {
    struct trace_map index;
    struct events_clock {
        int64_t last_ns;
        uint32_t sequence;
    } * items;
    uint32_t count;
    uint32_t capacity;
    uint64_t held;
    int64_t held_max_ns;
};

// Of a stream of which no more than a piece is wanted, so many records and so much of its time are
// held to be put into order: pieces of CPUs in a live pipe are far shorter.
#define EVENTS_WINDOW_RECORDS (1 << 16)
#define EVENTS_WINDOW_NS UINT64_C(2000000000)

struct events_order {
    struct trace_sorter sorter;
    struct events_clocks clocks;
    const struct trace_event_source *source; // what follows: of a window
    void *opened;
    struct trace_heap window;
    uint64_t pushed;
    uint64_t displaced;
    int64_t newest_ns;
    int64_t last_ns; // let out
    bool ended;
    struct blktrace_record current;
};

// Are there records in the context's files that stand behind a later one of another CPU? Small
// files, and compressed ones, are read to their end, of others samples are. A stream cannot be read
// twice: it is taken to be out of order.
bool events_order_is_broken(const struct trace_context *context,
                            const struct trace_event_source *source, const void *how);

// Reads the opened source to its end and sorts its records. `order` is all zero.
bool events_order_sort(struct events_order *order, const struct trace_event_source *source,
                       void *opened, struct trace_error *error);

// The next of them, of order.sorter.
events_next events_order_next_sorted;

// Instead: gives them in order through a window, and the time of the earliest. `order` is all zero.
bool events_order_window(struct events_order *order, const struct trace_event_source *source,
                         void *opened, int64_t *origin_ns, struct trace_error *error);
events_next events_order_next;

void events_order_free(struct events_order *order);

void events_order_report(const struct events_order *order, const char *source,
                         struct trace_notices *notices);

// A record lies back by so much, on its CPU: is that another recording? `starts_over`: its number
// is not above that of the one before.
static inline bool events_order_is_other(int64_t back_ns, bool starts_over)
{
    return back_ns > EVENTS_BACK_MAX_NS || starts_over;
}

// "PLACE: time goes back ..."; always TRACE_ERROR.
enum trace_result events_order_fail(const char *place, const struct blktrace_record *record,
                                    int64_t back_ns, struct trace_error *error);

#endif
