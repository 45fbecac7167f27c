// SPDX-License-Identifier: GPL-2.0-or-later
// The process that describes a volume's arrivals best: estimates of every kind are tried with the
// generator, and the best are improved. docs/trace-fit.md explains the method.
#ifndef SIM_WORKLOAD_FIT_SEARCH_H
#define SIM_WORKLOAD_FIT_SEARCH_H

#include "sim/workload/fit/fit_record.h"
#include "sim/workload/fit/fit_work.h"
#include "traces/synth.h"

#include <stdbool.h>
#include <stddef.h>

// How well does a process describe the arrivals of a recording? It is tried: the generator makes
// arrivals of it, and they are counted as the recording's were.
//
//     score = distance + dispersion / 4 + parameters / 100
//
// distance: of the two distributions of gaps, Kolmogorov's and Smirnov's. dispersion: by how many
// powers of two the index of dispersion is wrong, on average over the windows from 1 ms up to an
// eighth of the recording, in which the weight of a window is n / (n + 30) when n of it have
// passed. parameters: how many were estimated; of two processes that do as well, the plainer one
// wins.

struct fit_score {
    double distance;
    double dispersion;
    double score; // the less, the better
};

// What is tried, for one volume of a recording.
struct fit_target {
    const struct fit_volume *volume;
    int64_t duration_ns;     // of the whole recording
    int64_t resolution_ns;   // of its clock, at least 1
    uint64_t trial_requests; // to be made in a trial
    struct fit_work *work;
};

struct fit_choice {
    struct synth_arrivals arrivals;
    struct fit_score score;
};

// The volume has at least one request. False with the error filled.
bool fit_arrivals(const struct fit_target *target, struct fit_choice *best,
                  struct sim_error *error);

// Hidden states behind counts: in each window the stream is in one of a few states, each with a
// rate of its own, and counts are Poisson. Estimated by Baum's and Welch's expectation and
// maximisation, with the restriction of SYNTH_MMPP: a state is followed by any of the others alike.

#define FIT_HIDDEN_STATES_MAX 4

struct fit_hidden {
    unsigned states;
    double mean[FIT_HIDDEN_STATES_MAX]; // count of a window
    double stay[FIT_HIDDEN_STATES_MAX]; // probability that the next window is in the same state
};

// counts[0 .. windows): at least as many as states. batch: how many requests come at once; counts
// then vary by so much more than Poisson's. False: out of memory.
bool fit_hidden_estimate(struct fit_hidden *hidden, unsigned states, const double *counts,
                         size_t windows, double batch);

// The search for a process: what has been tried, and what was best.

// Kinds of batches that are tried with every process: none, the clearest, the two best.
#define FIT_BATCHES_MAX 4
#define FIT_FORM_COUNT 10 // renewal, on-off, MMPP of 2, 3, 4 states; each without and with batches

struct fit_search {
    const struct fit_target *target;
    struct sim_error *error;
    struct fit_choice best[FIT_FORM_COUNT]; // score INFINITY: none
    double improved[FIT_FORM_COUNT];        // score up to which it was improved
    struct fit_batch {
        double mean;
        struct synth_draw gap_ns;
        int64_t threshold_ns; // gaps up to it are in a batch
        double score;         // of the best renewal process with it
    } batches[FIT_BATCHES_MAX];
    size_t batch_count;
};

// Tries a process, of which the rates are set to the recording's, and all numbers rounded, before.
// score may be NULL. False with the error filled.
bool fit_search_offer(struct fit_search *search, const struct synth_arrivals *arrivals,
                      double *score);

// The estimates of each process.
bool fit_search_renewal(struct fit_search *search); // fills batches
bool fit_search_on_off(struct fit_search *search);
bool fit_search_mmpp(struct fit_search *search);
// From the best of MMPP, by a state more.
bool fit_search_more_states(struct fit_search *search);

// Changes one number after the other as long as it helps.
bool fit_search_improve(struct fit_search *search, const struct fit_choice *choice);

// ---- What its requests are ----

// Fills the kinds and the latency: operations, sizes, places, latencies. How often places recur is
// estimated from the places alone; how much of a disk is touched depends on sizes, runs and
// overlaps, too. So the generator makes as many requests as were recorded, and all exponents of a
// volume are moved by one number until as many blocks are touched, within a few per cent, if that
// can be. False with the error filled.
bool fit_mix(const struct fit_volume *volume, struct synth_volume *spec, struct fit_work *work,
             struct sim_error *error);

#endif
