// SPDX-License-Identifier: GPL-2.0-or-later
// The virtual clock: arrivals, the engine, operations and the device, in the order of the model.
//
// Within one instant: completions, then timers, then operations as listed, then arrivals; after
// each single operation or arrival whatever it makes due comes first again. Memory grows with the
// requests in flight only. Source: docs/model.md.
#ifndef SIM_REPLAY_REPLAY_H
#define SIM_REPLAY_REPLAY_H

#include "sim/arrivals/senders.h"
#include "sim/base/progress.h"
#include "sim/replay/changes.h"
#include "sim/replay/devices/device.h"
#include "sim/replay/digest.h"
#include "sim/replay/observer.h"
#include "sim/replay/stalls.h"

// What can happen next; the order is that within one instant.
enum replay_event {
    REPLAY_COMPLETION,
    REPLAY_TIMER,
    REPLAY_OPERATION,
    REPLAY_ARRIVAL,
    REPLAY_NOTHING,
};

struct replay {
    const struct scenario *scenario;
    const struct replay_observer *observer;
    void *context; // the observer's
    struct control control;
    struct senders senders; // the scenario's traces; closed: the arrivals are the caller's
    struct arrivals *arrivals;
    struct changes changes;
    struct request_pool own_pool;
    struct request_pool *pool; // that one, unless it is the caller's
    struct devices devices;
    struct engine_request *dispatched; // by the last call of the engine, in order
    struct engine_request **dispatched_end;
    size_t next_event; // index of the next operation
    uint64_t next_seq;
    struct digest digest;
    struct stalls stalls;
    uint64_t never_complete; // requests that the device never ends
    unsigned idle_fires;     // timers since something else happened or a request left
    bool nothing_left;       // to happen: what waits now never leaves
    int64_t now_ns;
    struct sim_error *error;
};

// Where a replay's requests come from and where they live, if not as usual.
struct replay_supply {
    struct arrivals *arrivals;  // not the scenario's traces, which are not opened
    struct request_pool *pool;  // for several replays; what is in flight at the end stays in it
    const struct senders *kept; // the scenario's traces, read before, see senders_keep
    bool has_thread;            // else they may be read ahead in a thread of its own
    const struct progress_watch *watch; // of what is read before the replay; may be NULL
};

// supply may be NULL. False with the error filled; replay_close is needed in any case.
bool replay_open(struct replay *replay, const struct scenario *scenario,
                 const struct replay_supply *supply, struct sim_error *error);
void replay_close(struct replay *replay);

// From now on the observer listens; it is told how things stand at time 0. To be called once,
// before anything happens. False with the error filled.
bool replay_start(struct replay *replay, const struct replay_observer *observer, void *context);

enum replay_step {
    REPLAY_FAILED,   // the error says why, or the observer knows
    REPLAY_FINISHED, // nothing is left to happen, or the scenario's end is reached
    REPLAY_STOPPED,  // it was to stop
    REPLAY_MORE,
};

// What replay_next would do, and when.
enum replay_event replay_peek(const struct replay *replay, int64_t *time_ns);

// Does the next thing.
enum replay_step replay_next(struct replay *replay);

// Does all there is, as long as it is not to stop. Never REPLAY_MORE.
enum replay_step replay_all(struct replay *replay, const struct progress_watch *watch);

// Does the throttle count a request of this member and kind, as things stand?
static inline bool replay_throttles(const struct replay *replay, uint32_t member, enum engine_op op)
{
    return changes_throttles(&replay->changes, member, op);
}

// A request has arrived, of a scenario in which members have several throttles.
void replay_enter(const struct replay *replay, struct sim_request *request);

// What a recorded operation is for the engine.
enum engine_op replay_op(enum trace_op op);

// How far it has come.
void replay_progress(const struct replay *replay, struct progress_state *state);

typedef void replay_notice(void *context, const struct trace_notice *notice);

// Of a replay that is over: the traces' oddities, what was left out, what never left.
void replay_notices(const struct replay *replay, replay_notice *notice, void *context);

#endif
