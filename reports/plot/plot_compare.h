// SPDX-License-Identifier: GPL-2.0-or-later
// The picture of a comparison: what it shows, and the script that draws it.
#ifndef REPORTS_PLOT_PLOT_COMPARE_H
#define REPORTS_PLOT_PLOT_COMPARE_H

#include "reports/compare/compare_internal.h"
#include "reports/histogram.h"
#include "reports/plot/plot_run.h"
#include "reports/plot/script.h"

#define FIGURE_MEMBERS 6 // with a colour of their own

// What all members together completed in a step of the time axis.
struct figure_bin {
    double requests, bytes;
};

struct figure {
    const struct report_comparison *comparison;
    struct plot_run run; // the time axis of both
    struct plot_script script;
    const struct compare_member *members[FIGURE_MEMBERS]; // those with the most requests
    size_t member_count, hidden;
    struct report_histogram latencies[FIGURE_MEMBERS][2];
    double never[FIGURE_MEMBERS][2]; // requests without an end
    struct figure_bin *bins[2];
};

// Writes it to the script, but for its begin and end.
void figure_script(struct figure *figure);
#endif
