// SPDX-License-Identifier: GPL-2.0-or-later
// What is tried in a search: a point of a scenario, run, and held against SLOs.
#ifndef SIM_TUNE_TUNER_H
#define SIM_TUNE_TUNER_H

#include "sim/base/units.h"
#include "sim/compare/slo.h"
#include "sim/points/points.h"
#include "sim/tune/smallest.h"

#define TUNER_SLOS_MAX 32
#define TUNER_FIXED_MAX 3

// A limit that is looked for.
struct tune_setting {
    char address[256]; // "gold.iops-total"
    const char *owner; // "gold"; of so many characters
    size_t owner_length;
    const char *key;                    // "iops-total": in the address
    const struct engine_parameter *row; // of the scenario's engine
};

// What came of a trial.
struct tuner_run {
    double values[TUNER_SLOS_MAX]; // of the SLOs
    double extra[POINT_FIGURES_MAX - TUNER_SLOS_MAX];
    uint64_t digest;
    int64_t end_ns;
};

// All zero is empty.
struct tuner {
    struct scenario *scenario;
    struct points *points; // of it
    unsigned jobs;
    const struct progress_watch *watch;
    struct compare_condition slos[TUNER_SLOS_MAX]; // at least one
    size_t slo_count;
    struct report_figure extras[POINT_FIGURES_MAX - TUNER_SLOS_MAX]; // to be known besides
    size_t extra_count;
    struct tune_setting settings[TUNE_SETTINGS_MAX];
    size_t setting_count;
    struct scenario_value fixed[TUNER_FIXED_MAX]; // go before the settings
    size_t fixed_count;
    struct tune_result *result;            // of the search: the trials
    struct tuner_run runs[TUNE_RUNS_MANY]; // of the trials, in their order
    struct sim_error *error;               // what a run says
    double done, total;                    // for the progress: runs
};

// What --slo says, of which there is an example. False with a usage error; tuner_close is needed in
// any case.
bool tuner_read_slos(struct tuner *tuner, const char *const *texts, size_t count,
                     const char *example, struct sim_error *error);
// Its points, see points_open; the scenario, NULL with the error filled, is the tuner's from then
// on.
bool tuner_open(struct tuner *tuner, struct scenario *scenario, const char *path,
                const struct scenario_settings *settings, const struct progress_watch *watch,
                struct sim_error *error);
void tuner_close(struct tuner *tuner);

#define TUNER_TEXT_MAX 64

// "467", "35.4MB", "5": as people write it, and limits are read.
const char *tuner_value_text(const struct tune_setting *setting, int64_t value,
                             char text[TUNER_TEXT_MAX]);

// "iops-total=467,iops-total-max=900": those of an owner, or, NULL, all. The owner's length counts.
void tuner_limits_text(const struct tuner *tuner, const struct tune_setting *owner,
                       const int64_t *values, char *text, size_t size);

// A limit of the scenario, by its address. False with a usage error.
bool tuner_set(struct tune_setting *setting, const struct points *points, const char *address,
               struct sim_error *error);

// Its texts are its own.
void tuner_copy_setting(struct tune_setting *to, const struct tune_setting *from);

// Are there such members? False with a usage error.
bool tuner_check_slos(const struct tuner *tuner, struct sim_error *error);

// The scenario with these values. NULL with the tuner's error filled.
struct scenario *tuner_scenario(const struct tuner *tuner, const int64_t *values);

// The search's functions; the context is the tuner.
bool tuner_is_valid(void *tuner, const int64_t *values);
bool tuner_try_all(void *tuner, struct tune_trial *trials, size_t count);

// A point besides: these values, and others.
struct tuner_extra {
    struct scenario_value *values; // go before the settings; NULL: none
    size_t count;
    uint32_t seed;
    struct tuner_run run;
    bool holds;
    bool is_empty; // no request that any SLO is about
};

bool tuner_run_extras(struct tuner *tuner, const int64_t *values, struct tuner_extra *extras,
                      size_t count);

// Runs the values into the database. The run's number, or 0 with the error filled.
int64_t tuner_keep(struct tuner *tuner, const int64_t *values, struct report_database *database,
                   bool log_requests, struct sim_error *error);

#endif
