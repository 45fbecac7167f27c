// SPDX-License-Identifier: GPL-2.0-or-later
// Why the request at the head of a FIFO waits, taken down as it happens: afterwards nobody knows.
//
// A FIFO has one struct head_wait. Everything behind the head waits for the queue; the head for a
// limit or its turn, and from a timer's deadline on for the timer. Only the head's wait has parts,
// so they are kept here and not in the requests: in a long FIFO these are far from any cache.
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

#include "engine/leaky_bucket.h"

#include <string.h>

struct head_wait {
    int cause;
    int64_t since_ns;              // the wait before this is in the parts already
    int64_t deadline_ns;           // of the head's timer; ENGINE_NEVER: it has none
    int64_t parts_ns[CAUSE_COUNT]; // without a head: anything
};

// The request has come to the head, or joined an empty FIFO. The cause stays what it is.
static inline void wait_becomes_head(struct head_wait *wait, const struct engine_request *request,
                                     int64_t now_ns)
{
    memset(wait->parts_ns, 0, sizeof wait->parts_ns);
    wait->parts_ns[CAUSE_QUEUE] = now_ns - request->arrival_ns;
    wait->since_ns = now_ns;
}

// The wait up to now goes into the parts.
static inline void wait_settle(struct head_wait *wait, int64_t now_ns)
{
    int64_t due_ns = wait->deadline_ns < now_ns ? wait->deadline_ns : now_ns;
    if (due_ns < wait->since_ns)
        due_ns = wait->since_ns;
    wait->parts_ns[wait->cause] += due_ns - wait->since_ns;
    wait->parts_ns[CAUSE_TIMER] += now_ns - due_ns;
    wait->since_ns = now_ns;
}

// From now on the head waits for this, until the deadline.
static inline void wait_for(struct head_wait *wait, int64_t now_ns, int cause, int64_t deadline_ns)
{
    wait_settle(wait, now_ns);
    wait->cause = cause;
    wait->deadline_ns = deadline_ns;
}

// The head leaves the FIFO for the next, if there is one; its parts go to wait_ns.
static inline void wait_leaves_head(struct head_wait *wait, const struct engine_request *next,
                                    int64_t now_ns, int64_t wait_ns[CAUSE_COUNT])
{
    wait_settle(wait, now_ns);
    memcpy(wait_ns, wait->parts_ns, sizeof wait->parts_ns);
    if (next != NULL)
        wait_becomes_head(wait, next, now_ns);
}

#endif
