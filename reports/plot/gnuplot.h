// SPDX-License-Identifier: GPL-2.0-or-later
// Running gnuplot: a script in, pictures out.
#ifndef REPORTS_PLOT_GNUPLOT_H
#define REPORTS_PLOT_GNUPLOT_H

#include "reports/plot.h"
#include "reports/plot/script.h"

struct plot_target {
    const char *directory;
    report_plot_written *written; // gets the names of the files; may be NULL
    void *context;
};

// Draws a figure, which must not set terminal or output, as NAME.svg and NAME.png; script->out is
// set for it. What cannot be finished leaves no file behind; a file of an earlier call is replaced
// only by a whole one.
bool plot_draw(const struct plot_target *target, const char *name, plot_figure *figure,
               struct plot_script *script, struct report_error *error);

// Makes it if it is missing, but not its parents.
bool plot_make_directory(const char *directory, struct report_error *error);
#endif
