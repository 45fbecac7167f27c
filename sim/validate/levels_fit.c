// SPDX-License-Identifier: GPL-2.0-or-later
// How full the buckets were when a recording began: a scan, then golden section, by the error of
// the requests that came first. Groups share no requests, so all of them are tried in each replay.
//
// The error is flat where nothing depends on the level: what counts is between which levels the
// prediction is as good as the best.
#include "sim/validate/levels_fit.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW_NS INT64_C(20000000000) // requests of the first so long count,
#define AFTER_NS INT64_C(40000000000)  // and have so long to complete
#define SCANNED 26
#define HIGHEST 1.3
#define GOLDEN_STEPS 14
#define GOLDEN 0.6180339887498949
#define EDGE_STEPS 6
#define AS_GOOD 1.01     // times the best error
#define STEPS_OF_ONE 1e6 // levels are whole so manieths
#define LEAST 0.05       // what is below is no busy time before, but makes good for something else

struct group_search {
    bool is_fitted;
    size_t requests;
    double level, error_ns; // tried now
    double errors_ns[SCANNED];
    double low, high, inner[2], inner_ns[2]; // golden section
    double best, best_ns;
    double outside[2], inside[2]; // of the edges of what is as good
};

struct search {
    struct validating *validating;
    struct scenario_group *groups; // as tried
    struct group_search *found;
    size_t count;
};

// What arrives when the scenario is over tells nothing.
static bool is_wanted(const struct search *search, size_t number, int64_t end_ns)
{
    const struct arrival *arrival = &search->validating->recorded.items[number];
    enum trace_op op = arrival->request.op;
    bool is_data = op == TRACE_READ || op == TRACE_WRITE || op == TRACE_WRITE_ZEROES;
    return is_data && arrival->request.latency_ns != TRACE_LATENCY_UNKNOWN &&
           arrival->time_ns <= WINDOW_NS && arrival->time_ns <= end_ns &&
           search->validating->scenario->members[arrival->member].group != SCENARIO_NONE;
}

static void add_errors(struct search *search, const struct validation_outcome *outcomes,
                       int64_t end_ns)
{
    const struct recorded *recorded = &search->validating->recorded;
    const struct scenario *scenario = search->validating->scenario;
    for (size_t g = 0; g < search->count; g++) {
        search->found[g].requests = 0;
        search->found[g].error_ns = 0;
    }
    for (size_t i = 0; i < recorded->count && recorded->items[i].time_ns <= WINDOW_NS; i++) {
        const struct arrival *arrival = &recorded->items[i];
        if (!is_wanted(search, i, end_ns))
            continue;
        struct group_search *group = &search->found[scenario->members[arrival->member].group];
        // What is complete after the end is as if it were then, on both sides.
        int64_t most_ns = end_ns - arrival->time_ns, latency_ns = outcomes[i].latency_ns;
        int64_t measured_ns =
            arrival->request.latency_ns > most_ns ? most_ns : arrival->request.latency_ns;
        if (latency_ns == VALIDATION_NONE)
            latency_ns = most_ns;
        group->error_ns += fabs((double)(latency_ns - measured_ns));
        group->requests++;
    }
    for (size_t g = 0; g < search->count; g++)
        search->found[g].error_ns /=
            search->found[g].requests > 0 ? (double)search->found[g].requests : 1;
}

static struct fraction fraction_of(double level)
{
    int64_t whole = (int64_t)(level * STEPS_OF_ONE + 0.5);
    return whole == 0 ? (struct fraction){0} : (struct fraction){whole, (int64_t)STEPS_OF_ONE};
}

// A replay with the levels as they are to be tried.
static bool try(struct search *search, struct sim_error *error)
{
    struct validating *validating = search->validating;
    struct trial trial = trial_of(validating, validating->validation->outcomes);
    for (size_t g = 0; g < search->count; g++) {
        if (search->found[g].is_fitted)
            search->groups[g].levels = fraction_of(search->found[g].level);
    }
    trial.scenario.groups = search->groups;
    if (trial.scenario.end_ns > WINDOW_NS + AFTER_NS)
        trial.scenario.end_ns = WINDOW_NS + AFTER_NS;
    if (!trial_run(&trial, error))
        return false;
    add_errors(search, trial.outcomes, trial.scenario.end_ns);
    return true;
}

static double scanned(int step)
{
    return HIGHEST * step / (SCANNED - 1);
}

static bool scan(struct search *search, struct sim_error *error)
{
    for (int step = 0; step < SCANNED; step++) {
        for (size_t g = 0; g < search->count; g++)
            search->found[g].level = scanned(step);
        if (!try(search, error))
            return false;
        for (size_t g = 0; g < search->count; g++) {
            struct group_search *group = &search->found[g];
            group->errors_ns[step] = group->error_ns;
            if (step > 0 && group->error_ns >= group->best_ns)
                continue;
            group->best = group->level;
            group->best_ns = group->error_ns;
            group->low = scanned(step > 0 ? step - 1 : 0);
            group->high = scanned(step + 1 < SCANNED ? step + 1 : step);
        }
    }
    return true;
}

