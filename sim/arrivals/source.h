// SPDX-License-Identifier: GPL-2.0-or-later
// One trace of a scenario: which of its requests take part, whose they are, and when they arrive.
#ifndef SIM_ARRIVALS_SOURCE_H
#define SIM_ARRIVALS_SOURCE_H

#include "sim/arrivals/sources.h"
#include "sim/parts/cut.h"

#define SOURCE_SEVERAL (UINT32_MAX - 1) // owner of a trace that members share

struct source {
    const struct scenario_trace *config;
    const struct names *volumes; // of a shared trace, to members
    struct cut_stream *stream;
    uint32_t owner;    // the member whose trace it is, or SOURCE_SEVERAL
    uint32_t volume;   // an owned trace has only this one, known from the first request on
    uint32_t *members; // by volume, of a shared trace
    uint64_t *skipped; // by volume: requests of no member
    size_t volume_count;
    struct arrival next;
};

// Opens the stream. On failure nothing is left to close.
bool source_open(struct source *source, struct cut_stream *stream, const struct scenario *scenario,
                 const struct scenario_trace *config, uint32_t owner, const struct names *volumes,
                 struct sim_error *error);
void source_close(struct source *source);

// Of the stream's next request: has it a member? Then it becomes `next`.
bool source_accept(struct source *source, bool *accepted, struct sim_error *error);

void source_notices(const struct source *source, sources_notice *notice, void *context);

#endif
