// SPDX-License-Identifier: GPL-2.0-or-later
// Where the requests of a replay come from.
//
// The replay takes the next arrival when nothing else comes before it, and tells what completed:
// arrivals that answer, as a guest does, go on from there. Recorded ones do not listen.
#ifndef SIM_ARRIVALS_ARRIVALS_H
#define SIM_ARRIVALS_ARRIVALS_H

#include "sim/arrivals/request_pool.h"
#include "sim/base/error.h"
#include "traces/trace.h"

// Who submitted a request: see streams.h.
struct stream_who {
    uint32_t stream, group;
};

struct arrival {
    int64_t time_ns;
    struct trace_request request; // as recorded
    bool is_guessed;              // its latency is none of the recording's
    uint32_t member;
    uint32_t source;       // the trace that it comes from, for sources_stream_name
    uint64_t number;       // in the order of the recording, from 0
    struct stream_who who; // where any of them answer
    void *origin;          // whose of the arrivals it is: the request's; NULL if they do not listen
};

// To be the first field of what gives arrivals.
struct arrivals {
    const struct arrival *next; // not before the one before it; NULL: none, for now or for ever
    // Before anything happens after unread_ns, read_on must be called: what has not been read comes
    // no earlier than that. NULL: `next` is always known.
    int64_t unread_ns;
    bool (*read_on)(struct arrivals *arrivals, struct sim_error *error); // changes both
    // Goes on behind `next`, which there is. False with the error filled.
    bool (*advance)(struct arrivals *arrivals, struct sim_error *error);
    // A request has completed; may change `next`, to none before now_ns. NULL: it does not matter.
    void (*completed)(struct arrivals *arrivals, const struct sim_request *request, int64_t now_ns);
};

// INT64_MAX: none.
static inline int64_t arrivals_next_ns(const struct arrivals *arrivals)
{
    return arrivals->next == NULL ? INT64_MAX : arrivals->next->time_ns;
}

#endif
