// SPDX-License-Identifier: GPL-2.0-or-later
// Plots of a stored run, drawn by gnuplot (found on PATH), each as SVG and PNG: demand, throughput,
// waiting, wait-causes, latency-cdf, latency-over-time, latency-map, bucket-levels and fairness;
// demand-reads and demand-writes where a limit is of reads or writes only.
//
// Latencies and what waits are of reads and writes. Demand and throughput are of requests that a
// throttle counts: with the discards of filters, which are writes there. With iops-size they are
// operations, as the limits count them.
//
// With more than 12 members a plot of lines over time becomes a map, with a row for each of up to
// 200; in a distribution 12 have colours and names, the others are grey. Those whose requests
// waited longest come first. A run of more than 300 intervals is drawn in bins of several, of a
// round length where the interval allows it: 5 min, 12 h. A last bin that the run covers less than
// half is drawn together with the one before, and rates are per covered second: what happens just
// before the end is not lost, and makes neither a dip nor a spike. Bucket levels above 300 % are
// drawn at 300 %, demand above three times what was delivered or allowed is cut off. The same run
// gives the same SVG, byte for byte.
#ifndef REPORTS_PLOT_H
#define REPORTS_PLOT_H

#include "reports/database.h"

#include <stdbool.h>
#include <stddef.h>

// Called with the path of each file written, and now and then before, with path NULL, to tell how
// much of the work is done. May be NULL. It may end the program.
typedef void report_plot_written(void *context, const char *path, size_t done, size_t total);

// Writes all plots into directory, which is made if missing, as runN-NAME.svg and runN-NAME.png.
// Existing ones are replaced. is_split: draw reads and writes apart in any case. A signal that ends
// the program leaves whole files only. False with the error filled: no such run, no gnuplot, a
// directory that cannot be written; then the files named so far are whole, and there are no others.
bool report_plot(struct report_database *database, int64_t run_id, bool is_split,
                 const char *directory, report_plot_written *written, void *context,
                 struct report_error *error);

// The same of wait-causes alone; member NULL: of all members. False also if there is no such
// member.
bool report_plot_causes(struct report_database *database, int64_t run_id, const char *member,
                        const char *directory, report_plot_written *written, void *context,
                        struct report_error *error);
#endif
