// SPDX-License-Identifier: GPL-2.0-or-later
// The points of a sweep, stored beside runs: tables sweep, sweep_... of docs/database.md.
#ifndef REPORTS_SWEEP_H
#define REPORTS_SWEEP_H

#include "reports/figure.h"
#include "reports/plot.h"
#include "reports/style.h"

#include <jansson.h>

// The key that says whether members share limits: "group", "per-disk".
#define REPORT_SWEEP_SHARING "sharing"

struct report_sweep_setting {
    const char *key;
    char *const *values;
    size_t count;
};

struct report_sweep_figure {
    const char *name; // "worst.read+write.p99"
    enum report_metric metric;
};

// One run of a point. All zero: there is none yet.
struct report_sweep_row {
    bool is_there;
    int exit_code; // 0: it has run
    char *error;   // NULL: it has run
    uint64_t digest;
    int64_t end_ns;
    int64_t arrived, dispatched, completed;
    int64_t run_id;   // 0: it is not stored as a whole
    double *values;   // by figure; NAN, or infinite
    int64_t *members; // by figure: index of the name, or -1
};

// All strings must stay.
struct report_sweep {
    const char *name, *scenario, *version;
    uint64_t identity;
    int64_t requests;
    struct report_sweep_setting *settings; // the last changes first
    size_t setting_count;
    struct report_sweep_figure *figures; // the first is the one that counts
    size_t figure_count;
    const char *const *member_names;
    size_t member_count;
    uint64_t points;
    uint32_t seeds;
    struct report_sweep_row *rows; // points * seeds, those of a point together
    int64_t sweep_id;              // 0: not in a database
};

// Room for all rows. False: out of memory; report_sweep_free, which leaves what was given, is
// needed in any case.
bool report_sweep_make(struct report_sweep *sweep);
void report_sweep_free(struct report_sweep *sweep);

// Finds the sweep of this identity and reads the rows that are stored, or stores it as a new one.
// *others: how many sweeps of the same name and another identity there are. False with the error
// filled.
bool report_sweep_begin(struct report_database *database, struct report_sweep *sweep,
                        int64_t *others, struct report_error *error);

// Reads what another database has of the sweep, if anything, beside what there is already.
bool report_sweep_read(struct report_database *database, struct report_sweep *sweep,
                       struct report_error *error);

// Stores these rows, in one transaction.
bool report_sweep_store(struct report_database *database, const struct report_sweep *sweep,
                        const uint64_t *rows, size_t count, struct report_error *error);

// ---- What it shows ----

// Of the runs of a point that there are: median, least and largest of a figure. count: how many.
struct report_sweep_range {
    double median, least, largest;
    uint32_t count;
};
struct report_sweep_range report_sweep_range(const struct report_sweep *sweep, uint64_t point,
                                             size_t figure);

// The value of a setting at a point.
const char *report_sweep_value(const struct report_sweep *sweep, uint64_t point, size_t setting);

// What a value says in numbers: "500", "10ms", "1MB"; NAN: none.
double report_sweep_number(const char *value);

// The setting that costs, whose values are numbers: the first limit of which there are several; if
// there is none the first other one. setting_count: there is none.
size_t report_sweep_cost(const struct report_sweep *sweep);

// Marks the points that no other beats: with at most the same cost and figure, one of them less.
// Of points with equal other settings nothing is asked. False: out of memory.
bool report_sweep_front(const struct report_sweep *sweep, bool *is_front);

// A table of at most style->top points; of more those of the front. False: out of memory.
bool report_sweep_print(const struct report_sweep *sweep, const struct report_style *style);
json_t *report_sweep_json(const struct report_sweep *sweep); // NULL: out of memory

// Draws sweep-map, over two settings, and sweep-front into the directory, as report_plot does.
bool report_sweep_plot(const struct report_sweep *sweep, const char *directory,
                       report_plot_written *written, void *context, struct report_error *error);
#endif
