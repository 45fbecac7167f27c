// SPDX-License-Identifier: GPL-2.0-or-later
// The smallest values of settings with which something holds, found with few trials.
//
// One setting: two trials between one that fails and one that holds leave a third of what lies
// between, until they stand side by side. Several: their product is to be small, one per cent less
// of one being worth one per cent more of another. GSL's simplex moves all but the first, of which
// the smallest value is looked for each time; at last none of them alone can be one step smaller.
//
// That more is never worse is not assumed: values around the answer, and far above it, are tried.
// Where one above fails, the answer is the smallest above all that fail. Where the largest value
// fails, a lattice is tried, and then GSL's minimiser of how far off it is.
//
// Which values are tried never depends on how many are tried at a time.
#ifndef SIM_TUNE_SMALLEST_H
#define SIM_TUNE_SMALLEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUNE_SETTINGS_MAX 3
#define TUNE_RUNS_ONE 60   // trials at most, of one setting
#define TUNE_RUNS_MANY 300 // of several
#define TUNE_BATCH_MAX 16  // at a time
#define TUNE_NO_TRIAL SIZE_MAX

// What a setting may be.
struct tune_axis {
    int64_t low, high; // 1 <= low <= high
    bool is_rounded;   // only numbers of three significant digits
};

struct tune_trial {
    int64_t values[TUNE_SETTINGS_MAX];
    bool holds;
    double excess; // 0 or less if it holds, else how far off; INFINITY: it cannot be told
};

struct tune_problem {
    struct tune_axis axes[TUNE_SETTINGS_MAX];
    size_t count;
    // Do the values go together? NULL: always.
    bool (*is_valid)(void *context, const int64_t *values);
    // Fills holds and excess of at most TUNE_BATCH_MAX. False: the search ends.
    bool (*try_all)(void *context, struct tune_trial *trials, size_t count);
    void *context;
};

struct tune_result {
    struct tune_trial trials[TUNE_RUNS_MANY]; // in order, no two alike
    size_t count;
    size_t top;         // all settings at their largest
    bool is_found;      // else the answer is the one that is least far off
    size_t answer;      // a trial
    bool is_exact;      // each setting one step smaller fails, or cannot be
    size_t holds_below; // a trial below the answer that holds, beneath one that fails
    size_t fails_above; // a trial above the answer that fails, the nearest
};

// False: try_all said so, or no values go together.
bool tune_smallest(const struct tune_problem *problem, struct tune_result *result);

// The trial of these values, or TUNE_NO_TRIAL.
size_t tune_find(const struct tune_problem *problem, const struct tune_result *result,
                 const int64_t *values);

// A value's step, and the value of a step: 1, 2, 3, ... The smallest that is not below it.
int64_t tune_step(const struct tune_axis *axis, int64_t value);
int64_t tune_value(const struct tune_axis *axis, int64_t step);

#endif
