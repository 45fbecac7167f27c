// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fit/fit_work.h"

#include "sim/base/stop.h"

#include <math.h>

#define REQUESTS_PER_LOOK 4096
#define SHARE_MOST 0.99 // the total is a guess

// Trials of a volume, with improved numbers and without.
#define TRIALS_MANY 230.0
#define TRIALS_FEW 45.0
#define TRIAL_START_US 400.0
#define WINDOW_US 0.6    // of a window, for each state and one more
#define BIN_US (4 * 8.2) // of all searches for hidden states, with 4 kinds of batches

struct fit_work fit_work_begin(progress_tell *progress, void *context)
{
    return (struct fit_work){
        .progress = progress, .context = context, .trials = TRIALS_MANY, .volumes = 1};
}

bool fit_work_step(struct fit_work *work, double us, struct sim_error *error)
{
    if (stop_signal != 0)
        return sim_fail(error, SIM_FAILED, "interrupted");
    work->done += us;
    if (++work->requests % REQUESTS_PER_LOOK == 0 && work->progress != NULL) {
        double share = work->total > 0 ? work->done / work->total : PROGRESS_UNKNOWN;
        struct progress_state state = {fmin(share, SHARE_MOST), work->requests};
        work->progress(work->context, &state);
    }
    return true;
}

void fit_work_trial(struct fit_work *work)
{
    work->tried++;
    work->done += TRIAL_START_US;
}

void fit_work_hidden(struct fit_work *work, unsigned states, size_t windows)
{
    work->done += WINDOW_US * (states + 1) * (double)windows;
}

static double all_trials_us(const struct fit_work *work, const struct fit_volume *volume,
                            uint64_t trial_requests)
{
    bool is_short = volume->info.requests < FIT_IMPROVED_REQUESTS;
    return (is_short ? TRIALS_FEW : work->trials) *
           (TRIAL_START_US + FIT_TRIAL_US * (double)trial_requests);
}

static double hidden_us(const struct fit_volume *volume)
{
    return BIN_US * (double)volume->bins.count;
}

double fit_work_volume(const struct fit_work *work, const struct fit_volume *volume,
                       uint64_t trial_requests)
{
    return all_trials_us(work, volume, trial_requests) + hidden_us(volume);
}

void fit_work_stage(struct fit_work *work, size_t stage, const struct fit_volume *volume,
                    uint64_t trial_requests)
{
    // Of all trials, those behind the stage; hidden states are sought in the third.
    static const double left[FIT_STAGE_COUNT] = {0.94, 0.86, 0.67, 0.22, 0.1, 0};
    work->total = work->done + work->later +
                  left[stage] * all_trials_us(work, volume, trial_requests) +
                  (stage < 2 ? hidden_us(volume) : 0);
}

void fit_work_learn(struct fit_work *work, const struct fit_volume *volume)
{
    if (volume->info.requests >= FIT_IMPROVED_REQUESTS)
        work->trials += ((double)work->tried - work->trials) / ++work->volumes;
    work->tried = 0;
}
