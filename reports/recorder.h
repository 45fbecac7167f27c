// SPDX-License-Identifier: GPL-2.0-or-later
// Takes down what happens in one run: statistics per member and direction, rows per interval,
// fairness, and on request every single request. The caller replays; the recorder only listens.
//
// Calls come in order of time. Each call that stores rows may fail; the first failure sticks, later
// calls do nothing, and report_recorder_finish (or _ok) tells.
#ifndef REPORTS_RECORDER_H
#define REPORTS_RECORDER_H

#include "reports/database.h"

#include <stdbool.h>
#include <stddef.h>

// What a request is counted as. Write zeroes count as writes.
enum report_direction {
    REPORT_DIRECTION_READ,
    REPORT_DIRECTION_WRITE,
    REPORT_DIRECTION_DISCARD,
    REPORT_DIRECTION_FLUSH,
    REPORT_DIRECTION_COUNT,
};

// "read", "write", "discard", "flush", and behind them "read+write"; NULL from there on.
const char *report_direction_name(size_t index);

#define REPORT_NONE UINT32_MAX // no group
#define REPORT_NOT_YET (-1)    // a time that has not come, a latency that is not known

struct report_request {
    uint64_t seq; // in order of arrival, from 0
    uint32_t member;
    enum report_direction direction;
    bool throttled; // its member is in a group, and its kind is throttled there
    const char *op; // "read", "write", "discard", "write-zeroes", "flush": static
    uint64_t offset;
    uint64_t bytes;
    int64_t arrival_ns;
    int64_t dispatch_ns; // REPORT_NOT_YET: still waits in the throttle
    int64_t complete_ns; // REPORT_NOT_YET: still at the device
    int64_t recorded_ns; // total latency that the recording shows, or REPORT_NOT_YET
    int64_t late_ns;     // it had come so long before its arrival, unseen: that counts as waiting
};

// State of one leaky bucket. Units: bytes or operations.
struct report_bucket {
    const char *name; // "iops-total", ...: static
    double level;
    double size; // what it holds before requests wait
    double burst_level;
    double burst_size; // 0: no burst part
};

#define REPORT_BUCKET_MAX 32

#define REPORT_CAUSE_MAX 32

// Fills buckets (at most REPORT_BUCKET_MAX) of a group as they are at at_ns; returns how many. Only
// buckets with a limit. Must not change the group's state. Called by report_recorder_advance and
// report_recorder_finish for groups in which something happened in the interval that ends at at_ns.
typedef size_t report_gauge(void *context, uint32_t group, int64_t at_ns,
                            struct report_bucket *buckets);

// Told now and then, when the run is over, how much of what is left has been stored: 0 to 1.
typedef void report_recorder_tell(void *context, double share);

struct report_recorder_config {
    struct report_run run;
    int64_t warm_up_ns; // requests that arrive before are in nothing that is stored
    bool log_requests;  // store every request
    bool omit_series;   // store nothing per interval: nobody reads it
    const char *causes[REPORT_CAUSE_MAX]; // of waiting: static
    size_t cause_count;
    report_gauge *gauge;
    void *gauge_context;
    report_recorder_tell *tell; // may be NULL
    void *tell_context;
};

struct report_recorder;

// Stores the run's row (committed at once, status running) and returns its recorder, or NULL.
struct report_recorder *report_recorder_begin(struct report_database *database,
                                              const struct report_recorder_config *config,
                                              struct report_error *error);
int64_t report_recorder_run_id(const struct report_recorder *recorder);
bool report_recorder_ok(const struct report_recorder *recorder);

// To be called before anything else of a new instant, and before the state that `gauge` reads
// changes: closes the intervals that ended at or before now_ns.
void report_recorder_advance(struct report_recorder *recorder, int64_t now_ns);

// A group that came up during the run; its index is the next one.
void report_recorder_group(struct report_recorder *recorder, const char *name);
// A throttle is from now on in this group, or in none (REPORT_NONE). Also called for time 0. A
// member's topmost throttle has its number; those below have the numbers from the number of members
// on, of the first member that has some from above, then of the next.
void report_recorder_membership(struct report_recorder *recorder, int64_t now_ns, uint32_t throttle,
                                uint32_t group);
