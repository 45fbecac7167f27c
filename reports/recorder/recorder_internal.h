// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder's state, shared by its files: recorder.c begins and finishes a run,
// recorder_moments.c takes requests down, intervals.c finishes an instant and an interval,
// recorder_statistics.c the run; log.c stores what is not counted but told.
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

#include "reports/fairness.h"
#include "reports/histogram.h"
#include "reports/recorder.h"
#include "reports/rows.h"

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

struct recorder_stream {
    struct report_service run[RECORDER_MOMENT_COUNT]; // without the present interval
    struct report_service interval[RECORDER_MOMENT_COUNT];
    struct recorder_queue queue;
    struct report_histogram *latency[RECORDER_METRIC_COUNT]; // NULL before the first use; of
    struct report_histogram *interval_total; // RECORDER_TOTAL, without the present interval
    struct recorder_cause *causes;           // NULL before the first use
    bool touched;                            // the queue changed in this instant
};

struct recorder_member {
    struct recorder_stream streams[RECORDER_STREAM_COUNT];
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
    bool active;               // something happened in this interval
    bool unsettled;            // a backlogged member was served or left, in this instant
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
    int64_t operation_count, notice_count;
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

// Stores what causes did to the member's stream of this number in the present interval, and
// forgets.
void recorder_store_causes(struct report_recorder *recorder, uint32_t member, uint32_t number);

// Stores the present interval as ending at end_ns (exclusive for events) and empties its counters.
void recorder_close_interval(struct report_recorder *recorder, int64_t end_ns);

// Stores every member's and group's statistics over the run that ended at end_ns; adds up all
// requests, moment by moment, in totals.
void recorder_store_statistics(struct report_recorder *recorder, int64_t end_ns,
                               struct report_service totals[RECORDER_MOMENT_COUNT]);
// Stores a request that is final, if requests are logged.
void recorder_log_request(struct report_recorder *recorder, const struct report_request *request);
#endif
