// SPDX-License-Identifier: GPL-2.0-or-later
// Why the request at the head of a FIFO waits, taken down as it happens: afterwards nobody knows.
//
// A FIFO has one struct head_wait. Everything behind the head waits for the queue; the head for a
// limit or its turn, and from a timer's deadline on for the timer.
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

#include "engine/engine.h"

#include <string.h>

struct head_wait {
    enum engine_cause cause;
    int64_t since_ns;    // the wait before this is in the request already
    int64_t deadline_ns; // of the head's timer; ENGINE_NEVER: it has none
};

// The request has come to the head, or joined an empty FIFO. The cause stays what it is. Nothing is
// taken down before: in a long FIFO a request that has just joined is far from any cache when its
// turn comes.
static inline void wait_becomes_head(struct head_wait *wait, struct engine_request *request,
                                     int64_t now_ns)
{
    memset(request->wait_ns, 0, sizeof request->wait_ns);
    request->wait_ns[ENGINE_CAUSE_QUEUE] = now_ns - request->arrival_ns;
    wait->since_ns = now_ns;
}

// The head's wait up to now goes into the request. NULL: there is none.
static inline void wait_settle(struct head_wait *wait, struct engine_request *head, int64_t now_ns)
{
    if (head != NULL) {
        int64_t due_ns = wait->deadline_ns < now_ns ? wait->deadline_ns : now_ns;
        if (due_ns < wait->since_ns)
            due_ns = wait->since_ns;
        head->wait_ns[wait->cause] += due_ns - wait->since_ns;
        head->wait_ns[ENGINE_CAUSE_TIMER] += now_ns - due_ns;
    }
    wait->since_ns = now_ns;
}

// From now on the head waits for this, until the deadline.
static inline void wait_for(struct head_wait *wait, struct engine_request *head, int64_t now_ns,
                            enum engine_cause cause, int64_t deadline_ns)
{
    wait_settle(wait, head, now_ns);
    wait->cause = cause;
    wait->deadline_ns = deadline_ns;
}

#endif
