// SPDX-License-Identifier: GPL-2.0-or-later
// What sends a scenario's requests: its traces, and, where their arrivals answer, a first reading
// of them that tells who waits for whom. Source: docs/model.md.
#ifndef SIM_ARRIVALS_SENDERS_H
#define SIM_ARRIVALS_SENDERS_H

#include "sim/arrivals/ahead.h"
#include "sim/arrivals/dependent.h"
#include "sim/arrivals/sources.h"
#include "sim/arrivals/tape.h"
#include "sim/base/progress.h"

#define SENDERS_LEARN_SHARE 0.4 // of the time of a replay: the first reading

// All zero is closed.
struct senders {
    const struct scenario *scenario;
    struct sources *sources;
    enum scenario_arrivals *usual; // by source: how its requests come if nobody asks for anything
    bool answers;                  // some of its arrivals do; otherwise they are the sources'
    const char *unknown; // the first that the user speaks of and is not there, and how many
    uint64_t unknown_count;
    struct streams streams;
    struct services services;
    struct ahead *ahead; // of the sources, if they are not taken as they are
    struct dependent *dependent;
    struct tape tape;             // of senders that are kept
    struct trace_notice *notices; // likewise: what their traces say of themselves
    size_t notice_count;
    const struct senders *kept; // those whose tape is played, and whose all but scenario, reader
                                // and dependent is
    struct tape_reader reader;
};

// Opens all traces, and reads them once before if that is needed. has_thread: what is in files is
// read ahead in a thread of its own; the arrivals are the same. watch: may be NULL. False with the
// error filled; senders_close is needed in any case.
bool senders_open(struct senders *senders, const struct scenario *scenario, bool has_thread,
                  const struct progress_watch *watch, struct sim_error *error);
// No more arrivals are taken: what the traces say of themselves may be asked for.
void senders_stop(const struct senders *senders);
void senders_close(struct senders *senders);

// Reads all traces into a tape, once, for any number of replays at the same time, and learns what
// there is to learn for arrivals that answer. The scenario must stay. What it says of traces, and
// of whose they are, the replays' scenarios must say too: senders_write_inputs. Where arrivals do
// not answer, what comes after the end of the scenario is not read. As senders_open otherwise.
bool senders_keep(struct senders *senders, const struct scenario *scenario,
                  const struct progress_watch *watch, struct sim_error *error);

// The same arrivals as those of senders_open, from senders that were kept and stay.
bool senders_play(struct senders *senders, const struct scenario *scenario,
                  const struct senders *kept, struct sim_error *error);

struct arrivals *senders_arrivals(struct senders *senders);

// How much has been read, as struct progress_state has it.
double senders_share(const struct senders *senders);

// What was odd or missing in the traces and what is a guess; complete once all is taken.
void senders_notices(const struct senders *senders, sources_notice *notice, void *context);

#endif
