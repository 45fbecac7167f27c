// SPDX-License-Identifier: GPL-2.0-or-later
// What the readers share whose trace is one file with one request after the other: the file, the
// order of arrival, the selected volume, the origin.
//
// The source makes requests in the order of the file, of whatever volume; what comes out is in
// order of arrival, spread within coarse units of time if need be (spread.h), and of the selected
// volume only.
//
// Requests that are nearly in order pass through a window (reorder.h). If the first of them, or
// samples of the file, show that there are others, all are sorted (sorter.h). What is not seen that
// way, in what cannot be read twice, comes too late: little of it is a notice, much is an error.
#ifndef TRACES_INPUT_FLOW_H
#define TRACES_INPUT_FLOW_H

#include "traces/format.h"
#include "traces/input/input_text.h"
#include "traces/reorder.h"
#include "traces/sorter.h"
#include "traces/spread.h"

// What is given an error fills it on failure.
struct trace_flow_source {
    const char *what;  // the format in messages, such as "an iolog"
    bool has_arrivals; // more than one time per request: the context's arrival is what is used
    size_t bytes;      // of a reader, of which struct trace_flow comes first
    // The file is open. Sets lines, item_bytes, is_absolute and spread_ns, if they are not to be 0.
    bool (*start)(void *reader, struct trace_error *error);
    // The next request in the order of the file; its volume is interned in the context.
    enum trace_result (*next)(void *reader, struct trace_request *request,
                              struct trace_error *error);
    void (*begun)(void *reader); // the first request and the origin are known; may be NULL
    void (*report)(void *reader);
    // TRACE_ERROR if it is one that no request was of the selected volume; NULL: always.
    enum trace_result (*miss)(const void *reader, struct trace_error *error);
    // Frees what the source holds, also if it did not start; may be NULL.
    void (*stop)(void *reader);
    // A copy of the reader forgets what the source holds, of which it gets, and stops, its own;
    // NULL: it may be read with it, since the context says that nobody wants to know of streams.
    void (*fork)(void *reader);
};

struct trace_flow {
    struct trace_context *context;
    const struct trace_flow_source *source;
    const void *how; // of the format
    void *owned;     // freed with it
    struct trace_input input;
    struct trace_lines *lines; // of a text, else NULL
    size_t item_bytes;         // of what is no text: all requests are of this size in the file
    bool is_absolute;          // times are meant as they stand
    int64_t spread_ns;         // requests are spread within such units; 0: no
    struct trace_reorder reorder;
    struct trace_sorter sorter; // if all are sorted
    bool is_sorted;
    struct trace_spread spread;
    bool ended;  // the source has no more, or failed
    bool failed; // which is said when what came before is let out
    struct trace_error failure;
    size_t volumes_seen;        // of the context's volumes
    uint32_t selected;          // TRACE_VOLUME_NONE: has not come up
    uint64_t requests;          // let out, of the selected volume
    struct trace_request first; // read when opened, for the origin
    bool first_waits;           // to be let out
};

// Opens the one file and reads ahead until the earliest request is known, whose arrival becomes the
// origin. NULL: error filled; `owned` is not freed.
void *trace_flow_open(struct trace_context *context, const struct trace_flow_source *source,
                      const void *how, struct trace_error *error);

// The other functions of a kind.
enum trace_result trace_flow_read(void *reader, struct trace_request *request,
                                  struct trace_error *error);
void trace_flow_report(void *reader);
enum trace_arrival trace_flow_arrival(const void *reader, uint32_t volume);
uint64_t trace_flow_consumed(const void *reader);
void trace_flow_close(void *reader);

#define TRACE_FLOW_KIND(open_reader)                                                               \
    {                                                                                              \
        .open = (open_reader), .read = trace_flow_read, .report = trace_flow_report,               \
        .arrival = trace_flow_arrival, .consumed = trace_flow_consumed, .close = trace_flow_close, \
    }

// Whose `how` is the source.
extern const struct trace_reader_kind trace_reader_flow;

// Requests that came after a later one were put into order: normal for some formats only.
void trace_flow_report_displaced(const struct trace_flow *flow);
void trace_flow_report_late(const struct trace_flow *flow);

#endif
