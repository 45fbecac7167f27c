// SPDX-License-Identifier: GPL-2.0-or-later
// Running gnuplot: a script in, a file out.
#ifndef REPORTS_PLOT_GNUPLOT_H
#define REPORTS_PLOT_GNUPLOT_H

#include "reports/database.h"

#include <stdbool.h>
#include <stddef.h>

// Draws the script, which must not set terminal or output, as `directory`/NAME.svg and NAME.png.
// `files` gets the names written. What cannot be finished leaves no file behind; a file of an
// earlier call is replaced only by a whole one.
bool plot_gnuplot_draw(const char *script, size_t length, const char *directory, const char *name,
                       void (*written)(void *context, const char *path), void *context,
                       struct report_error *error);
#endif
