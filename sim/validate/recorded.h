// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's arrivals in memory, so that they can be replayed often, each a little earlier or
// later. About 80 bytes a request.
#ifndef SIM_VALIDATE_RECORDED_H
#define SIM_VALIDATE_RECORDED_H

#include "sim/arrivals/sources.h"
#include "sim/base/progress.h"

#define RECORDED_MAX ((size_t)100 * 1000 * 1000) // requests: 8 GB

struct recorded {
    struct arrival *items; // in order
    size_t count;
    int64_t end_ns;     // of the last arrival or completion
    uint64_t no_member; // requests of volumes that no member has
    size_t queued;      // volumes whose arrivals are Q events
};

// Reads all of them; what was odd is told. False with the error filled; recorded_free is needed in
// any case.
bool recorded_read(struct recorded *recorded, const struct scenario *scenario,
                   const struct progress_watch *watch, sources_notice *notice, void *context,
                   struct sim_error *error);
void recorded_free(struct recorded *recorded);

struct recorded_place {
    int64_t time_ns;
    size_t number;
};

// A replay of them.
struct recorded_arrivals {
    struct arrivals arrivals; // first: they lead back to it
    const struct recorded *recorded;
    struct recorded_place *places; // NULL: as recorded
    size_t next;
    struct arrival arrival;
};

// With jitter each arrives up to so much earlier or later, but those of a member stay in their
// order. False: out of memory; recorded_close is needed in any case.
bool recorded_open(struct recorded_arrivals *arrivals, const struct recorded *recorded,
                   size_t member_count, int64_t jitter_ns, uint64_t seed);
void recorded_close(struct recorded_arrivals *arrivals);

#endif
