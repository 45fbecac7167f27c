// SPDX-License-Identifier: GPL-2.0-or-later
// From the events of a block trace to requests with their latencies, in order of arrival.
// The rules and their limits: docs/traces.md. pair.c has what makes and cuts requests, complete.c
// what ends them.
#ifndef TRACES_BLKTRACE_BLKTRACE_PAIR_H
#define TRACES_BLKTRACE_BLKTRACE_PAIR_H

#include "traces/blktrace/blktrace_record.h"
#include "traces/blktrace/fragments.h"
#include "traces/blktrace/window.h"
#include "traces/notices.h"

struct blktrace_pairing {
    enum trace_arrival arrival;
    unsigned actions; // bit n: records of action n matter, besides gaps and passthrough
    bool continues;   // some fragment has been marked as continued
    bool lossy;       // whole CPUs are missing: completions of any request may be
    bool ended;       // no more events will come
    uint64_t suspect; // requests below this number arrived before records went missing
    struct blktrace_window window;
    struct blktrace_fragments fragments;
    uint64_t requests;
    uint64_t no_completion;
    uint64_t no_arrival;
    uint64_t passthrough;
    uint64_t zero_bytes;
    uint64_t bad_splits;
};

void blktrace_pairing_init(struct blktrace_pairing *pairing, enum trace_arrival arrival,
                           bool lossy);

void blktrace_pairing_free(struct blktrace_pairing *pairing);

// The next event in order of time, once blktrace_pairing_take has nothing to give. False: out of
// memory.
bool blktrace_pairing_event(struct blktrace_pairing *pairing, const struct blktrace_record *record,
                            uint32_t volume);

// Requests still waiting for their completion get TRACE_LATENCY_UNKNOWN.
void blktrace_pairing_end(struct blktrace_pairing *pairing);

// The oldest request, if it is known what became of it.
bool blktrace_pairing_take(struct blktrace_pairing *pairing, struct trace_request *request);

// Used by pair.c only: a completion, and giving up on a request, whose completion is then
// not waited for any longer. False: out of memory.
bool blktrace_pairing_complete(struct blktrace_pairing *pairing,
                               const struct blktrace_record *record, uint32_t volume);
void blktrace_pairing_abandon(struct blktrace_pairing *pairing, uint64_t number);

void blktrace_pairing_report(const struct blktrace_pairing *pairing, const char *source,
                             struct trace_notices *notices);

#endif
