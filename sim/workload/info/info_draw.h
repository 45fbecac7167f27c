// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef SIM_WORKLOAD_INFO_INFO_DRAW_H
#define SIM_WORKLOAD_INFO_INFO_DRAW_H

#include "reports/plot.h"
#include "sim/workload/info/trace_info.h"

// Plots of a trace that was read with series. False with the error filled.
bool info_draw(struct trace_info *info, const char *directory, report_plot_written *written,
               void *context, struct sim_error *error);

#endif
