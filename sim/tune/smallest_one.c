// SPDX-License-Identifier: GPL-2.0-or-later
// The smallest value of one setting.
#include "sim/tune/smallest_internal.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <math.h>

#define LATTICE 12        // values that are tried where the largest fails
#define MINIMISER_RUNS 14 // after that
#define CHASES 3          // how often the answer goes up since one above it fails

// The place between the bottom and the top, by ratio.
static int64_t lattice_at(const struct line *line, size_t i)
{
    const struct tune_axis *axis = &line->search->problem->axes[line->axis];
    double low = (double)tune_value(axis, line->bottom), high = (double)tune_value(axis, line->top);
    return line_scaled(line, line->bottom, pow(high / low, (double)(i + 1) / (LATTICE + 1)));
}

static double excess_of(double place, void *context)
{
    struct line *line = context;
    int64_t step = line_scaled(line, line->bottom, exp(place));
    line_try(line, &step, 1);
    // What is infinite is worse than anything, but a number.
    return fmin(line_excess(line, step), 1e300);
}

// Of the lattice, the best has worse ones on both sides: is there better between?
static void minimise(struct line *line, const double *places, const double *excess)
{
    gsl_function function = {.function = excess_of, .params = line};
    size_t budget = line->search->budget, limit = line->search->result->count + MINIMISER_RUNS;
    gsl_min_fminimizer *minimiser = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    line->search->budget = limit < budget ? limit : budget;
    if (minimiser != NULL &&
        gsl_min_fminimizer_set_with_values(minimiser, &function, places[1], excess[1], places[0],
                                           excess[0], places[2], excess[2]) == GSL_SUCCESS) {
        for (size_t i = 0; i < MINIMISER_RUNS && gsl_min_fminimizer_f_minimum(minimiser) > 0 &&
                           gsl_min_fminimizer_iterate(minimiser) == GSL_SUCCESS;
             i++)
            ;
    }
    gsl_min_fminimizer_free(minimiser);
    line->search->budget = budget;
}

// The largest step that holds, if any was tried: below the top; else -1.
static int64_t largest_that_holds(const struct line *line)
{
    const struct tune_axis *axis = &line->search->problem->axes[line->axis];
    const struct tune_result *result = line->search->result;
    int64_t found = -1;
    for (size_t i = 0; i < result->count; i++) {
        int64_t step = tune_step(axis, result->trials[i].values[line->axis]);
        if (result->trials[i].holds && step > found)
            found = step;
    }
    return found;
}

// The largest value fails. Does any hold? The largest such step, or -1.
static int64_t rescue(struct line *line)
{
    const struct tune_axis *axis = &line->search->problem->axes[line->axis];
    int64_t steps[LATTICE + 2] = {line->bottom}, best = 0;
    double places[LATTICE + 2], excess[LATTICE + 2];
    steps[LATTICE + 1] = line->top;
    for (size_t i = 0; i < LATTICE; i++)
        steps[i + 1] = lattice_at(line, i);
    line_try(line, steps, LATTICE + 2);
    for (int64_t i = 0; i < LATTICE + 2; i++) {
        places[i] =
            log((double)tune_value(axis, steps[i]) / (double)tune_value(axis, line->bottom));
        excess[i] = fmin(line_excess(line, steps[i]), 1e300);
        if (excess[i] < excess[best])
            best = i;
    }
    if (largest_that_holds(line) < 0 && best > 0 && best < LATTICE + 1)
        minimise(line, places + best - 1, excess + best - 1);
    return largest_that_holds(line);
}

// Of the steps that were tried: the nearest below this one that fails, else one below the bottom;
// the nearest from this one on that fails, and lies below the end, or the end.
static void failing_around(const struct line *line, int64_t step, int64_t *below, int64_t *above,
                           int64_t end)
{
    const struct tune_axis *axis = &line->search->problem->axes[line->axis];
    const struct tune_result *result = line->search->result;
    *below = line->bottom - 1;
    *above = end;
    for (size_t i = 0; i < result->count; i++) {
        int64_t tried = tune_step(axis, result->trials[i].values[line->axis]);
        if (result->trials[i].holds)
            continue;
        if (tried < step && tried > *below)
            *below = tried;
        if (tried > step && tried < *above)
            *above = tried;
    }
}

// Values around the edge, and between it and the end. The step above all that fail, or 0.
static int64_t check(struct line *line, int64_t edge, int64_t end)
{
    static const double below[] = {0.99, 0.97, 0.9, 0.75, 0.5};
    static const double above[] = {1.01, 1.03, 1.1, 1.25, 1.5, 2, 4};
    int64_t steps[TUNE_BATCH_MAX] = {edge - 1, edge + 1, edge + 2}, highest = 0;
    size_t count = 3;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        steps[count++] = line_scaled(line, edge, below[i]);
    for (size_t i = 0; i < sizeof above / sizeof *above; i++)
        steps[count++] = line_scaled(line, edge, above[i]);
    for (size_t i = 1; i < count; i++) {
        if (steps[i] > end)
            steps[i] = end;
    }
    line_try(line, steps, count);
    for (size_t i = 0; i < count; i++) {
        if (steps[i] > edge && steps[i] < end && line_is_tried(line, steps[i]) &&
            !line_holds(line, steps[i]) && steps[i] > highest)
            highest = steps[i];
    }
    return highest;
}

// The nearest step above this one that was tried and holds.
static int64_t holding_above(const struct line *line, int64_t step, int64_t end)
{
    const struct tune_axis *axis = &line->search->problem->axes[line->axis];
    const struct tune_result *result = line->search->result;
    int64_t found = end;
    for (size_t i = 0; i < result->count; i++) {
        int64_t tried = tune_step(axis, result->trials[i].values[line->axis]);
        if (result->trials[i].holds && tried > step && tried < found)
            found = tried;
    }
    return found;
}

void search_one(struct search *search)
{
    const struct tune_axis *axis = &search->problem->axes[0];
    int64_t values[TUNE_SETTINGS_MAX] = {axis->high}, low, end;
    struct line line;
    if (!line_open(&line, search, values, 0))
        return;
    line_try(&line, (int64_t[]){line.bottom, line.top}, 2);
    values[0] = tune_value(axis, line.top);
    search->result->top = tune_find(search->problem, search->result, values);
    int64_t high = line_holds(&line, line.top) ? line.top : rescue(&line);
    if (high < 0)
        return;
    if (high == line.top && line_holds(&line, line.bottom))
        high = line.bottom;
    failing_around(&line, high, &low, &end, line.top + 1);
    line_narrow(&line, &low, &high, 0);
    for (int i = 0; i < CHASES && !search->is_over; i++) {
        int64_t failing = check(&line, high, end - 1);
        int64_t holding = failing == 0 ? end : holding_above(&line, failing, end);
        if (holding == end)
            break;
        low = failing;
        high = holding;
        line_narrow(&line, &low, &high, 0);
    }
    values[0] = tune_value(axis, high);
    search->result->answer = tune_find(search->problem, search->result, values);
    search->result->is_found = search->result->answer != TUNE_NO_TRIAL;
}