// From now on this limit of the group has this value; once per changed key. Also for time 0.
void report_recorder_limit(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                           const char *key, int64_t value);
// What a limit lets through, in bytes or operations. rate 0: it is gone. What is not known is below
// 0: allowance and at_once of an algorithm that counts in slices, burst_rate if bursts pass as fast
// as they are asked for, burst_ns (how long the allowance lasts at burst_rate) if it does not end.
struct report_limit_effect {
    const char *key; // of the limit: static
    bool counts_bytes;
    double rate;
    double allowance;
    double burst_rate;
    double at_once;
    int64_t burst_ns;
    int64_t refill_ns;
};

// From now on a limit of the group does this. Also for time 0.
void report_recorder_limit_effect(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                                  const struct report_limit_effect *effect);
// A burst allowance of the group has run out: the one of the limit with this key (static).
void report_recorder_ran_out(struct report_recorder *recorder, int64_t now_ns, uint32_t group,
                             const char *key, int64_t refill_ns);
// A control operation and what came of it, in words.
struct report_operation {
    const char *what;
    const char *result;       // "done", or why not
    const char *effect;       // what it changed, or ""
    uint32_t member;          // that it was about, or REPORT_NONE
    uint32_t group;           // that it concerned, or REPORT_NONE
    uint64_t waiting;         // requests of the member, or else the group, that waited before
    uint64_t released;        // requests that it let go
    int64_t released_wait_ns; // how long these had waited, together
};

void report_recorder_operation(struct report_recorder *recorder, int64_t now_ns,
                               const struct report_operation *operation);
// An oddity of an input.
void report_recorder_notice(struct report_recorder *recorder, const char *kind, const char *source,
                            uint64_t count, const char *text);

// Where arrivals answer: which request of the recordings has arrived, in their order.
void report_recorder_place(struct report_recorder *recorder, uint64_t seq, uint64_t place);

// What is assumed where it could be otherwise, in the order in which it is shown: key and value are
// for programs, the text is for people.
void report_recorder_assumption(struct report_recorder *recorder, const char *key,
                                const char *value, const char *text);

// Does a request that arrives then count, or is it of the warm-up? What is told of one that does
// not is not taken down.
bool report_recorder_counts(const struct report_recorder *recorder, int64_t arrival_ns);

// The three moments of a request. Every request arrives; dispatch and completion follow in this
// order, possibly in the same instant. After complete (or at the end, lost) it is final and logged.
void report_recorder_arrival(struct report_recorder *recorder,
                             const struct report_request *request);
void report_recorder_dispatch(struct report_recorder *recorder,
                              const struct report_request *request);
void report_recorder_complete(struct report_recorder *recorder,
                              const struct report_request *request);
// Of a member with several throttles: after its arrival, and before its dispatch, the request goes
// from one that counts it (REPORT_NONE: it has arrived) to the next one (REPORT_NONE: to the
// device).
void report_recorder_passed(struct report_recorder *recorder, const struct report_request *request,
                            int64_t now_ns, uint32_t from, uint32_t to);
// In the instant of its dispatch, before or after it: why the request waited, by cause in the order
// of the configuration's, for each of its member's throttles, upwards. If it waited; nothing has to
// be said.
void report_recorder_waited(struct report_recorder *recorder, const struct report_request *request,
                            const int64_t *wait_ns);
// In the instant of its dispatch, before or after it: a request of this member and direction counts
// as so many operations for the limits on them. If those are more than one, and it counts itself;
// otherwise nothing has to be said.
void report_recorder_counted(struct report_recorder *recorder, int64_t now_ns, uint32_t member,
                             enum report_direction direction, double operations);
// The run is over and this one has not completed.
void report_recorder_unfinished(struct report_recorder *recorder,
                                const struct report_request *request);

// Stores what is left, the statistics and the outcome, and frees the recorder in any case. False
// with the error filled if anything could not be stored (the run is then marked failed if
// possible).
bool report_recorder_finish(struct report_recorder *recorder, const struct report_outcome *outcome,
                            struct report_error *error);
#endif
