// SPDX-License-Identifier: GPL-2.0-or-later
// The smallest limits of a scenario with which SLOs hold, and how far that answer holds.
// What it means: docs/tune.md.
#ifndef SIM_TUNE_TUNE_H
#define SIM_TUNE_TUNE_H

#include "reports/style.h"
#include "sim/tune/tuner.h"

#include <jansson.h>

#define TUNE_SEEDS_MAX 1000
#define TUNE_PARTS_MAX 1000

struct tune_options {
    char *const *addresses; // of the settings: "gold.iops-total"
    size_t address_count;   // at most TUNE_SETTINGS_MAX
    uint32_t seeds;         // to be tried besides, with the answer
    int64_t split_ns;       // parts of the recordings to be tried besides; 0: none
};

struct tuning {
    struct tuner tuner;
    struct tune_problem problem;
    struct tune_result result;
    bool has_demand[TUNE_SETTINGS_MAX]; // is it known
    double demand[TUNE_SETTINGS_MAX];   // what is asked for on average, in the setting's unit
    uint8_t extra_setting[POINT_FIGURES_MAX - TUNER_SLOS_MAX]; // whose demand is counted there
    struct tuner_extra *seeds;                                 // with the answer
    size_t seed_count;
    struct tuner_extra *parts;
    size_t part_count;
    int64_t split_ns;
    int64_t run_id; // of the answer, stored; 0: it is not
};

// The tuner's points, jobs, watch and slos are filled. False with the error filled; tuning_free is
// needed in any case.
bool tune(struct tuning *tuning, const struct tune_options *options, struct sim_error *error);
void tuning_free(struct tuning *tuning);

// The limits of an owner with these values, as a line: those of the scenario too.
bool tune_limits_line(struct tuning *tuning, size_t setting, const int64_t *values, char *text,
                      size_t size);

// False: no memory.
bool tune_print(struct tuning *tuning, const struct report_style *style);
json_t *tune_json(struct tuning *tuning); // NULL: no memory

#endif
