// SPDX-License-Identifier: GPL-2.0-or-later
// A whole run, slow and obvious: the model of the throttle groups under a loop that looks at
// everything at each step. Source: docs/model.md, "Order within one instant", "Timer granularity".
#ifndef TESTS_SIM_SLOW_REPLAY_H
#define TESTS_SIM_SLOW_REPLAY_H

#include "engine/engine.h"
#include "sim/scenario/scenario.h"

#define SLOW_NOT_YET (-1)

// One request, in order of arrival (time, then member, then place in its trace).
struct slow_request {
    struct engine_request engine; // first
    int64_t arrival_ns;
    int64_t dispatch_ns; // filled, or SLOW_NOT_YET
    int64_t complete_ns; // filled, or SLOW_NOT_YET
};

// Runs a scenario with the null or the fixed device. Its traces are not read: the requests have
// their arrival_ns and the engine's member, op and bytes.
void slow_replay(const struct scenario *scenario, struct slow_request *requests, size_t count);

#endif
