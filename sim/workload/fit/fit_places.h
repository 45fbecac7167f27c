// SPDX-License-Identifier: GPL-2.0-or-later
// Where the requests of one operation go.
#ifndef SIM_WORKLOAD_FIT_FIT_PLACES_H
#define SIM_WORKLOAD_FIT_FIT_PLACES_H

#include "sim/workload/info/blocks.h"
#include "traces/synth.h"

#define FIT_ALIGN_LEVELS 31 // powers of two up to 1 GiB

// All zero is empty, to be freed after use.
struct fit_places {
    uint64_t requests;
    uint64_t sequential;                // begin where the one before ended
    uint64_t end;                       // where the last one ended
    uint64_t lowest;                    // offset
    uint64_t highest;                   // end
    uint64_t aligned[FIT_ALIGN_LEVELS]; // not sequential: by the greatest power that divides them
    struct info_blocks different;       // offsets of those that are not sequential
};

// bound: of the set of different places. False: out of memory.
bool fit_places_add(struct fit_places *places, const struct trace_request *request, uint64_t bound);
void fit_places_free(struct fit_places *places);

// Fills sequential, place, zipf_exponent, first, span, align of the kind, whose sizes are known.
void fit_places_kind(const struct fit_places *places, struct synth_kind *kind);

// How many of so many places are asked for at least once by so many requests, on average, where
// rank r is asked for in proportion to r^-exponent.
double fit_places_touched(double places, double requests, double exponent);

#endif
