// SPDX-License-Identifier: GPL-2.0-or-later
// Values of several settings whose product is small. The first is looked for along its line; GSL's
// simplex moves the others.
#include "sim/tune/smallest_internal.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <string.h>

#define COARSE 0.02     // as near as the first is looked for meanwhile
#define POLISH_RUNS 100 // are kept for the end
#define STEP 0.3        // of the simplex at the beginning, in logarithms: a third more
#define DONE 0.005      // its size at the end
#define PASSES 4        // over all settings, to make each smaller alone
#define WORST 1e6       // of what does not hold, beside the logarithm of any product

struct descent {
    struct search *search;
    int64_t values[TUNE_SETTINGS_MAX]; // the best so far that holds
    double cost;                       // of it
};

static double cost_of(const struct search *search, const int64_t *values)
{
    double cost = 0;
    for (size_t i = 0; i < search->problem->count; i++)
        cost += log((double)values[i]);
    return cost;
}

static void keep_best(struct descent *descent, const int64_t *values)
{
    double cost = cost_of(descent->search, values);
    if (!search_holds(descent->search, values) || cost >= descent->cost)
        return;
    memcpy(descent->values, values, sizeof descent->values);
    descent->cost = cost;
}

// With the others as they are: the smallest first that holds, about. Where not even the largest
// that would be better than the best so far does, no more is tried.
static double cost_with(struct descent *descent, int64_t *values)
{
    struct search *search = descent->search;
    const struct tune_axis *axis = &search->problem->axes[0];
    struct line line;
    values[0] = axis->high;
    if (!line_open(&line, search, values, 0))
        return WORST;
    values[0] = 1;
    double largest = exp(fmin(descent->cost - cost_of(search, values), 50));
    int64_t low = line.bottom - 1, high = line.top;
    if (largest < (double)tune_value(axis, line.bottom))
        return descent->cost + log((double)tune_value(axis, line.bottom) / largest);
    if (largest < (double)tune_value(axis, line.top))
        high = tune_step(axis, (int64_t)largest);
    line_try(&line, &high, 1);
    values[0] = tune_value(axis, high);
    if (!line_holds(&line, high))
        return cost_of(search, values) + fmin(line_excess(&line, high), WORST);
    line_narrow(&line, &low, &high, COARSE);
    values[0] = tune_value(axis, high);
    keep_best(descent, values);
    return cost_of(search, values);
}

// Two digits do for the others meanwhile: what was tried is met again.
static int64_t nearest(const struct tune_axis *axis, double place)
{
    double value = exp(place), unit = pow(10, floor(log10(value)) - 1);
    value = round(unit > 1 ? round(value / unit) * unit : value);
    if (value <= (double)axis->low)
        return axis->low;
    return value >= (double)axis->high ? axis->high
                                       : tune_value(axis, tune_step(axis, (int64_t)value));
}

static double cost_at(const gsl_vector *places, void *context)
{
    struct descent *descent = context;
    const struct tune_problem *problem = descent->search->problem;
    int64_t values[TUNE_SETTINGS_MAX] = {0};
    for (size_t i = 1; i < problem->count; i++)
        values[i] = nearest(&problem->axes[i], gsl_vector_get(places, i - 1));
    return cost_with(descent, values);
}

static void move_simplex(struct descent *descent)
{
    struct search *search = descent->search;
    size_t count = search->problem->count - 1;
    gsl_vector *places = gsl_vector_alloc(count), *steps = gsl_vector_alloc(count);
    gsl_multimin_function function = {.f = cost_at, .n = count, .params = descent};
    gsl_multimin_fminimizer *minimiser =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, count);
    size_t budget = search->budget;
    search->budget -= POLISH_RUNS;
    if (places != NULL && steps != NULL && minimiser != NULL) {
        for (size_t i = 0; i < count; i++)
            gsl_vector_set(places, i, log((double)descent->values[i + 1]));
        gsl_vector_set_all(steps, STEP);
        bool ok = gsl_multimin_fminimizer_set(minimiser, &function, places, steps) == GSL_SUCCESS;
        for (int i = 0;
             ok && i < 100 && !search->is_over && search->result->count < search->budget &&
             gsl_multimin_fminimizer_size(minimiser) > DONE;
             i++)
            ok = gsl_multimin_fminimizer_iterate(minimiser) == GSL_SUCCESS;
    }
    if (minimiser != NULL)
        gsl_multimin_fminimizer_free(minimiser);
    gsl_vector_free(places);
    gsl_vector_free(steps);
    search->budget = budget;
}

// Between the ends, by ratio.
static int64_t at_share(const struct tune_axis *axis, double share)
{
    return nearest(axis, log((double)axis->low) * (1 - share) + log((double)axis->high) * share);
}

