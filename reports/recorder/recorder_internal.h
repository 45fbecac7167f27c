// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder's state, shared by its files: recorder.c begins and finishes a run,
// recorder_moments.c takes requests down, instants.c finishes an instant, intervals.c an interval,
// groups.c what there is of groups, recorder_statistics.c the run; cells.c keeps intervals that may
// still be put together, spans.c stores them; log.c stores what is not counted but told; rows.c
// writes rows.
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
#include "reports/recorder/row_text.h"
#include "reports/recorder/rows.h"

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
    uint64_t before; // settled, just before the present interval
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

// What a stream did in an interval.
struct recorder_span {
    struct report_service moments[RECORDER_MOMENT_COUNT];
    struct report_histogram *total; // latencies; NULL before the first use
    struct recorder_cause *causes;  // wait_count; NULL before the first use
    int64_t extra; // operations, in millionths, beyond one per request; stays at its most
    // Requests that wait, known when it is over: just before it, at its end, the most in it.
    uint64_t waiting_before, waiting, waiting_max;
};

struct recorder_stream {
    struct report_service run[RECORDER_MOMENT_COUNT]; // without the present interval
    struct recorder_span interval;                    // the present one
    struct recorder_queue queue;
    // NULL before the first use; of RECORDER_TOTAL, without the present interval.
    struct report_histogram *latency[RECORDER_METRIC_COUNT];
    bool touched; // the queue changed in this instant
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

// A member, or one of its throttles below the topmost: of that only what concerns its group counts.
struct recorder_member {
    uint32_t owner;    // the member
    uint32_t stage;    // 0 is nearest to the disk
    uint32_t lower[2]; // of a member: its throttles below, from this number up to that
    struct recorder_stream streams[RECORDER_STREAM_COUNT];
    struct recorder_achieved achieved;
    uint64_t backlog;             // throttled requests that wait, within the present instant
    uint32_t group;               // or REPORT_NONE
    uint32_t backlog_position;    // in the group's list, or REPORT_NONE: not backlogged
    uint32_t slot;                // for fairness, or REPORT_FAIRNESS_NO_SLOT
    int64_t backlogged_since_ns;  // while backlogged
    struct report_service served; // throttled and dispatched
    int64_t noted_ns;             // until then the intervals know that something happened to it
    bool active;                  // something happened in the present interval of rows
    bool full, whole;             // all of it is stored over time; all buckets of its latencies
};

// What a member had been served before the present interval of a grain. Of another interval: it
// was not served in this one.
struct recorder_mark {
    int64_t start_ns;
    struct report_service served;
};

// Numbers in the order in which they were added; `capacity` are allocated.
struct recorder_list {
    uint32_t *items;
    size_t count;
    size_t capacity;
};

// Jain's index over spans of time.
struct recorder_index {
    int64_t known; // spans of which there is one
    double sum, min;
};

struct recorder_group {
    struct recorder_list backlogged; // members
    struct report_fairness *fairness;
    struct recorder_list left; // slots of members that left the group in this instant
    struct recorder_achieved achieved;
    int64_t contended; // spans in which two members or more were backlogged; and their indices
    struct recorder_index jain_requests, jain_bytes;
    uint32_t active; // bit g: something happened in the present interval of grain g
    bool unsettled;  // a backlogged member was served or left, in this instant
};

// ---- Intervals (intervals.c, groups.c, cells.c, spans.c) ----
//
// Which length of interval suits the run is known when it is over. If it is not given, the recorder
// begins with the finest, and keeps what happens in an interval as a cell: a record for each stream
// that did anything in it. When there are too many intervals, or cells take too much memory, cells
// are put together for the next grain, each of whose intervals is several of the present one's.
// What is of groups cannot be put together so (who was backlogged all the time, how full a bucket
// was at the end), but is little: it is taken down for each grain from the present one on, as if
// that were the only one. The rows are written at the end. They are those that a run with that
// interval given writes as it goes: a test holds that.
//
// Besides, members of a group are compared over spans of a second, whatever the interval.

#define RECORDER_CONTENTION_NS INT64_C(1000000000)
#define RECORDER_GRAIN_MAX 25
#define RECORDER_SHORTEST_NS INT64_C(1000000) // if the length adapts

// A length of interval, and the present interval of that length.
struct recorder_grain {
    int64_t interval_ns;
    int64_t start_ns, last_ns;   // the first and the last instant in it
    struct recorder_list active; // groups to which something happened in it
    struct report_held held;     // rows of groups, so many and those of their buckets
    uint64_t group_rows;
};

#define RECORDER_CONTENTION_GRAIN 0
#define RECORDER_FIRST_GRAIN 1 // of rows

// Records of streams in the order of their keys: what happened from start_ns on, in one interval,
// of which there may be several cells.
struct recorder_cell {
    int64_t start_ns;
    uint8_t *bytes;
    size_t length;
};

#define RECORDER_LEVELS 126

// Rows over time of one stream, and how many intervals each of its cells is.
struct recorder_series {
    uint32_t member, stream;
    int64_t step;
    struct recorder_text moments, counted;
    struct recorder_text *causes; // wait_count
};

// Members of which all is stored if that is too much of all: plots show 12, tables 40.
#define RECORDER_FULL_MEMBERS 40

struct recorder_cells {
    struct recorder_cell *items;
    size_t count, capacity;
    size_t memory;            // of cells but for causes, and of rows of groups, as estimated
    size_t records;           // in all of them
    uint8_t *bytes;           // of the cell that is being made,
    size_t used, size;        // so many of so many
    uint64_t key;             // of its last record
    uint64_t kept;            // key of records that are put together
    struct recorder_span sum; // of records; nothing has happened
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
    int64_t warm_up_ns;
    bool log_requests;
    bool omit_series;
    report_gauge *gauge;
    void *gauge_context;
    report_recorder_tell *tell; // or NULL
    void *tell_context;
    const char *causes[REPORT_CAUSE_MAX];
    size_t cause_count; // of a throttle
    size_t wait_count;  // of all that a member may have
    int64_t now_ns;
    bool adapts; // the length of intervals
    struct recorder_grain grains[RECORDER_GRAIN_MAX];
    size_t grain_count;
    size_t grain;          // of the rows, as it looks now
    int64_t boundary_ns;   // no present interval ends before this instant is over
    int64_t cell_start_ns; // since when members' intervals are counted
    struct recorder_cells cells;
    struct recorder_series series;
    struct recorder_mark *marks; // by member, then grain
    struct recorder_member *members;
    size_t member_count;
    size_t throttle_count; // behind the members, those below their topmost
    struct recorder_group *groups;
    size_t group_count;
    size_t group_capacity;
    struct recorder_latest latest;
    struct recorder_list touched; // streams whose queue changed in this instant
    struct recorder_list active;  // members to which something happened in this interval
    struct recorder_list unsettled_groups;
    struct recorder_achieved achieved; // of all
    int64_t first_arrival_ns;          // of any request; REPORT_NOT_YET: none so far
    int64_t last_arrival_ns, last_completion_ns;
    unsigned fold; // of histograms that are not stored in full: 2^fold buckets are one
    int64_t operation_count, notice_count, assumption_count;
};

extern const char *const recorder_stream_names[RECORDER_STREAM_COUNT];

static inline bool recorder_is_stacked(const struct recorder_member *member)
{
    return member->lower[0] < member->lower[1];
}

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

static inline const struct recorder_grain *recorder_grain(const struct report_recorder *recorder)
{
    return &recorder->grains[recorder->grain];
}

// interval_ns 0: it adapts. False: out of memory.
bool recorder_open_intervals(struct report_recorder *recorder, int64_t interval_ns);
void recorder_close_intervals(struct report_recorder *recorder);
// The first event of a member after its noted_ns.
void recorder_note_member(struct report_recorder *recorder, uint32_t member);
// What the member was served so far does not count in the present intervals.
void recorder_forget_served(struct report_recorder *recorder, uint32_t member);
// now_ns is after the boundary: intervals end.
void recorder_next_intervals(struct report_recorder *recorder, int64_t now_ns);
// All present intervals end at end_ns (exclusive for events), and rows are stored.
void recorder_end_intervals(struct report_recorder *recorder, int64_t end_ns);

// How the member stood before the present interval of the grain.
static inline struct recorder_mark *recorder_mark(const struct report_recorder *recorder,
                                                  uint32_t member, size_t grain)
{
    return &recorder->marks[member * recorder->grain_count + grain];
}
// The present interval of the grain ends at end_ns: its rows of groups, or what adds to contention.
void recorder_close_groups(struct report_recorder *recorder, size_t grain, int64_t end_ns);
void recorder_store_contention(struct report_recorder *recorder);

// The streams of a member in the order of the table's key, in which rows are cheapest to store.
extern const uint32_t recorder_streams_by_name[RECORDER_STREAM_COUNT];
#define RECORDER_PLACE_READ_WRITE 3

// A cell is made record by record with rising keys: member * RECORDER_STREAM_COUNT, and the place
// in recorder_streams_by_name.
void recorder_cell_add(struct report_recorder *recorder, uint64_t key,
                       const struct recorder_span *span);
void recorder_cell_end(struct report_recorder *recorder, int64_t start_ns);
// Puts the cells of each interval together.
void recorder_cells_coarsen(struct report_recorder *recorder, int64_t interval_ns);
// Of what is left at the end of a run, if there are cells to be stored.
#define RECORDER_SERIES_SHARE 0.9

static inline void recorder_tell(const struct report_recorder *recorder, double share)
{
    if (recorder->tell != NULL)
        recorder->tell(recorder->tell_context, share);
}

// Stores them; there are none then.
void recorder_cells_store(struct report_recorder *recorder, int64_t interval_ns);
void recorder_cells_free(struct recorder_cells *cells);

// What recorder->series did in its intervals, one after the other, and what is left of its rows.
void recorder_series_add(struct report_recorder *recorder, int64_t interval,
                         const struct recorder_span *span);
void recorder_series_end(struct report_recorder *recorder);
// Which of RECORDER_LEVELS a bucket of a histogram is in.
size_t recorder_level(size_t bucket);
// How many reads and writes that completed in the interval had a latency of which level.
void recorder_levels_store(struct report_recorder *recorder, int64_t interval,
                           const uint64_t counts[RECORDER_LEVELS]);
// Finds those members whose requests waited longest.
void recorder_choose_full(struct report_recorder *recorder, int64_t end_ns);
// How many requests waited, on average over a run that ended at end_ns.
double recorder_queue_mean(const struct report_recorder *recorder,
                           const struct recorder_queue *queue, int64_t end_ns);
// Nothing has happened; memory is kept.
void recorder_span_clear(const struct report_recorder *recorder, struct recorder_span *span);
void recorder_span_free(struct recorder_span *span);

// Stores every member's and group's statistics over the run that ended at end_ns; adds up all
// requests, moment by moment, in totals.
void recorder_store_statistics(struct report_recorder *recorder, int64_t end_ns,
                               struct report_service totals[RECORDER_MOMENT_COUNT]);
// Stores a request that is final, if requests are logged.
void recorder_log_stage(struct report_recorder *recorder, const struct report_request *request,
                        uint32_t stage);
void recorder_log_request(struct report_recorder *recorder, const struct report_request *request);
#endif