// Which of the inner levels is to be tried next.
static int narrow(struct group_search *group, int step)
{
    int side = step < 2 ? step : group->inner_ns[0] <= group->inner_ns[1];
    double width;
    if (step >= 2 && side == 1) { // the upper part goes; its inner level is the lower one now
        group->high = group->inner[1];
        group->inner[1] = group->inner[0];
        group->inner_ns[1] = group->inner_ns[0];
        side = 0;
    } else if (step >= 2) {
        group->low = group->inner[0];
        group->inner[0] = group->inner[1];
        group->inner_ns[0] = group->inner_ns[1];
        side = 1;
    }
    width = GOLDEN * (group->high - group->low);
    group->inner[side] = side == 0 ? group->high - width : group->low + width;
    return side;
}

static bool refine(struct search *search, struct sim_error *error)
{
    int *sides = calloc(search->count + 1, sizeof *sides);
    bool ok = sides != NULL || sim_fail_memory(error);
    for (int step = 0; ok && step < GOLDEN_STEPS; step++) {
        for (size_t g = 0; g < search->count; g++) {
            struct group_search *group = &search->found[g];
            sides[g] = narrow(group, step);
            group->level = group->inner[sides[g]];
        }
        ok = try(search, error);
        for (size_t g = 0; ok && g < search->count; g++) {
            struct group_search *group = &search->found[g];
            group->inner_ns[sides[g]] = group->error_ns;
            if (group->error_ns < group->best_ns) {
                group->best = group->level;
                group->best_ns = group->error_ns;
            }
        }
    }
    free(sides);
    return ok;
}

static bool is_as_good(const struct group_search *group, double error_ns)
{
    return error_ns <= AS_GOOD * group->best_ns;
}

// From the best outwards: the scanned levels up to which all are as good, and the next.
static void bracket(struct group_search *group)
{
    int low = (int)(group->best / HIGHEST * (SCANNED - 1) + 1e-9);
    int high = low + (scanned(low) < group->best);
    group->inside[0] = group->inside[1] = group->best;
    for (; low >= 0 && is_as_good(group, group->errors_ns[low]); low--)
        group->inside[0] = scanned(low);
    for (; high < SCANNED && is_as_good(group, group->errors_ns[high]); high++)
        group->inside[1] = scanned(high);
    group->outside[0] = low < 0 ? 0 : scanned(low);
    group->outside[1] = high == SCANNED ? HIGHEST : scanned(high);
}

// Halves what lies between a level that is as good and one that is not.
static bool find_edges(struct search *search, struct sim_error *error)
{
    for (size_t g = 0; g < search->count; g++)
        bracket(&search->found[g]);
    for (int step = 0; step < 2 * EDGE_STEPS; step++) {
        int side = step % 2;
        for (size_t g = 0; g < search->count; g++) {
            struct group_search *group = &search->found[g];
            group->level = (group->inside[side] + group->outside[side]) / 2;
        }
        if (!try(search, error))
            return false;
        for (size_t g = 0; g < search->count; g++) {
            struct group_search *group = &search->found[g];
            double *edge = is_as_good(group, group->error_ns) ? group->inside : group->outside;
            edge[side] = group->level;
        }
    }
    return true;
}

// Those that the user has told are left as they are; so is a group of no request.
static bool choose(struct search *search, struct sim_error *error)
{
    bool any = false;
    if (!try(search, error))
        return false;
    for (size_t g = 0; g < search->count; g++) {
        struct group_search *group = &search->found[g];
        group->is_fitted = search->groups[g].levels.numerator == 0 && group->requests > 0 &&
                           search->groups[g].limits.given != 0;
        any = any || group->is_fitted;
    }
    return !any || (scan(search, error) && refine(search, error) && find_edges(search, error));
}

static void report(const struct group_search *group, struct levels_fit *fit)
{
    *fit = (struct levels_fit){.requests = group->is_fitted ? group->requests : 0};
    if (!group->is_fitted)
        return;
    fit->best = group->best;
    fit->best_ns = group->best_ns;
    fit->empty_ns = group->errors_ns[0];
    fit->low = group->outside[0];
    fit->high = group->outside[1];
    // What the recording does not tell is as if it were not told.
    if (is_as_good(group, fit->empty_ns) || fit->best < LEAST)
        fit->best = fit->low = 0;
    fit->levels = fraction_of(fit->best);
}

bool levels_fit(struct validating *validating, struct levels_fit *fits, struct sim_error *error)
{
    struct scenario *scenario = validating->scenario;
    struct search search = {.validating = validating, .count = scenario->group_count};
    search.groups = malloc((search.count + 1) * sizeof *search.groups);
    search.found = calloc(search.count + 1, sizeof *search.found);
    bool ok = (search.groups != NULL && search.found != NULL) || sim_fail_memory(error);
    for (size_t g = 0; ok && g < search.count; g++)
        search.groups[g] = scenario->groups[g];
    ok = ok && choose(&search, error);
    for (size_t g = 0; ok && g < search.count; g++)
        report(&search.found[g], &fits[g]);
    free(search.groups);
    free(search.found);
    return ok;
}
