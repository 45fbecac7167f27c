// SPDX-License-Identifier: GPL-2.0-or-later
// Running gnuplot: a script in, pictures out.
#ifndef REPORTS_PLOT_GNUPLOT_H
#define REPORTS_PLOT_GNUPLOT_H

#include "reports/plot.h"
#include "reports/plot/script.h"

#define PLOT_DRAWINGS_MAX 16

struct plot_target {
    const char *directory;        // is made, with its parents, if it is missing
    const char *prefix;           // of the files' names, such as "run2-"
    report_plot_written *written; // gets the names of the files; may be NULL
    void *context;
};

// One figure, which must not set terminal or output, drawn as NAME.svg and NAME.png.
struct plot_drawing {
    const char *name;
    plot_figure *figure;
    const void *detail; // becomes that of the script
};

// Draws all of them with one gnuplot; the script's out and data are set for it. What cannot be
// finished leaves no file behind; a file of an earlier call is replaced only by a whole one.
bool plot_draw(const struct plot_target *target, const struct plot_drawing *drawings, size_t count,
               struct plot_script *script, struct report_error *error);
#endif
