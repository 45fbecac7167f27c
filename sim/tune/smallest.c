// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/smallest_internal.h"

#include <assert.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

// ---- Steps ----

#define DIGITS 1000 // from here on, of what is rounded, three digits count

int64_t tune_step(const struct tune_axis *axis, int64_t value)
{
    int64_t power = 0, unit = 1;
    if (!axis->is_rounded || value < DIGITS)
        return value;
    while ((value - 1) / unit >= DIGITS - 1) {
        unit *= 10;
        power++;
    }
    return power * (DIGITS - 100) + (value - 1) / unit + 1;
}

int64_t tune_value(const struct tune_axis *axis, int64_t step)
{
    if (!axis->is_rounded || step < DIGITS)
        return step;
    int64_t power = (step - 100) / (DIGITS - 100), value = step - power * (DIGITS - 100);
    while (power-- > 0)
        value *= 10;
    return value;
}

// ---- Trials ----

size_t tune_find(const struct tune_problem *problem, const struct tune_result *result,
                 const int64_t *values)
{
    for (size_t i = 0; i < result->count; i++) {
        if (memcmp(result->trials[i].values, values, problem->count * sizeof *values) == 0)
            return i;
    }
    return TUNE_NO_TRIAL;
}

bool search_is_valid(const struct search *search, const int64_t *values)
{
    const struct tune_problem *problem = search->problem;
    return problem->is_valid == NULL || problem->is_valid(problem->context, values);
}

void search_try(struct search *search, int64_t (*values)[TUNE_SETTINGS_MAX], size_t count)
{
    const struct tune_problem *problem = search->problem;
    struct tune_result *result = search->result;
    size_t first = result->count;
    for (size_t i = 0; i < count; i++) {
        if (search->is_over || result->count >= search->budget ||
            tune_find(problem, result, values[i]) != TUNE_NO_TRIAL ||
            !search_is_valid(search, values[i]))
            continue;
        struct tune_trial *trial = &result->trials[result->count++];
        *trial = (struct tune_trial){.holds = false, .excess = INFINITY};
        memcpy(trial->values, values[i], problem->count * sizeof values[i][0]);
    }
    size_t added = result->count - first;
    assert(added <= TUNE_BATCH_MAX);
    if (added > 0 && !problem->try_all(problem->context, result->trials + first, added)) {
        search->is_over = true;
        result->count = first;
    }
}

bool search_holds(const struct search *search, const int64_t *values)
{
    size_t found = tune_find(search->problem, search->result, values);
    return found != TUNE_NO_TRIAL && search->result->trials[found].holds;
}

// ---- Lines ----

static const struct tune_axis *axis_of(const struct line *line)
{
    return &line->search->problem->axes[line->axis];
}

static void place(const struct line *line, int64_t step, int64_t *values)
{
    memcpy(values, line->values, sizeof line->values);
    values[line->axis] = tune_value(axis_of(line), step);
}

static bool is_valid(const struct line *line, int64_t step)
{
    int64_t values[TUNE_SETTINGS_MAX];
    place(line, step, values);
    return search_is_valid(line->search, values);
}

// One end of what may be is valid; from there to the other end it stops being so at most once.
static int64_t last_valid(const struct line *line, int64_t valid, int64_t other)
{
    if (is_valid(line, other))
        return other;
    while (valid - other > 1 || other - valid > 1) {
        int64_t middle = valid + (other - valid) / 2;
        if (is_valid(line, middle))
            valid = middle;
        else
            other = middle;
    }
    return valid;
}

bool line_open(struct line *line, struct search *search, const int64_t *values, size_t axis)
{
    *line = (struct line){.search = search, .axis = axis};
    memcpy(line->values, values, sizeof line->values);
    const struct tune_axis *range = axis_of(line);
    line->bottom = tune_step(range, range->low);
    line->top = tune_step(range, range->high);
    if (is_valid(line, line->bottom))
        line->top = last_valid(line, line->bottom, line->top);
    else if (is_valid(line, line->top))
        line->bottom = last_valid(line, line->top, line->bottom);
    else
        return false;
    return true;
}

void line_try(struct line *line, const int64_t *steps, size_t count)
{
    int64_t values[TUNE_BATCH_MAX][TUNE_SETTINGS_MAX];
    size_t used = 0;
    assert(count <= TUNE_BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        if (steps[i] >= line->bottom && steps[i] <= line->top)
            place(line, steps[i], values[used++]);
    }
    search_try(line->search, values, used);
}

static const struct tune_trial *trial_at(const struct line *line, int64_t step)
{
    int64_t values[TUNE_SETTINGS_MAX];
    place(line, step, values);
    size_t found = tune_find(line->search->problem, line->search->result, values);
    return found == TUNE_NO_TRIAL ? NULL : &line->search->result->trials[found];
}

bool line_is_tried(const struct line *line, int64_t step)
{
    return trial_at(line, step) != NULL;
}

