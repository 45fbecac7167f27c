// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the search share.
#ifndef SIM_TUNE_SMALLEST_INTERNAL_H
#define SIM_TUNE_SMALLEST_INTERNAL_H

#include "sim/tune/smallest.h"

struct search {
    const struct tune_problem *problem;
    struct tune_result *result;
    size_t budget; // trials that are allowed now
    bool is_over;  // try_all said so
};

// A setting that moves while the others stay.
struct line {
    struct search *search;
    int64_t values[TUNE_SETTINGS_MAX];
    size_t axis;
    int64_t bottom, top; // steps that are valid
};

// False: none of it is valid.
bool line_open(struct line *line, struct search *search, const int64_t *values, size_t axis);

// Tries these steps, at once, those that are known but once; others than bottom to top are left
// out.
void line_try(struct line *line, const int64_t *steps, size_t count);
bool line_holds(const struct line *line, int64_t step); // false too if it was not tried
bool line_is_tried(const struct line *line, int64_t step);
double line_excess(const struct line *line, int64_t step);

// low fails or lies below the bottom, high holds: moves both towards each other until there is
// nothing between, or they are within this share of each other, or the budget is used up.
void line_narrow(struct line *line, int64_t *low, int64_t *high, double share);

// The step nearest to the factor times that of this step, in the line.
int64_t line_scaled(const struct line *line, int64_t step, double factor);

// Tries values, each once. Those that do not go together fail.
void search_try(struct search *search, int64_t (*values)[TUNE_SETTINGS_MAX], size_t count);
bool search_holds(const struct search *search, const int64_t *values);
bool search_is_valid(const struct search *search, const int64_t *values);

void search_one(struct search *search);
void search_many(struct search *search);

#endif
