// SPDX-License-Identifier: GPL-2.0-or-later
// A run beside what was accepted, request by request, while it goes on.
//
// The first request that was decided differently is the one with the earliest time at which the two
// disagree: the earlier of the times at which it left here and there; of several the one that
// arrived first. What differs later may follow from it. Memory: twice that of the accepted
// decisions.
#ifndef SIM_CHECK_DEVIATION_H
#define SIM_CHECK_DEVIATION_H

#include "sim/check/accepted.h"
#include "sim/replay/replay.h"
#include "sim/scenario/scenario.h"

#include <jansson.h>

struct deviation_request {
    uint64_t seq;
    uint32_t member;
    const char *op;
    uint64_t bytes;
    int64_t arrival_ns;
    int64_t leaves_ns;   // or ACCEPTED_NEVER
    int64_t accepted_ns; // the same
};

struct deviation {
    const struct accepted *accepted;
    struct accepted_decision *by_seq; // the accepted decisions
    size_t cursor; // behind the last that a request without a wait was looked for
    size_t left;   // of those that waited
    uint64_t different;
    struct deviation_request first;          // if any is different
    bool in_other_order;                     // requests that waited
    struct deviation_request first_in_order; // the first that left in the accepted one's place
    uint64_t accepted_seq;                   // which is this
};

// False: out of memory. deviation_close is needed in any case.
bool deviation_open(struct deviation *deviation, const struct accepted *accepted);
void deviation_close(struct deviation *deviation);

// To be called with every request that leaves, in that order, and at the end with those that have
// not.
void deviation_note(struct deviation *deviation, const struct report_request *request);

// Is all of it as it was accepted? `found` is what the run gave.
bool deviation_is_none(const struct deviation *deviation, const struct accepted *found);

// In what a run differs from what was accepted: for people, and as JSON.

// Lines that are indented, each with what was found and what was accepted.
void deviation_print(const struct deviation *deviation, const struct accepted *found,
                     const struct scenario *scenario, FILE *out);

// Adds to an object: engine, digest, requests, different_requests, first_difference, numbers.
void deviation_json(const struct deviation *deviation, const struct accepted *found,
                    const struct scenario *scenario, json_t *object);

// Runs a scenario for what there is to accept of it.

// To stop: it fails, "interrupted". deviation: is told of every request; may be NULL. *found is to
// be freed in any case. Its memory is bounded: of more requests that wait than
// ACCEPTED_DECISIONS_MAX none is kept.
bool collect_run(const struct scenario *scenario, const struct progress_watch *watch,
                 struct deviation *deviation, struct accepted *found, struct sim_error *error);

#endif
