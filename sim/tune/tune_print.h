// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that print an answer share.
#ifndef SIM_TUNE_TUNE_PRINT_H
#define SIM_TUNE_TUNE_PRINT_H

#include "reports/grid.h"
#include "sim/tune/tune.h"

#define TUNE_LINE_MAX 1024 // bytes

struct tune_printer {
    struct tuning *tuning;
    const struct report_style *style;
};

// A value of what the SLO is about, as cells have it.
enum grid_kind tune_kind(const struct compare_condition *slo);
const char *tune_slo_value(const struct compare_condition *slo, double value,
                           char text[GRID_NUMBER_MAX]);

// "db.read.p99 < 20ms (19 ms), ...": those that hold of the run, or do not; run NULL: all.
// How many.
size_t tune_list_slos(const struct tuner *tuner, const struct tuner_run *run, bool holds,
                      char *text, size_t size);

// "iops-total=300,iops-total-max=900"
const char *tune_values(const struct tuning *tuning, const int64_t *values,
                        char text[TUNE_LINE_MAX]);
const struct tune_trial *tune_answer(const struct tuning *tuning);

// Sentences on how far the answer holds.
void tune_say_how_far(const struct tune_printer *printer);

#endif
