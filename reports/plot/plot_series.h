// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef REPORTS_PLOT_PLOT_SERIES_H
#define REPORTS_PLOT_PLOT_SERIES_H

#include "reports/plot/plot_run.h"

// Fills the cells of all lines and the totals of all drawn groups in one pass over the intervals.
bool plot_series_load(struct plot_run *run, struct report_error *error);
#endif
