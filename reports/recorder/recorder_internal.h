// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder's state, shared by its files: recorder.c begins and finishes a run,
// recorder_moments.c takes requests down, intervals.c finishes an instant and an interval,
// recorder_statistics.c the run; log.c stores what is not counted but told; rows.c writes rows.
//
// A stream is one member and direction, numbered member * REPORT_DIRECTION_COUNT + direction. Each
// member has one stream more, of its reads and writes together: nothing is counted there request by
// request but how many wait; all else is added up when an interval ends or the run.
//
// ZEROS. Most requests of many runs wait for 0 ns. Histograms get only what is above 0 (but for
// RECORDER_RECORDED, which not all requests have); before they are read, recorder_add_zeros puts in
// as many zeros as they lack requests.
//
// INSTANTS. How many requests wait is decided when an instant is over: at time t those with
// arrival <= t < dispatch. A request that leaves in the instant of its arrival has never waited,
// whatever happened in between, and everything stored follows from the requests' times alone.
#ifndef REPORTS_RECORDER_RECORDER_INTERNAL_H
#define REPORTS_RECORDER_RECORDER_INTERNAL_H

#include "reports/database_internal.h"
#include "reports/fairness.h"
#include "reports/histogram.h"
#include "reports/recorder.h"

// ---- Rows (rows.c) ----
//
// Writes the rows of one run. They are collected in memory (1 MiB) and written in one transaction
// when that is full, so that another process that writes to the same file never waits for a
// simulation, only for a write. Rows of one transaction are stored all or none, kind by kind in the
// order of enum report_row, those of one kind in the order in which they were added.
//
// The first failure sticks: later rows are dropped, and report_rows_error tells.

// What can be written: one SQL statement each, whose ?1 is the run.
enum report_row {
    REPORT_ROW_MEMBER,
    REPORT_ROW_GROUP,
    REPORT_ROW_MEMBERSHIP,
    REPORT_ROW_LIMIT,
    REPORT_ROW_LIMIT_EFFECT,
    REPORT_ROW_OPERATION,
    REPORT_ROW_OPERATION_EFFECT,
    REPORT_ROW_NOTICE,
    REPORT_ROW_REQUEST,
    REPORT_ROW_MEMBER_INTERVAL,
    REPORT_ROW_GROUP_INTERVAL,
    REPORT_ROW_BUCKET_INTERVAL,
    REPORT_ROW_WAIT_INTERVAL,
    REPORT_ROW_COUNTED_INTERVAL,
    REPORT_ROW_BURST_END,
    REPORT_ROW_ASSUMPTION,
    REPORT_ROW_ACHIEVED,
    REPORT_ROW_MEMBER_STATISTICS,
    REPORT_ROW_LATENCY_STATISTICS,
    REPORT_ROW_HISTOGRAM,
    REPORT_ROW_GROUP_DIFFERENCE, // fills in a group's service difference
    REPORT_ROW_OUTCOME,          // fills in how the run ended
    REPORT_ROW_COUNT,
};

enum report_type {
    REPORT_NULL,
    REPORT_INTEGER,
    REPORT_REAL,
    REPORT_STRING,
};

struct report_value {
    enum report_type type;
    union {
        int64_t integer;
        double real;
        const char *string;
    };
};

static inline struct report_value report_null(void)
{
    return (struct report_value){REPORT_NULL, {.integer = 0}};
}

static inline struct report_value report_integer(int64_t value)
{
    return (struct report_value){REPORT_INTEGER, {.integer = value}};
}

