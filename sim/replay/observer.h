// SPDX-License-Identifier: GPL-2.0-or-later
// Tells the recorder what control operations changed: who is in which group, and the groups'
// limits.
#ifndef SIM_REPLAY_OBSERVER_H
#define SIM_REPLAY_OBSERVER_H

#include "reports/recorder.h"
#include "sim/scenario/control.h"

struct observer {
    const struct control *control;
    struct report_recorder *recorder;
    uint32_t *member_nodes;                // by member, as last told
    uint8_t *throttled_ops;                // by member: bit OP of those that its throttle counts
    struct engine_parameters *node_limits; // by node, as last told
    uint32_t node_count;
};

// False: out of memory; observer_close is needed in any case.
bool observer_open(struct observer *observer, const struct control *control);
void observer_close(struct observer *observer);

// Does the throttle count a request of this member and kind?
static inline bool observer_throttles(const struct observer *observer, uint32_t member,
                                      enum engine_op op)
{
    return observer->throttled_ops[member] >> op & 1;
}

// Tells how all stands. False: out of memory.
bool observer_look(struct observer *observer, int64_t now_ns);

// Tells what changed with an operation on this member and node; either can be ENGINE_NONE.
bool observer_follow(struct observer *observer, int64_t now_ns, uint32_t member, uint32_t node);

#endif