bool line_holds(const struct line *line, int64_t step)
{
    const struct tune_trial *trial = trial_at(line, step);
    return trial != NULL && trial->holds;
}

double line_excess(const struct line *line, int64_t step)
{
    const struct tune_trial *trial = trial_at(line, step);
    return trial == NULL ? INFINITY : trial->excess;
}

int64_t line_scaled(const struct line *line, int64_t step, double factor)
{
    const struct tune_axis *range = axis_of(line);
    double value = round((double)tune_value(range, step) * factor);
    double least = (double)tune_value(range, line->bottom);
    double most = (double)tune_value(range, line->top);
    return value <= least  ? line->bottom
           : value >= most ? line->top
                           : tune_step(range, (int64_t)value);
}

// Between the two, far from each other by their ratio, near each other by their difference.
static int64_t between(const struct line *line, int64_t low, int64_t high, double share)
{
    double bottom = low < 1 ? 1 : (double)tune_value(axis_of(line), low);
    double top = (double)tune_value(axis_of(line), high);
    int64_t step = top > 4 * bottom
                       ? tune_step(axis_of(line), (int64_t)(bottom * pow(top / bottom, share)))
                       : low + (int64_t)round((double)(high - low) * share);
    return step <= low ? low + 1 : step >= high ? high - 1 : step;
}

void line_narrow(struct line *line, int64_t *low, int64_t *high, double share)
{
    const struct tune_axis *range = axis_of(line);
    while (*high - *low > 1 && (*low < 1 || (double)tune_value(range, *high) >
                                                (1 + share) * (double)tune_value(range, *low))) {
        int64_t steps[2] = {between(line, *low, *high, 1.0 / 3),
                            between(line, *low, *high, 2.0 / 3)};
        line_try(line, steps, 2);
        if (!line_is_tried(line, steps[0]) || !line_is_tried(line, steps[1]))
            return;
        if (!line_holds(line, steps[1])) {
            *low = steps[1];
        } else if (!line_holds(line, steps[0])) {
            *low = steps[0];
            *high = steps[1];
        } else {
            *high = steps[0];
        }
    }
}

// ---- All ----

// Is each value of the one at most, or at least, that of the other?
static bool is_beside(const struct search *search, size_t one, size_t other, bool below)
{
    bool all = one != other;
    for (size_t i = 0; i < search->problem->count; i++) {
        int64_t a = search->result->trials[one].values[i];
        int64_t b = search->result->trials[other].values[i];
        all = all && (below ? a <= b : a >= b);
    }
    return all;
}

// Not found: the one that is least far off, the smallest of such.
static void choose_nearest(const struct search *search)
{
    struct tune_result *result = search->result;
    result->answer = 0;
    for (size_t i = 1; i < result->count; i++) {
        double best = result->trials[result->answer].excess, excess = result->trials[i].excess;
        if (excess < best || (excess <= best && is_beside(search, i, result->answer, true)))
            result->answer = i;
    }
}

// What contradicts that more is never worse.
static void find_contradictions(struct search *search)
{
    struct tune_result *result = search->result;
    size_t answer = result->answer;
    for (size_t i = 0; i < result->count; i++) {
        if (result->trials[i].holds && is_beside(search, i, answer, true) &&
            (result->holds_below == TUNE_NO_TRIAL ||
             is_beside(search, result->holds_below, i, true)))
            result->holds_below = i;
        if (!result->trials[i].holds && is_beside(search, i, answer, false) &&
            (result->fails_above == TUNE_NO_TRIAL ||
             is_beside(search, i, result->fails_above, true)))
            result->fails_above = i;
    }
}

// Of the answer's settings, can none be a step smaller?
static bool is_exact(struct search *search)
{
    const struct tune_result *result = search->result;
    for (size_t i = 0; i < search->problem->count; i++) {
        struct line line;
        const int64_t *values = result->trials[result->answer].values;
        int64_t below = tune_step(&search->problem->axes[i], values[i]) - 1;
        if (!line_open(&line, search, values, i))
            return false;
        if (below >= line.bottom && (!line_is_tried(&line, below) || line_holds(&line, below)))
            return false;
    }
    return true;
}

bool tune_smallest(const struct tune_problem *problem, struct tune_result *result)
{
    struct search search = {problem, result, problem->count == 1 ? TUNE_RUNS_ONE : TUNE_RUNS_MANY,
                            false};
    gsl_error_handler_t *handler = gsl_set_error_handler_off();
    result->count = 0;
    result->is_found = result->is_exact = false;
    result->top = result->answer = result->holds_below = result->fails_above = TUNE_NO_TRIAL;
    (problem->count == 1 ? search_one : search_many)(&search);
    gsl_set_error_handler(handler);
    if (search.is_over || result->count == 0)
        return false;
    if (result->is_found) {
        find_contradictions(&search);
        result->is_exact = is_exact(&search);
    } else {
        choose_nearest(&search);
    }
    return true;
}