// What is beyond SQLite's integers is stored as the largest one.
static inline struct report_value report_count(uint64_t value)
{
    return report_integer(value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static inline struct report_value report_real(double value)
{
    return (struct report_value){REPORT_REAL, {.real = value}};
}

// NULL is stored as NULL.
static inline struct report_value report_string(const char *value)
{
    return (struct report_value){value != NULL ? REPORT_STRING : REPORT_NULL, {.string = value}};
}

struct report_rows;

// NULL with the error filled. The run's row must exist before the first row is written.
struct report_rows *report_rows_open(struct report_database *database, int64_t run_id,
                                     struct report_error *error);
void report_rows_close(struct report_rows *rows); // NULL is allowed; what is not written is lost

// values: as many as the statement takes besides the run. Strings are copied.
void report_rows_add(struct report_rows *rows, enum report_row row,
                     const struct report_value *values);
// Writes what was collected. False if anything has failed so far.
bool report_rows_flush(struct report_rows *rows);

// The first failure is this one, unless there was one before.
void report_rows_fail(struct report_rows *rows, const char *message);
// NULL: none so far.
const struct report_error *report_rows_error(const struct report_rows *rows);

// ---- The recorder ----

enum recorder_moment {
    RECORDER_ARRIVED,
    RECORDER_DISPATCHED,
    RECORDER_COMPLETED,
    RECORDER_MOMENT_COUNT,
};

enum recorder_metric {
    RECORDER_THROTTLE_WAIT,
    RECORDER_SERVICE,
    RECORDER_TOTAL,
    RECORDER_RECORDED,
    RECORDER_METRIC_COUNT,
};

// The streams of a member: the directions, then its reads and writes together.
#define RECORDER_READ_WRITE REPORT_DIRECTION_COUNT
#define RECORDER_STREAM_COUNT (RECORDER_READ_WRITE + 1)

// Requests that wait in the throttle.
struct recorder_queue {
    uint64_t length;  // within the present instant
    uint64_t settled; // when the last instant that changed it was over,
    int64_t since_ns; // which was this one
    uint64_t max;
    uint64_t interval_max;
    struct report_sum area; // integral of settled over time up to since_ns
};

// What one cause did in the present interval.
struct recorder_cause {
    uint64_t requests;
    struct report_sum wait_ns;
};

// Operations are added up in whole millionths, so that the order does not matter.
#define RECORDER_EXTRA 1e6

struct recorder_stream {
    struct report_service run[RECORDER_MOMENT_COUNT]; // without the present interval
    struct report_service interval[RECORDER_MOMENT_COUNT];
    struct recorder_queue queue;
    struct report_histogram *latency[RECORDER_METRIC_COUNT]; // NULL before the first use; of
    struct report_histogram *interval_total; // RECORDER_TOTAL, without the present interval
    struct recorder_cause *causes;           // NULL before the first use
    int64_t interval_extra; // operations, in millionths, beyond one per request; stays at its most
    bool touched;           // the queue changed in this instant
};

// What reads and writes of a member, of those in a group, or of all were asked for and done, and
// for how long any of them was under way: from its arrival to its completion.
struct recorder_achieved {
    struct report_service arrived[2], completed[2]; // REPORT_DIRECTION_READ, REPORT_DIRECTION_WRITE
    struct report_service busy_completed[2];        // of them, those that ended busy time
    uint64_t under_way;
    int64_t since_ns, until_ns; // the present span with any, or the latest
    int64_t busy_ns;            // of the spans before it
};

struct recorder_member {
    struct recorder_stream streams[RECORDER_STREAM_COUNT];
    struct recorder_achieved achieved;
    uint64_t backlog;             // throttled requests that wait, within the present instant
    uint32_t group;               // or REPORT_NONE
    uint32_t backlog_position;    // in the group's list, or REPORT_NONE: not backlogged
    uint32_t slot;                // for fairness, or REPORT_FAIRNESS_NO_SLOT
    int64_t backlogged_since_ns;  // while backlogged
    struct report_service served; // throttled, dispatched in this interval by the present group
    bool active;                  // something happened in this interval
};

// Numbers in the order in which they were added; `capacity` are allocated.
struct recorder_list {
    uint32_t *items;
    size_t count;
    size_t capacity;
};

struct recorder_group {
    struct recorder_list backlogged; // members
    struct report_fairness *fairness;
    struct recorder_list left; // slots of members that left the group in this instant
    struct recorder_achieved achieved;
    bool active;    // something happened in this interval
    bool unsettled; // a backlogged member was served or left, in this instant
};

// The latest arrival, while it is not in its queue: most requests leave in the instant of their
// arrival, before another one arrives, and then no queue has changed.
struct recorder_latest {
    uint32_t stream; // or REPORT_NONE
    bool throttled;
};

struct report_recorder {
    struct report_database *database;
    struct report_rows *rows;
    int64_t run_id;
    bool log_requests;
    bool omit_series;
    report_gauge *gauge;
    void *gauge_context;
    const char *causes[REPORT_CAUSE_MAX];
    size_t cause_count;
    int64_t now_ns;
    int64_t interval_ns;
    int64_t interval;         // its number,
    int64_t interval_last_ns; // the last instant in it
    struct recorder_member *members;
    size_t member_count;
    struct recorder_group *groups;
    size_t group_count;
    size_t group_capacity;
    struct recorder_latest latest;
    struct recorder_list touched; // streams whose queue changed in this instant
    struct recorder_list active;  // members to which something happened in this interval
    struct recorder_list unsettled_groups;
    struct recorder_list active_groups;
    struct recorder_achieved achieved; // of all
    int64_t first_arrival_ns;          // of any request; REPORT_NOT_YET: none so far
    int64_t last_arrival_ns, last_completion_ns;
    int64_t operation_count, notice_count, assumption_count;
};

extern const char *const recorder_stream_names[RECORDER_STREAM_COUNT];

static inline bool recorder_is_read_write(uint32_t direction)
{
    return direction == REPORT_DIRECTION_READ || direction == REPORT_DIRECTION_WRITE;
}

// False, and the run has failed, without memory.
bool recorder_list_grow(struct report_recorder *recorder, struct recorder_list *list);
static inline bool recorder_list_add(struct report_recorder *recorder, struct recorder_list *list,
                                     uint32_t item)
{
    if (list->count == list->capacity && !recorder_list_grow(recorder, list))
        return false;
    list->items[list->count++] = item;
    return true;
}

// A histogram for latencies of `count` requests gets the zeros that were left out: returns how
// many.
int64_t recorder_add_zeros(struct report_recorder *recorder, struct report_histogram **histogram,
                           int64_t count);
// Adds `from` (NULL: nothing) to *into, made if missing.
void recorder_merge(struct report_recorder *recorder, struct report_histogram **into,
                    const struct report_histogram *from);

// The latest arrival goes to its queue if it has not left.
void recorder_queue_latest(struct report_recorder *recorder);
// The present instant is over: queue lengths, backlogs and fairness are brought up to date.
void recorder_settle(struct report_recorder *recorder);
// Moves on to now_ns if it is later than the present instant.
static inline void recorder_reach(struct report_recorder *recorder, int64_t now_ns)
{
    if (now_ns != recorder->now_ns)
        report_recorder_advance(recorder, now_ns);
}

// A member leaves its group within the instant. What it got so far still counts there.
void recorder_leave_group(struct report_recorder *recorder, uint32_t member);
// The stream, of this number, is to be looked at when the instant is over.
static inline void recorder_touch(struct report_recorder *recorder, uint32_t number,
                                  struct recorder_stream *stream)
{
    if (!stream->touched)
        stream->touched = recorder_list_add(recorder, &recorder->touched, number);
}
void recorder_unsettle_group(struct report_recorder *recorder, uint32_t group);
void recorder_activate_group(struct report_recorder *recorder, uint32_t group);

// A request arrives, or completes, now.
void recorder_achieve_arrival(struct report_recorder *recorder,
                              const struct report_request *request);
void recorder_achieve_completion(struct report_recorder *recorder,
                                 const struct report_request *request);
// The member goes to this group, or REPORT_NONE, now; what it has under way goes with it.
void recorder_achieve_move(struct report_recorder *recorder, uint32_t member, uint32_t group);
void recorder_store_achieved(struct report_recorder *recorder, int64_t end_ns, bool all_completed);

// Stores what causes did to the member's stream of this number in the present interval, and
// forgets.
void recorder_store_causes(struct report_recorder *recorder, uint32_t member, uint32_t number);

// The same with the operations that its requests counted as beyond one each.
void recorder_store_counted(struct report_recorder *recorder, uint32_t member, uint32_t number);

// Stores the present interval as ending at end_ns (exclusive for events) and empties its counters.
void recorder_close_interval(struct report_recorder *recorder, int64_t end_ns);

// Stores every member's and group's statistics over the run that ended at end_ns; adds up all
// requests, moment by moment, in totals.
void recorder_store_statistics(struct report_recorder *recorder, int64_t end_ns,
                               struct report_service totals[RECORDER_MOMENT_COUNT]);
// Stores a request that is final, if requests are logged.
void recorder_log_request(struct report_recorder *recorder, const struct report_request *request);
#endif
