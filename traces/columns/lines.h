// SPDX-License-Identifier: GPL-2.0-or-later
// The requests of a file in the order of its lines.
#ifndef TRACES_COLUMNS_LINES_H
#define TRACES_COLUMNS_LINES_H

#include "traces/columns/parse.h"
#include "traces/input/input_text.h"

struct columns_lines {
    const struct columns_layout *layout;
    struct columns_plan plan;
    struct trace_volumes *volumes;
    struct trace_input input;
    struct trace_lines lines;
    struct columns_line line;
    char unquoted[TRACE_LINE_BYTES_MAX]; // where quoted fields lie without their quotes
    char joined[TRACE_LINE_BYTES_MAX];   // a volume's name of two columns
    bool header_done;
    int64_t last_ns; // of a native layout
    struct columns_counts counts;
};

// Of a zeroed source; reads the header. On failure it is still to be closed.
bool columns_lines_open(struct columns_lines *source, const struct columns_layout *layout,
                        const struct trace_file *file, struct trace_volumes *volumes,
                        struct trace_error *error);

// The next request that has bytes or is a flush (of a native layout: the next). Its volume is added
// to the volumes.
enum trace_result columns_lines_next(struct columns_lines *source, struct trace_request *request,
                                     struct trace_error *error);

void columns_lines_close(struct columns_lines *source);

#endif
