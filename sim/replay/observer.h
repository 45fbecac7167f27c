// SPDX-License-Identifier: GPL-2.0-or-later
// Who listens to a replay: the recorder of a run, check, verify, the trials of trace info.
//
// An observer only looks: it must not call the engine. Calls come in order of time. Any function
// may be NULL.
#ifndef SIM_REPLAY_OBSERVER_H
#define SIM_REPLAY_OBSERVER_H

#include "sim/arrivals/request_pool.h"

// What was done, and what came of it.
struct replay_operation {
    const char *what;         // "leave vdc"
    const char *result;       // "done", or why not
    const char *effect;       // what it changed, in words, or ""
    uint32_t member;          // that it is about, or ENGINE_NONE
    uint32_t node;            // that it concerned, or ENGINE_NONE
    bool is_of_all;           // it drained every member
    uint64_t waiting;         // requests of them, or of the member, or else the node, before it
    uint64_t released;        // requests that it let go
    int64_t released_wait_ns; // how long these had waited, together
};

struct replay_observer {
    // Before anything else of the next thing that happens, and before the engine's state changes.
    // False: the replay fails, and the observer knows why.
    bool (*advance)(void *context, int64_t now_ns);

    // The moments of a request, in this order. Each arrives.
    request_visit *arrival;
    request_visit *dispatch; // it has left the throttle, at engine.dispatch_ns
    void (*complete)(void *context, const struct sim_request *request, int64_t now_ns);
    // In the instant of its dispatch, before it: why it waited, in ns by the engine's causes. Only
    // of one that waited. Of a member with several throttles for each of these, upwards.
    void (*waited)(void *context, const struct sim_request *request, const int64_t *wait_ns);

    // A request of a member with several throttles goes from one that counts it to the next one;
    // from or to ENGINE_NONE: it has just arrived; it is about to be dispatched.
    void (*passed)(void *context, const struct sim_request *request, int64_t now_ns, uint32_t from,
                   uint32_t to);

    // In the instant in which it leaves a throttle, before it: as how many operations it counts
    // there. Only if that is more than one.
    void (*counted)(void *context, const struct sim_request *request, int64_t now_ns,
                    double operations);

    // An operation of the scenario, after what it changed has been told.
    void (*operation)(void *context, int64_t now_ns, const struct replay_operation *operation);
    // A group that came up meanwhile; its node is the next one. The scenario's come first.
    void (*group)(void *context, const char *name);
    // From now on this throttle, of a member or below one (control.h), is at this node, or at none
    // (ENGINE_NONE). Also for time 0.
    void (*membership)(void *context, int64_t now_ns, uint32_t throttle, uint32_t node);
    // From now on this limit of the node has this value. Also for time 0, unless initial.
    void (*limit)(void *context, int64_t now_ns, uint32_t node, const char *key, int64_t value);
    // From now on a limit of the node lets this through; all are told when one has changed. rate 0:
    // it is gone.
    void (*facts)(void *context, int64_t now_ns, uint32_t node, const char *key, bool counts_bytes,
                  const struct engine_limit_facts *facts);
    // See engine_ran_out; key: of the limit, static.
    void (*ran_out)(void *context, int64_t now_ns, uint32_t node, const char *key,
                    int64_t refill_ns);
};

#endif
