// SPDX-License-Identifier: GPL-2.0-or-later
// One trace of a scenario: which of its requests take part, whose they are, and when they arrive.
#ifndef SIM_SOURCE_H
#define SIM_SOURCE_H

#include "sim/sources.h"

#define SOURCE_SEVERAL (UINT32_MAX - 1) // owner of the trace that members share

struct source {
    const struct scenario_trace *config;
    const struct names *volumes; // of a shared trace, to members
    struct trace *trace;
    uint32_t owner;  // the member whose trace it is, or SOURCE_SEVERAL
    uint32_t volume; // an owned trace has only this one, known from the first request on
    int64_t origin_ns;
    bool has_requests;
    uint32_t *members; // by volume, of a shared trace
    uint64_t *skipped; // by volume: requests of no member
    size_t volume_count;
    struct arrival next;
};

// On failure nothing is left to close.
bool source_open(struct source *source, const struct scenario *scenario,
                 const struct scenario_trace *config, uint32_t owner, const struct names *volumes,
                 struct sim_error *error);
void source_close(struct source *source);

// Reads up to the next request that takes part. *more: there is one. origin_ns must be set.
bool source_advance(struct source *source, bool *more, struct sim_error *error);

void source_notices(const struct source *source, sources_notice *notice, void *context);

#endif
