// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of report_compare: reading both runs side by side, statistics, printing.
#ifndef REPORTS_COMPARE_COMPARE_INTERNAL_H
#define REPORTS_COMPARE_COMPARE_INTERNAL_H

#include "reports/compare.h"
#include "reports/label.h"
#include "reports/recorder.h"
#include "reports/spill.h"

#include <sqlite3.h>

#define COMPARISON_NO_MEMBER UINT32_MAX
#define COMPARISON_NEVER INT64_MAX // infinite
#define COMPARISON_UNKNOWN (-1)    // of total latencies, on both sides or on none

// The streams of a member: the directions, then reads and writes together.
#define COMPARISON_READ_WRITE REPORT_DIRECTION_COUNT
#define COMPARISON_STREAMS (COMPARISON_READ_WRITE + 1)

// One request in both runs.
struct comparison_pair {
    int64_t wait_ns[2], total_ns[2]; // or COMPARISON_NEVER, COMPARISON_UNKNOWN
    uint32_t member;
    uint8_t direction; // enum report_direction
    uint8_t block;     // of time, below REPORT_COMPARE_BLOCKS
};

// What can be added up while the requests are read.
struct comparison_traffic {
    uint64_t requests;
    uint64_t unknown; // pairs without latencies
    int64_t first_arrival_ns;
    int64_t last_completion_ns[2];
    uint64_t waiting[2], completed[2];
    int64_t completed_bytes[2]; // saturated
};

#define COMPARISON_SHOWN 3 // p50, p90, p99

struct comparison_stream {
    struct comparison_traffic traffic;
    // The percentiles of total latencies and of waits as the tables of a run have them, read off a
    // histogram: so that who sees both sees one number.
    struct report_change shown[2][COMPARISON_SHOWN];
    struct report_change changes[REPORT_METRIC_COUNT];
};

// The rates of reads and writes that are stored of both runs, by their names in the view
// achieved_rate.
#define COMPARISON_RATES 6
#define COMPARISON_RATE_COLUMNS                                                                    \
    "demanded_requests_per_s, requests_per_s, busy_requests_per_s, demanded_bytes_per_s,"          \
    " bytes_per_s, busy_bytes_per_s"
extern const char *const comparison_rate_keys[COMPARISON_RATES];

struct comparison_member {
    const char *name; // the identity's
    uint64_t first;   // of its pairs in `order`
    uint64_t count;
    struct comparison_traffic traffic[REPORT_DIRECTION_COUNT];
    struct comparison_stream *streams[COMPARISON_STREAMS]; // NULL: no requests
    struct report_change rates[COMPARISON_RATES];
};

struct comparison_group {
    char *name;
    struct report_change changes[REPORT_GROUP_METRIC_COUNT];
    struct report_change rates[COMPARISON_RATES];
};

// A member as one run numbers it.
struct comparison_identity {
    int64_t member_id;
    uint32_t member; // or COMPARISON_NO_MEMBER: only in B
    char *name;
};

// What is stored of a run that is no result: the limit iops-total of the group gold is 500.
struct comparison_fact {
    int kind;                   // orders them
    char *what, *whose, *value; // whose: "" of the whole run
};

#define COMPARISON_ASSUMPTION 8 // kinds
#define COMPARISON_TOLD 9       // assumed too, but where it differs another fact says so

// The same fact of A and B; NULL: there is none.
struct comparison_facts {
    const struct comparison_fact *sides[2];
};

// Who is faster.
enum comparison_outcome {
    COMPARISON_EMPTY,
    COMPARISON_SAME,
    COMPARISON_FASTER, // B, in each request that differs
    COMPARISON_SLOWER,
    COMPARISON_MOSTLY_FASTER,
    COMPARISON_MOSTLY_SLOWER,
    COMPARISON_MIXED,
};

struct comparison_verdict {
    enum comparison_outcome outcome;
    char text[1024]; // one sentence; names in it may hold anything
};

