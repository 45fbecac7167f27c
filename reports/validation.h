// SPDX-License-Identifier: GPL-2.0-or-later
// What a recording made under limits measured, and what a replay of it predicts: how far apart.
//
// Latencies are of reads and writes that a throttle counts, from arrival to completion, and exact:
// they are kept, not put into histograms. What the numbers mean: docs/validate.md.
#ifndef REPORTS_VALIDATION_H
#define REPORTS_VALIDATION_H

#include "reports/compare.h"
#include "reports/style.h"

#include <jansson.h>

#define VALIDATION_NONE (-1)     // it did not arrive, or was not complete, by the end
#define VALIDATION_TOTAL "total" // all members together

// When a figure is as measured: it lies in the band, or it is as near as this, or it is a
// percentile where the distribution is steep, which as a whole is as measured.
#define VALIDATION_NEAR 0.05        // of the measured one
#define VALIDATION_NEAR_NS 5e6      // of a percentile,
#define VALIDATION_NEAR_MEAN_NS 1e6 // of a mean
#define VALIDATION_NEAR_W1 0.03     // of the mean: the distribution as a whole
#define VALIDATION_JUDGED 20        // requests: of fewer nothing is judged

// Those from VALIDATION_MEDIAN_ERROR on have no measured value.
enum validation_figure {
    VALIDATION_REQUESTS, // completed by the end of the recording
    VALIDATION_P50,
    VALIDATION_P90,
    VALIDATION_P99,
    VALIDATION_P999,
    VALIDATION_MAX,
    VALIDATION_MEAN,
    VALIDATION_WAIT,         // the sum of all latencies
    VALIDATION_MEDIAN_ERROR, // of |predicted - measured| of each request
    VALIDATION_MEAN_ERROR,
    VALIDATION_KS,         // largest distance of the distributions
    VALIDATION_W1,         // mean difference of the sorted latencies, as a share of the mean
    VALIDATION_THROUGHPUT, // sum of |difference| of the completions of each second, per request
    VALIDATION_OUTSIDE,    // judged figures that are not as measured; of `total`, of all members
    VALIDATION_FIGURE_COUNT,
};

extern const struct report_metric_row validation_figures[VALIDATION_FIGURE_COUNT];

struct validation_request {
    uint32_t member;
    bool is_counted;     // a read or write that a throttle counts, that was complete by the end
    int64_t measured_ns; // latency
    int64_t arrival_ns;
};

// What became of it in a replay.
struct validation_outcome {
    int64_t arrival_ns; // either may be VALIDATION_NONE
    int64_t latency_ns;
};

// Both runs of one request stand at its number in the recording.
struct validation_requests {
    struct validation_request *items;
    size_t count;
    size_t *order;  // the counted ones: member by member,
    size_t *firsts; // from here on in `order`; members + 1 of them
    size_t member_count;
    int64_t end_ns; // of the recording
};

struct validation_figure_value {
    struct report_change value; // a: measured, b: predicted; NAN: there is none
    double low, high;           // of the runs with jitter: p5 and p95; NAN: there are none
    bool is_judged;             // it counts for the verdict
    bool is_near;               // as measured
    bool is_steep;              // and far, but for its place in the distribution
};

struct validation_member {
    const char *name;
    uint64_t to_come; // counted ones that had not completed by the end of the recording, predicted
    struct validation_figure_value figures[VALIDATION_FIGURE_COUNT];
};

// What was fitted or assumed, or what was seen besides.
struct validation_fact {
    const char *key; // of the JSON, with its unit
    double value;
    double low, high; // NAN: it is no interval
    char text[200];   // in words
};

struct validation_notice {
    char *kind, *source, *text;
    uint64_t count;
};

struct report_validation {
    const char *name; // the scenario
    struct validation_requests requests;
    struct validation_outcome *outcomes; // of the replay without jitter
    struct validation_member *members;   // and behind them all together
    size_t member_count;
    uint64_t runs; // with jitter
    int64_t jitter_ns;
    const char *arrival; // "issue", "dependent"
    struct validation_fact *facts;
    size_t fact_count;
    struct validation_notice *notices;
    size_t notice_count;
};

// Fills order and firsts from the items. False: out of memory.
bool validation_sort(struct validation_requests *requests);

// Measures the member, all of them with member == member_count, by these outcomes. False: out of
// memory. Fills values only; those with no request on a side are NAN.
bool validation_measure(const struct validation_requests *requests,
                        const struct validation_outcome *outcomes, size_t member,
                        struct report_change values[VALIDATION_FIGURE_COUNT], uint64_t *to_come);

// The parts: of sorted values.
double validation_quantile(const int64_t *sorted, size_t count, unsigned per_mille);
double validation_ks(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count);
double validation_w1(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count); // in ns
// Of times of completions: sum of |difference| of the numbers in each second.
double validation_rates(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count);

// Which figures are as measured, when all have their values and bands.
void validation_judge(struct report_validation *validation);
bool validation_holds(const struct report_validation *validation);

// Another fact, which stays there until the next. NULL: out of memory.
__attribute__((format(printf, 4, 5))) struct validation_fact *
validation_add_fact(struct report_validation *validation, const char *key, double value,
                    const char *format, ...);

// NULL: no such member. "total": all.
const struct validation_member *validation_find(const struct report_validation *validation,
                                                const char *member);
// How the names are walked; NULL behind the last.
const char *validation_member_at(const void *validation, size_t index);

// The verdict in words; to be freed. NULL: out of memory.
char *validation_verdict(const struct report_validation *validation);

// False: out of memory.
bool report_validation_print(const struct report_validation *validation,
                             const struct report_style *style);
// A new reference; NULL: out of memory.
json_t *report_validation_json(const struct report_validation *validation);

// Draws validate-cdf and validate-error there, as report_plot does.
bool report_validation_plot(const struct report_validation *validation, const char *directory,
                            report_plot_written *written, void *context,
                            struct report_error *error);

void report_validation_free(struct report_validation *validation); // what it holds
#endif
