// SPDX-License-Identifier: GPL-2.0-or-later
// The recorder of reports as an observer of a replay.
#ifndef SIM_REPLAY_RECORDING_H
#define SIM_REPLAY_RECORDING_H

#include "reports/recorder.h"
#include "sim/replay/replay.h"

struct recording {
    struct report_recorder *recorder;
    struct report_request latest; // that something was told of
};

static inline struct recording recording_of(struct report_recorder *recorder)
{
    return (struct recording){.recorder = recorder, .latest.seq = UINT64_MAX};
}

// Its context is a struct recording.
extern const struct replay_observer recording_observer;

// A request as reports see it. complete_ns: REPORT_NOT_YET, unless it is completing.
struct report_request recording_request(const struct sim_request *request, int64_t complete_ns);

// A report_gauge: the levels of a replay's buckets. Its context is the struct replay.
size_t recording_gauge(void *replay, uint32_t group, int64_t at_ns, struct report_bucket *buckets);

// The replay is over: what has not completed, the notices and the assumptions.
void recording_finish(struct report_recorder *recorder, const struct replay *replay);

#endif
