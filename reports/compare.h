// SPDX-License-Identifier: GPL-2.0-or-later
// Two runs of the same arrivals, request by request. What the numbers mean: docs/compare.md.
//
// A request that still waits in the throttle at the end has an infinite wait and latency. One that
// is at the device then has a wait but no latency; its pair has none on either side.
#ifndef REPORTS_COMPARE_H
#define REPORTS_COMPARE_H

#include "reports/database.h"
#include "reports/plot.h"
#include "reports/tables.h"

#include <signal.h>

#define REPORT_COMPARE_BLOCKS 10     // of equal length, from the first arrival to the last
#define REPORT_COMPARE_TOTAL "total" // all members together

struct report_compare_side {
    struct report_database *database;
    int64_t run_id;
    const char *shown; // "a.db:3", "b.yaml": how the user calls it; must stay
};

struct report_compare_config {
    struct report_compare_side sides[2];
    const volatile sig_atomic_t *stop; // becomes non-zero: it fails soon
    // Now and then: so much of the work is done. May be NULL.
    void (*tell)(void *context, uint64_t done, uint64_t total);
    void *tell_context;
};

// What is measured of a member and direction. Those from REPORT_SLOWER on have no value in A.
enum report_metric {
    REPORT_P50, // of the total latency
    REPORT_P90,
    REPORT_P99,
    REPORT_MAX,
    REPORT_MEAN,
    REPORT_WAIT_P50, // of the time in the throttle
    REPORT_WAIT_P90,
    REPORT_WAIT_P99,
    REPORT_WAIT_MAX,
    REPORT_WAIT_MEAN,
    REPORT_WAIT_SHARE,
    REPORT_WAITING, // still in the throttle at the end
    REPORT_IOPS,
    REPORT_THROUGHPUT,
    REPORT_SLOWER, // requests, by how much, and when
    REPORT_SLOWER_MEDIAN,
    REPORT_SLOWER_MEAN,
    REPORT_SLOWER_MAX,
    REPORT_SLOWER_BLOCKS, // in which the mean total latency is longer in B
    REPORT_FASTER,
    REPORT_FASTER_MEDIAN,
    REPORT_FASTER_MEAN,
    REPORT_FASTER_MAX,
    REPORT_FASTER_BLOCKS,
    REPORT_UNCHANGED,
    REPORT_UNCHANGED_BLOCKS,
    REPORT_METRIC_COUNT,
};

// What is measured of a group.
enum report_group_metric {
    REPORT_JAIN, // over seconds in which at least two members were backlogged: of requests
    REPORT_JAIN_MIN,
    REPORT_JAIN_BYTES,
    REPORT_JAIN_BYTES_MIN,
    REPORT_DIFFERENCE, // the largest difference in service
    REPORT_DIFFERENCE_BYTES,
    REPORT_GROUP_METRIC_COUNT,
};

enum report_quantity {
    REPORT_QUANTITY_TIME,  // ns
    REPORT_QUANTITY_COUNT, // requests
    REPORT_QUANTITY_BLOCKS,
    REPORT_QUANTITY_SHARE, // 0 to 1
    REPORT_QUANTITY_RATE,  // requests/s
    REPORT_QUANTITY_BYTES, // bytes, or bytes/s
};

struct report_metric_row {
    const char *name;
    const char *json_key;
    enum report_quantity quantity;
};

extern const struct report_metric_row report_metrics[REPORT_METRIC_COUNT];
extern const struct report_metric_row report_group_metrics[REPORT_GROUP_METRIC_COUNT];

// NAN: not known. An infinite time: never.
struct report_change {
    double a, b;
};

// b - a; 0 if both are the same infinity.
double report_change_absolute(const struct report_change *change);
// The same as a share of a; from 0 to 0 it is 0, from 0 to more infinite.
double report_change_relative(const struct report_change *change);

struct report_comparison;

// Whether the run can be compared, as far as it can be told without the other one. False with the
// error filled.
bool report_compare_check(const struct report_compare_side *side, struct report_error *error);

// NULL with the error filled: a run without a log of its requests, one that is not complete, two
// whose arrivals differ (error->is_input), an unreadable database, no room.
struct report_comparison *report_compare(const struct report_compare_config *config,
                                         struct report_error *error);
void report_comparison_free(struct report_comparison *comparison); // NULL is allowed

// How the names of what was compared are walked; NULL behind the last.
const char *report_comparison_member(const struct report_comparison *comparison, size_t index);
const char *report_comparison_group(const struct report_comparison *comparison, size_t index);

// NULL: no such member or group, or no requests in that direction (report_direction_name). Member
// NULL: all together. *requests: how many there are.
const struct report_change *report_comparison_find(const struct report_comparison *comparison,
                                                   const char *member, const char *direction,
                                                   enum report_metric metric, uint64_t *requests);
const struct report_change *report_comparison_find_group(const struct report_comparison *comparison,
                                                         const char *group,
                                                         enum report_group_metric metric);

// Prints and flushes. False with the error filled: the file cannot be written, no memory.
bool report_comparison_print(const struct report_comparison *comparison,
                             const struct report_style *style, struct report_error *error);

// Draws `directory`/compare.svg and .png, as report_plot does.
bool report_comparison_plot(const struct report_comparison *comparison, const char *directory,
                            report_plot_written *written, void *context,
                            struct report_error *error);
#endif