struct comparison_side {
    struct report_compare_side run;
    char name[REPORT_LABEL_MAX], engine[REPORT_LABEL_MAX], device[REPORT_LABEL_MAX];
    char digest[REPORT_LABEL_MAX], status[REPORT_LABEL_MAX];
    int64_t end_ns, interval_ns;
    int64_t span_ns; // in which members of a group are compared
    uint64_t logged; // requests
    bool answers;    // they need not have arrived in the order, nor at the times, of the recordings
    int64_t first_arrival_ns, last_arrival_ns;
    struct comparison_identity *identities; // in order of member_id
    size_t identity_count;
    struct comparison_fact *facts; // in their order
    size_t fact_count;
};

struct report_comparison {
    struct report_compare_config config;
    struct comparison_side sides[2];
    struct comparison_member *members; // those of A
    size_t member_count;
    struct comparison_member total; // all members; its pairs are all, in order
    struct comparison_group *groups;
    size_t group_count;
    struct comparison_facts *facts; // of both sides, in order
    size_t fact_count;
    uint64_t count;            // pairs
    uint64_t looked_at;        // of them, many times, so far
    struct report_spill pairs; // struct comparison_pair, in order of arrival
    struct report_spill order; // uint64_t: the pairs' numbers, member by member
};

bool comparison_memory(struct report_error *error); // fills it; false
// Is it to stop? If not, more pairs have been looked at.
bool comparison_stopped(struct report_comparison *comparison, uint64_t more,
                        struct report_error *error);

bool comparison_load_sides(struct report_comparison *comparison, struct report_error *error);
bool comparison_load_groups(struct report_comparison *comparison, struct report_error *error);
bool comparison_load_rates(struct report_comparison *comparison, struct report_error *error);
// From the columns COMPARISON_RATE_COLUMNS of a row.
void comparison_take_rates(struct report_change *rates, int side, sqlite3_stmt *rows, int column);
bool comparison_load_facts(struct report_comparison *comparison, struct report_error *error);
void comparison_free_facts(struct comparison_side *side);
// Needs the sides. Refuses runs whose arrivals differ.
bool comparison_load_pairs(struct report_comparison *comparison, struct report_error *error);
// Needs the pairs: all streams of all members and of the total.
bool comparison_measure(struct report_comparison *comparison, struct report_error *error);

// NULL: the run has no such member.
const struct comparison_identity *comparison_find_identity(const struct comparison_side *side,
                                                           int64_t id);

// The pairs of a member (or the total), one after the other: number i of `count`.
const struct comparison_pair *comparison_pair_at(const struct report_comparison *comparison,
                                                 const struct comparison_member *member,
                                                 uint64_t i);
static inline bool comparison_is_in(const struct comparison_pair *pair, size_t stream)
{
    return stream == COMPARISON_READ_WRITE ? pair->direction <= REPORT_DIRECTION_WRITE
                                           : pair->direction == stream;
}

// The members, those that changed most first; to be freed. NULL: no memory.
const struct comparison_member **comparison_order(const struct report_comparison *comparison);
// One line for each, if there are several.
bool comparison_print_members(const struct report_comparison *comparison,
                              const struct comparison_member *const *order,
                              const struct report_style *style);
const struct comparison_fact *comparison_fact_of(const struct comparison_facts *facts); // of either
const char *comparison_fact_value(const struct comparison_facts *facts, int side);
bool comparison_facts_differ(const struct comparison_facts *facts);
bool comparison_is_assumed(const struct comparison_facts *facts); // in both, the same

// Fills what is shown of a stream whose percentiles of the kind (0: total latencies, 1: waits) are
// measured: of `known` > 0 values that are not negative.
void comparison_show(struct comparison_stream *stream, int kind, int side, const int64_t *values,
                     size_t count, uint64_t known);
void comparison_show_total(struct report_comparison *comparison); // behind all of them

// Needs what was measured.
void comparison_judge(const struct report_comparison *comparison,
                      struct comparison_verdict *verdict);
// "faster", "mostly-faster", ...
extern const char *const comparison_outcomes[];

bool comparison_print_rates(const struct report_comparison *comparison,
                            const struct report_style *style);
void comparison_print_head(const struct report_comparison *comparison,
                           const struct report_style *style);
bool comparison_print_text(const struct report_comparison *comparison,
                           const struct report_style *style);
bool comparison_print_json(const struct report_comparison *comparison,
                           const struct report_style *style);
#endif
