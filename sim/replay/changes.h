// SPDX-License-Identifier: GPL-2.0-or-later
// Tells the observer what control operations changed: who is in which group, and the groups'
// limits.
#ifndef SIM_REPLAY_CHANGES_H
#define SIM_REPLAY_CHANGES_H

#include "sim/replay/observer.h"
#include "sim/scenario/control.h"

struct changes {
    const struct control *control;
    const struct replay_observer *observer;
    void *context;                         // the observer's
    uint32_t *throttle_nodes;              // by throttle, as last told
    uint8_t *counted_ops;                  // by throttle: bit OP of those that it counts
    uint8_t *throttled_ops;                // by member: of those that any of its throttles counts
    struct engine_parameters *node_limits; // by node, as last told
    uint32_t node_count;
    char effect[512]; // of the last operation, in words
};

// False: out of memory; changes_close is needed in any case.
bool changes_open(struct changes *changes, const struct control *control);
void changes_close(struct changes *changes);

// Does any of its throttles count a request of this member and kind?
static inline bool changes_throttles(const struct changes *changes, uint32_t member,
                                     enum engine_op op)
{
    return changes->throttled_ops[member] >> op & 1;
}

// The next of a member's throttles, from this stage downwards, that counts such a request, or
// ENGINE_NONE.
uint32_t changes_next_throttle(const struct changes *changes, uint32_t member, uint32_t below,
                               enum engine_op op);

// Tells how all stands at time 0, and from then on the same observer. False: out of memory.
bool changes_start(struct changes *changes, const struct replay_observer *observer, void *context);

// Tells what changed with an operation, and then the operation. Filled are what, result, member,
// the node that the engine answered, and what was released. False: out of memory.
bool changes_follow(struct changes *changes, int64_t now_ns, struct replay_operation *operation);

#endif
