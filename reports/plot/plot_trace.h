// SPDX-License-Identifier: GPL-2.0-or-later
// Plots of a recording, or of two beside each other: rates over time, sizes, times between
// arrivals, and latencies if they are known, as PREFIXrates, PREFIXsizes, PREFIXgaps and
// PREFIXlatency, each as SVG and PNG.
//
// The numbers are the caller's; nothing is read from a database.
#ifndef REPORTS_PLOT_PLOT_TRACE_H
#define REPORTS_PLOT_PLOT_TRACE_H

#include "reports/histogram.h"
#include "reports/plot.h"

#define REPORT_TRACE_LINES_MAX 7 // drawn: as many as there are colours, and the total

struct report_trace_bin {
    uint64_t requests;
    uint64_t bytes;
};

struct report_trace_size {
    uint64_t bytes;
    uint64_t requests;
};

struct report_trace_line {
    const char *name;
    const struct report_trace_bin *bins;   // bin_count
    const struct report_trace_size *sizes; // by size
    size_t size_count;
    const struct report_histogram *gaps; // from one arrival to the next
    const struct report_histogram *latencies;
};

struct report_trace {
    const char *name;
    const char *prefix;                    // of the files' names: "trace-"
    const struct report_trace_line *lines; // the first is the total, drawn in black
    size_t line_count;                     // 1 to REPORT_TRACE_LINES_MAX
    uint64_t hidden_count;                 // volumes that have no line
    int64_t span_ns;                       // from the first to the last arrival
    int64_t bin_ns;
    size_t bin_count; // bins that reach to the end of the span
};

// Writes the plots into directory, as report_plot does.
bool report_trace_plot(const struct report_trace *trace, const char *directory,
                       report_plot_written *written, void *context, struct report_error *error);
#endif
