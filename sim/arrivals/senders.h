// SPDX-License-Identifier: GPL-2.0-or-later
// What sends a scenario's requests: its traces, and, where their arrivals answer, a first reading
// of them that tells who waits for whom. Source: docs/model.md.
#ifndef SIM_ARRIVALS_SENDERS_H
#define SIM_ARRIVALS_SENDERS_H

#include "sim/arrivals/dependent.h"
#include "sim/arrivals/sources.h"
#include "sim/base/progress.h"

#define SENDERS_LEARN_SHARE 0.4 // of the time of a replay: the first reading

// All zero is closed.
struct senders {
    const struct scenario *scenario;
    struct sources *sources;
    enum scenario_arrivals *usual; // by source: how its requests come if nobody asks for anything
    bool answers;        // some of its arrivals do; otherwise they are the sources'
    const char *unknown; // the first that the user speaks of and is not there, and how many
    uint64_t unknown_count;
    struct streams streams;
    struct services services;
    struct dependent *dependent;
};

// Opens all traces, and reads them once before if that is needed. watch: may be NULL. False with
// the error filled; senders_close is needed in any case.
bool senders_open(struct senders *senders, const struct scenario *scenario,
                  const struct progress_watch *watch, struct sim_error *error);
void senders_close(struct senders *senders);

struct arrivals *senders_arrivals(const struct senders *senders);

// What was odd or missing in the traces and what is a guess; complete once all is taken.
void senders_notices(const struct senders *senders, sources_notice *notice, void *context);

#endif
