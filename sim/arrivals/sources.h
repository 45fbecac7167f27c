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

typedef void sources_notice(void *context, const struct trace_notice *notice);

// What was odd or missing in the traces; complete once all is taken.
void sources_notices(const struct sources *sources, sources_notice *notice, void *context);

// Bytes of all files, read so far and in all.
void sources_progress(const struct sources *sources, uint64_t *consumed, uint64_t *total);

#endif
