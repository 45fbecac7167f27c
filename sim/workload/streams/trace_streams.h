// SPDX-License-Identifier: GPL-2.0-or-later
// Who submitted a trace's requests, and how each goes about it, as arrivals that answer take it.
#ifndef SIM_WORKLOAD_STREAMS_TRACE_STREAMS_H
#define SIM_WORKLOAD_STREAMS_TRACE_STREAMS_H

#include "reports/style.h"
#include "sim/arrivals/streams.h"
#include "sim/base/progress.h"
#include "sim/parts/cut.h"

#include <jansson.h>

struct trace_streams_config {
    struct trace_config reading; // path, format, layout, arrival
    struct cut cut;
    struct progress_watch watch;
};

struct trace_streams {
    struct cut_stream cut;
    struct streams streams; // concluded
    bool tells_streams;     // the format says who submitted requests
};

// Reads the trace to its end, or the end of the cut. False with the error filled;
// trace_streams_close is needed in any case.
bool trace_streams_read(struct trace_streams *read, const struct trace_streams_config *config,
                        struct sim_error *error);
void trace_streams_close(struct trace_streams *read);

// False: out of memory.
bool trace_streams_print(const struct trace_streams *read, const struct report_style *style);

// NULL: out of memory, or a name is not UTF-8.
json_t *trace_streams_json(const struct trace_streams *read);

// As a file that the key `streams` of a trace includes, a new text. NULL: out of memory.
char *trace_streams_text(const struct trace_streams *read);

#endif
