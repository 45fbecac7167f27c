// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef REPORTS_PLOT_PLOT_TRACE_INTERNAL_H
#define REPORTS_PLOT_PLOT_TRACE_INTERNAL_H

#include "reports/plot/figures.h"
#include "reports/plot/plot_trace.h"

struct trace_figure {
    const struct report_trace *trace;
    struct plot_run run; // only what the pieces of scripts look at
    struct plot_script script;
};

// Each writes a whole script.
typedef void trace_draw(struct trace_figure *figure);

trace_draw plot_trace_rates;
trace_draw plot_trace_sizes;
trace_draw plot_trace_gaps;
trace_draw plot_trace_latency;

// Title, and the legend with the names of the lines; more entries may follow before
// plot_script_end_legend.
void plot_trace_begin(struct trace_figure *figure, const char *title);
// Colour and width of a line.
void plot_trace_style(const struct trace_figure *figure, size_t line);
#endif
