// SPDX-License-Identifier: GPL-2.0-or-later
// The search for a process: what has been tried, and what was best.
#ifndef SIM_WORKLOAD_FIT_SEARCH_H
#define SIM_WORKLOAD_FIT_SEARCH_H

#include "sim/workload/fit/fit_arrivals.h"

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

#endif
