// SPDX-License-Identifier: GPL-2.0-or-later
// The arrivals of a whole scenario: its traces, merged, each request given to its member and put on
// the scenario's clock.
//
// Recorded formats count from the earliest record of all traces; the native CSV's times are taken
// as they are. Equal times: in the order of the members, the common traces last, each in its own
// order.
#ifndef SIM_ARRIVALS_SOURCES_H
#define SIM_ARRIVALS_SOURCES_H

#include "sim/arrivals/arrivals.h"
#include "sim/scenario/scenario.h"

struct sources;

// Opens all traces. NULL with the error filled.
struct sources *sources_open(const struct scenario *scenario, struct sim_error *error);
void sources_close(struct sources *sources); // NULL is allowed

// Their arrivals, which are the sources'. To advance fails where a trace is broken.
struct arrivals *sources_arrivals(struct sources *sources);

size_t sources_count(const struct sources *sources);
const struct scenario_trace *sources_config(const struct sources *sources, uint32_t source);

// Can this one of their traces have requests of the member?
bool sources_may_have(const struct sources *sources, uint32_t source, uint32_t member);

// Does it tell who submitted its requests?
bool sources_tell_streams(const struct sources *sources, uint32_t source);

// Name of the thread that submitted one of their arrivals; "": not known.
const char *sources_stream_name(const struct sources *sources, const struct arrival *arrival);

// Streams of its trace whose flushes it ends, besides its own, see trace_stream_set.
const uint32_t *sources_also(const struct sources *sources, const struct arrival *arrival,
                             size_t *count);

typedef void sources_notice(void *context, const struct trace_notice *notice);

// What was odd or missing in the traces; complete once all is taken.
void sources_notices(const struct sources *sources, sources_notice *notice, void *context);

// Which part of the traces takes part; complete once all is taken.
struct sources_taken {
    size_t traces;
    const struct cut *cut; // of the first
    bool is_one_time;      // the others have the same start and duration
    bool is_one_speed;
    uint64_t filtered;  // requests of other volumes or operations than those of the cuts
    uint64_t no_member; // requests of volumes that no member has
};
void sources_taken(const struct sources *sources, struct sources_taken *taken);

// Adds how many volumes have which arrivals, see trace_count_arrivals; complete once all is taken.
void sources_count_arrivals(const struct sources *sources, size_t volumes[TRACE_ARRIVAL_AUTO + 1]);

// How much of the traces has been read, as struct progress_state has it.
double sources_share(const struct sources *sources);

#endif
