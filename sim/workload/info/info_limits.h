// SPDX-License-Identifier: GPL-2.0-or-later
// Under which limit would how many requests of a recording wait?
//
// For each volume alone, and for all of them in one throttle group, the smallest `iops-total`, and
// the smallest `bps-total`, under which at most 1 %, 0.1 %, none of the requests that are kept,
// those which a throttle counts, leave later than they arrived: no other limit, no burst (a bucket
// of a tenth of a second), timers that fire at their deadlines.
//
// The share that waits never grows with the limit. PROOF. Let V be what has arrived and not leaked:
// the bucket's level and what waits. Something waits only while the bucket is full, and a bucket
// that is not empty leaks at the limit N, so V falls at the rate N until it is 0, whatever leaves
// in which order. A request waits if and only if it finds V > N / 10, in time: V / N > 0.1 s. V / N
// is the work that waits for a server which takes units / N for each request. With a larger N each
// takes less, and by Lindley's recurrence W' = max(0, W + units / N - time), so does all that
// follows. Rounding to whole nanoseconds, and of doubles, can shift this by single requests at an
// edge, therefore the last step is the engine's.
//
// So: V / N is followed for many limits at a time, in passes that narrow the bracket around each
// answer, until a limit stands beside the one below it; then both are replayed through the real
// engine, and if it decides otherwise, the bracket moves until it agrees. Requests that no answer
// depends on any longer are left out of these passes (info_filter.h).
#ifndef SIM_WORKLOAD_INFO_INFO_LIMITS_H
#define SIM_WORKLOAD_INFO_INFO_LIMITS_H

#include "sim/workload/info/info_spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INFO_LIMIT_MAX INT64_C(1000000000000000) // the engine accepts no more

enum info_share {
    INFO_SHARE_1_PERCENT,
    INFO_SHARE_01_PERCENT,
    INFO_SHARE_NONE,
    INFO_SHARE_COUNT,
};

extern const char *const info_limit_keys[INFO_LIMIT_COUNT]; // "iops-total"
extern const double info_share_values[INFO_SHARE_COUNT];    // 0.01

struct info_answer {
    int64_t limit;    // 1 if that is enough; 0: more than INFO_LIMIT_MAX would be needed
    uint64_t waiting; // requests that wait under it
    bool confirmed;   // by the engine; not where more would wait at a time than it is given memory
};

struct info_answers {
    uint64_t requests; // that a throttle counts
    double bytes;      // of them, and within what time: where to look first
    double seconds;
    struct info_answer answer[INFO_LIMIT_COUNT][INFO_SHARE_COUNT];
};

// How many may wait.
uint64_t info_limits_allowed(uint64_t requests, enum info_share share);

// Fills answers[0 .. volume_count] for each volume, the last for all; what stands in them
// before the answers is known.
// False with the error filled.
bool info_limits_find(struct info_spool *spool, size_t volume_count, struct info_answers *answers,
                      struct sim_error *error);

// The last step of it: with the engine. `busy` has the requests that matter under limits from the
// floors on, which are of each stream (a volume, or all) and kind; NULL: it is not there.
bool info_limits_confirm(struct info_spool *spool, struct info_spool *busy,
                         int64_t (*floors)[INFO_LIMIT_COUNT], size_t volume_count,
                         struct info_answers *answers, struct sim_error *error);

#endif
