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
#define PLOT_EVENTS_MAX 64 // operations marked
#define PLOT_BINS_MAX 300  // two pixels each; rates of shorter ones are of few requests

// What one member did in one bin, that is, in `bin_intervals` intervals or so.
struct plot_cell {
    double dispatched;       // of requests that are throttled, in this line and the next; with
    double dispatched_bytes; // iops-size as many operations as they count
    double waiting_max;      // from here on: of reads and writes
    double waiting_end;
    double completed;  // in intervals of which p50 is known
    double p50_sum_ns; // over these, weighed with the completed requests
    double p99_max_ns; // of the slowest interval
    bool present;      // a row of this bin was seen
    uint8_t group;     // that the member was in, or drawn_groups
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
    size_t member_count; // that were ever in it
};

enum plot_view {
    PLOT_BOTH,
    PLOT_READS,
    PLOT_WRITES, // with the discards of filters
    PLOT_VIEWS,
};

// What was asked for and what was delivered in a bin, of requests that are throttled.
struct plot_flow {
    double arrived; // with iops-size operations, at the mean of those that were dispatched
    double arrived_bytes;
    double dispatched; // with iops-size as many operations as they count
    double dispatched_bytes;
};

// An operation on the run: a limit changed, a member left, ...
struct plot_event {
    double at_ns;
    char what[REPORT_LABEL_MAX];
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
    size_t drawn_groups;       // the first ones
    struct plot_cell *cells;   // [line * bin_count + bin]
    struct plot_flow *flows;   // plot_run_flows
    bool has_others;           // members that were in none of the drawn groups asked for something
    bool is_counted;           // some request counts as several operations: iops-size
    bool is_split;             // the views of reads and of writes are filled
    struct plot_event *events; // the first ones
    size_t event_count;
    int64_t operation_count; // all of the run
};

// With reads and writes apart if that is asked for, or if a limit of the run is one of reads or of
// writes.
bool plot_run_load(struct plot_run *run, struct report_database *database, int64_t run_id,
                   bool is_split, struct report_error *error);
void plot_run_free(struct plot_run *run);
// Fills the cells of all lines and the flows of all drawn groups in one pass over the intervals.
bool plot_series_load(struct plot_run *run, struct report_error *error);

// How many bins there are up to end_ns: a last one that is covered less than half belongs to the
// one before.
void plot_run_count_bins(struct plot_run *run);
// bin_count flows of a drawn group; of number drawn_groups: of all that was in none of these.
struct plot_flow *plot_run_flows(const struct plot_run *run, size_t group, enum plot_view view);
// The drawn group of this id; drawn_groups: it is not drawn.
size_t plot_run_group(const struct plot_run *run, int64_t group_id);
// Beginning of a bin, in ns; of bin bin_count: the run's end.
double plot_run_bin_ns(const struct plot_run *run, size_t bin);
// How long a bin is for rates, in seconds: of the last one what was simulated.
double plot_run_bin_seconds(const struct plot_run *run, size_t bin);
#endif
