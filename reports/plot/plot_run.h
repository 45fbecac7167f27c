// SPDX-License-Identifier: GPL-2.0-or-later
// A stored run in memory, as far as its plots need it: bounded, however long the run and however
// many its members.
#ifndef REPORTS_PLOT_PLOT_RUN_H
#define REPORTS_PLOT_PLOT_RUN_H

#include "reports/database.h"
#include "reports/label.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLOT_NAMED_MAX 12  // members with a colour and a place in the legend
#define PLOT_LINES_MAX 200 // members drawn at all: the others' lines are grey
#define PLOT_GROUPS_MAX 4  // groups drawn
#define PLOT_BINS_MAX 1500 // about two points a pixel
#define PLOT_BINS_MIN 300
#define PLOT_POINTS_MAX 60000 // of all lines together

// What one member did in one bin, that is, in `bin_intervals` intervals or so.
struct plot_cell {
    double dispatched; // of requests that are throttled, in this line and the next
    double dispatched_bytes;
    double waiting_max; // from here on: of reads and writes
    double waiting_end;
    double completed;  // in intervals of which p50 is known
    double p50_sum_ns; // over these, weighed with the completed requests
    double p99_max_ns; // of the slowest interval
    bool present;      // a row of this bin was seen
};

struct plot_member {
    int64_t member_id;
    char name[REPORT_LABEL_MAX];
};

struct plot_group {
    int64_t group_id;
    char name[REPORT_LABEL_MAX];
    bool difference_known;
    int64_t difference_requests, difference_bytes;
    size_t member_count;      // most that were in it at any one time of the run's start
    struct plot_cell *totals; // one per bin: dispatched and dispatched_bytes only
};

struct plot_run {
    struct report_database *database;
    int64_t run_id;
    char name[REPORT_LABEL_MAX];
    char status[REPORT_LABEL_MAX];
    int64_t interval_ns;
    double end_ns;
    int64_t bin_intervals;
    size_t bin_count;
    struct plot_member *members; // the lines: of more than PLOT_NAMED_MAX, those with the most
    size_t line_count;           // requests come first; else in order of joining
    size_t named_count;
    int64_t member_count; // all of the run
    int64_t group_count;
    struct plot_group groups[PLOT_GROUPS_MAX];
    size_t drawn_groups;     // the first ones
    struct plot_cell *cells; // [line * bin_count + bin], then the groups' totals
};

bool plot_run_load(struct plot_run *run, struct report_database *database, int64_t run_id,
                   struct report_error *error);
void plot_run_free(struct plot_run *run);
// Fills the cells of all lines and the totals of all drawn groups in one pass over the intervals.
bool plot_series_load(struct plot_run *run, struct report_error *error);

// How many bins there are up to end_ns: a last one that is covered less than half belongs to the
// one before.
void plot_run_count_bins(struct plot_run *run);
// The drawn group of this id; drawn_groups: it is not drawn.
size_t plot_run_group(const struct plot_run *run, int64_t group_id);
// Beginning of a bin, in ns; of bin bin_count: the run's end.
double plot_run_bin_ns(const struct plot_run *run, size_t bin);
// How long a bin is for rates, in seconds: of the last one what was simulated.
double plot_run_bin_seconds(const struct plot_run *run, size_t bin);
#endif