// Where the largest values fail: somewhere on the diagonal.
#define DIAGONAL 16

static bool find_start(struct descent *descent)
{
    struct search *search = descent->search;
    int64_t values[DIAGONAL][TUNE_SETTINGS_MAX] = {{0}};
    for (size_t i = 0; i < search->problem->count; i++)
        values[0][i] =
            tune_value(&search->problem->axes[i],
                       tune_step(&search->problem->axes[i], search->problem->axes[i].high));
    search_try(search, values, 1);
    search->result->top = tune_find(search->problem, search->result, values[0]);
    for (size_t i = 1; i < DIAGONAL; i++) {
        for (size_t j = 0; j < search->problem->count; j++)
            values[i][j] = at_share(&search->problem->axes[j], 1 - (double)i / (DIAGONAL - 1));
    }
    search_try(search, values, DIAGONAL);
    for (size_t i = 0; i < DIAGONAL; i++)
        keep_best(descent, values[i]);
    return isfinite(descent->cost);
}

// One setting as small as it can be while the others stay. Did it become smaller?
static bool lower(struct descent *descent, size_t axis_index)
{
    struct search *search = descent->search;
    const struct tune_axis *axis = &search->problem->axes[axis_index];
    struct line line;
    if (!line_open(&line, search, descent->values, axis_index))
        return false;
    int64_t high = tune_step(axis, descent->values[axis_index]), low = line.bottom - 1;
    int64_t steps[2] = {high - 1, line_scaled(&line, high, 1 - COARSE)};
    line_try(&line, steps, 2);
    if (!line_holds(&line, steps[0]))
        return false;
    high = steps[0];
    if (line_is_tried(&line, steps[1]) && !line_holds(&line, steps[1]))
        low = steps[1];
    else
        high = steps[1] < high && line_holds(&line, steps[1]) ? steps[1] : high;
    line_narrow(&line, &low, &high, 0);
    descent->values[axis_index] = tune_value(axis, high);
    return true;
}

// Around the answer: each setting smaller alone, larger alone, and all larger.
static void check(struct search *search, const int64_t *answer)
{
    int64_t values[TUNE_BATCH_MAX][TUNE_SETTINGS_MAX];
    size_t count = 0, settings = search->problem->count;
    static const double factors[] = {0.75, 0.95, 1.25};
    for (size_t i = 0; i < settings; i++) {
        for (size_t j = 0; j < sizeof factors / sizeof *factors; j++) {
            struct line line;
            memcpy(values[count], answer, sizeof *values);
            if (!line_open(&line, search, answer, i))
                continue;
            int64_t step = tune_step(&search->problem->axes[i], answer[i]);
            values[count++][i] =
                tune_value(&search->problem->axes[i], line_scaled(&line, step, factors[j]));
        }
    }
    for (int power = 1; power <= 3; power++) {
        for (size_t i = 0; i < settings; i++) {
            const struct tune_axis *axis = &search->problem->axes[i];
            double value = (double)answer[i] * pow(1.3, power);
            values[count][i] = value >= (double)axis->high
                                   ? axis->high
                                   : tune_value(axis, tune_step(axis, (int64_t)ceil(value)));
        }
        count++;
    }
    search_try(search, values, count);
}

// The others on a lattice, by ratio. Most of it is one trial each, which is not better than the
// best.
#define LATTICE_ONE 9 // of one other
#define LATTICE_TWO 5 // of each of two

static void try_lattice(struct descent *descent)
{
    const struct tune_problem *problem = descent->search->problem;
    size_t size = problem->count == 2 ? LATTICE_ONE : LATTICE_TWO;
    size_t count = problem->count == 2 ? size : size * size;
    for (size_t i = 0; i < count; i++) {
        int64_t values[TUNE_SETTINGS_MAX] = {0};
        for (size_t j = 1, place = i; j < problem->count; j++, place /= size)
            values[j] = at_share(&problem->axes[j], (double)(place % size) / (double)(size - 1));
        cost_with(descent, values);
    }
}

void search_many(struct search *search)
{
    struct descent descent = {.search = search, .cost = INFINITY};
    if (!find_start(&descent))
        return;
    cost_with(&descent, (int64_t[TUNE_SETTINGS_MAX]){0, descent.values[1], descent.values[2]});
    try_lattice(&descent);
    move_simplex(&descent);
    bool is_moving = true;
    for (int pass = 0; pass < PASSES && is_moving && !search->is_over; pass++) {
        is_moving = false;
        for (size_t i = 0; i < search->problem->count; i++)
            is_moving = lower(&descent, i) || is_moving;
    }
    search->result->answer = tune_find(search->problem, search->result, descent.values);
    search->result->is_found = search->result->answer != TUNE_NO_TRIAL;
    if (search->result->is_found)
        check(search, descent.values);
}
