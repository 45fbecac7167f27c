// SPDX-License-Identifier: GPL-2.0-or-later
// The virtual clock: arrivals, the engine, operations and the device, in the order of the model.
//
// Within one instant: completions, then timers, then operations as listed, then arrivals; after
// each single operation or arrival whatever it makes due comes first again. Memory grows with the
// requests in flight only. Source: docs/model.md.
#ifndef SIM_REPLAY_REPLAY_H
#define SIM_REPLAY_REPLAY_H

#include "sim/arrivals/sources.h"
#include "sim/base/event_heap.h"
#include "sim/replay/observer.h"
#include "sim/replay/request_pool.h"
#include "sim/replay/run.h"
#include "sim/scenario/control.h"

// What can happen next; the order is that within one instant.
enum replay_event {
    REPLAY_COMPLETION,
    REPLAY_TIMER,
    REPLAY_OPERATION,
    REPLAY_ARRIVAL,
    REPLAY_NOTHING,
};

// Told of each request that leaves the throttle.
typedef void replay_tap(void *context, const struct sim_request *request);

struct replay {
    const struct scenario *scenario;
    struct control control;
    struct sources *sources;
    struct observer observer;
    struct request_pool pool;
    struct event_heap completions;  // of requests at the device
    struct sim_request *dispatched; // by the last call of the engine, in order
    struct sim_request **dispatched_end;
    size_t next_event; // index of the next operation
    uint64_t next_seq;
    uint64_t digest;         // over all dispatches, in order
    uint64_t never_complete; // requests whose service time is not known
    unsigned idle_fires;     // timers since something else happened or a request left
    bool nothing_left;       // to happen: what waits now never leaves
    int64_t now_ns;
    replay_tap *tap; // may be set once it is open; NULL: none
    void *tap_context;
    struct sim_error *error;
};

// False with the error filled; replay_close is needed in any case.
bool replay_open(struct replay *replay, const struct scenario *scenario, struct sim_error *error);

// What lets the recorder look at bucket levels.
void replay_gauge(struct replay *replay, report_gauge **gauge, void **context);

// Tells the recorder how things stand at time 0. False with the error filled.
bool replay_start(struct replay *replay, struct report_recorder *recorder);

enum replay_step {
    REPLAY_FAILED,   // the error says why
    REPLAY_FINISHED, // nothing is left to happen, or the scenario's end is reached
    REPLAY_MORE,
};

// What a recorded operation is for the engine.
enum engine_op replay_op(enum trace_op op);

// What replay_next would do, and when.
enum replay_event replay_peek(const struct replay *replay, int64_t *time_ns);

// Does the next thing.
enum replay_step replay_next(struct replay *replay);

// The run is over: what has not completed is told to the recorder, and the traces' oddities.
void replay_finish(struct replay *replay);

void replay_close(struct replay *replay);

#endif
