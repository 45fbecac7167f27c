// SPDX-License-Identifier: GPL-2.0-or-later
// What the recording does not tell and is fitted to it.
#include "sim/validate/levels_fit.h"

#include "reports/grid.h"

#include <inttypes.h>
#include <stdlib.h>

#define STEP_NS 1000000 // of the timers of a drive's event loop

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

// The device and the timers as they are in a replay, and how near it comes.
struct setting_tried {
    int64_t latency_ns;
    int64_t step_ns;
    size_t requests;           // that did not wait
    double median_ns, mean_ns; // errors
};

// By the median; where most requests do not wait it may be the same.
static bool is_nearer(const struct setting_tried *a, const struct setting_tried *b)
{
    return a->median_ns < b->median_ns || (a->median_ns <= b->median_ns && a->mean_ns < b->mean_ns);
}

// The device takes what is left of the latencies of requests that are predicted not to wait.
static bool find_latency(struct validating *validating, struct setting_tried *tried,
                         struct sim_error *error)
{
    const struct recorded *recorded = &validating->recorded;
    struct trial trial = trial_of(validating, validating->validation->outcomes);
    int64_t *latencies = malloc((recorded->count + 1) * sizeof *latencies);
    trial.waits_ns = malloc((recorded->count + 1) * sizeof *trial.waits_ns);
    bool ok = latencies != NULL && trial.waits_ns != NULL ? trial_run(&trial, error)
                                                          : sim_fail_memory(error);
    tried->requests = 0;
    for (size_t i = 0; ok && i < recorded->count; i++) {
        if (trial.waits_ns[i] == 0 &&
            recorded->items[i].request.latency_ns != TRACE_LATENCY_UNKNOWN)
            latencies[tried->requests++] = recorded->items[i].request.latency_ns;
    }
    if (ok && tried->requests > 0) {
        qsort(latencies, tried->requests, sizeof *latencies, compare);
        double median_ns = validation_quantile(latencies, tried->requests, 500);
        tried->latency_ns = median_ns < (double)INT64_MAX ? (int64_t)median_ns : INT64_MAX;
    }
    free(latencies);
    free(trial.waits_ns);
    return ok;
}

static void set(struct scenario *scenario, const struct setting_tried *tried)
{
    scenario->device.latency_ns = tried->latency_ns;
    scenario->timer_granularity_ns = tried->step_ns;
}

static bool find_error(struct validating *validating, struct setting_tried *tried,
                       struct sim_error *error)
{
    struct report_validation *validation = validating->validation;
    struct trial trial = trial_of(validating, validation->outcomes);
    struct report_change values[VALIDATION_FIGURE_COUNT];
    uint64_t to_come;
    if (!trial_run(&trial, error))
        return false;
    if (!validation_measure(&validation->requests, validation->outcomes, validation->member_count,
                            values, &to_come))
        return sim_fail_memory(error);
    tried->median_ns = values[VALIDATION_MEDIAN_ERROR].b;
    tried->mean_ns = values[VALIDATION_MEAN_ERROR].b;
    return true;
}

static void say_device(const struct validating *validating, const struct setting_tried *best,
                       bool are_timers_fitted)
{
    char text[GRID_NUMBER_MAX];
    struct report_validation *validation = validating->validation;
    validation_add_fact(validation, "device_ns", (double)best->latency_ns,
                        "Device: %s, fitted: the median of %zu requests that are predicted not to "
                        "wait",
                        grid_format(text, (double)best->latency_ns, GRID_TIME), best->requests);
    validation_add_fact(validation, "timer_granularity_ns", (double)best->step_ns, "Timers: %s, %s",
                        best->step_ns == 0 ? "at their deadlines" : "in steps of 1 ms",
                        are_timers_fitted ? "fitted: the nearer of steps of 1 ms and none"
                                          : "as the scenario says");
}

// That of all members, so far one that takes no time.
static void take_one_device(struct scenario *scenario)
{
    scenario->device.model = SCENARIO_DEVICE_FIXED;
    scenario->device.latency_ns = 0;
    for (size_t i = 0; i < scenario->member_count; i++)
        scenario->members[i].device = SCENARIO_NONE;
}

// One time for all requests, and timers at their deadlines or in steps.
static bool fit_device(struct validating *validating, struct sim_error *error)
{
    struct scenario *scenario = validating->scenario;
    bool are_timers_fitted = scenario->timer_granularity_ns == 0;
    struct setting_tried best = {0}, tried = {.step_ns = scenario->timer_granularity_ns};
    for (int i = 0; i < (are_timers_fitted ? 2 : 1); i++) {
        if (i > 0)
            tried = (struct setting_tried){.step_ns = STEP_NS};
        set(scenario, &tried);
        if (!find_latency(validating, &tried, error))
            return false;
        set(scenario, &tried);
        if (!find_error(validating, &tried, error))
            return false;
        if (i == 0 || is_nearer(&tried, &best))
            best = tried;
    }
    set(scenario, &best);
    say_device(validating, &best, are_timers_fitted);
    return true;
}

// Latencies that were recorded under limits have the time in the throttle in them.
static void say_twice(const struct validating *validating)
{
    const struct scenario *scenario = validating->scenario;
    enum scenario_device_model model = scenario->device.model;
    if (model == SCENARIO_DEVICE_RECORDED ||
        (model == SCENARIO_DEVICE_AUTO && validating->options->is_dependent))
        validation_add_fact(validating->validation, "device_recorded", 1,
                            "Device: as recorded, which holds the time in the throttle, so that it "
                            "counts twice; --fit device, or device: {model: 'null'}");
}

static void say_levels(const struct validating *validating, const struct levels_fit *fits)
{
    char error[GRID_NUMBER_MAX], empty[GRID_NUMBER_MAX];
    const struct scenario *scenario = validating->scenario;
    for (size_t i = 0; i < scenario->group_count; i++) {
        const struct levels_fit *fit = &fits[i];
        const char *name = scenario->groups[i].name;
        struct validation_fact *fact = NULL;
        if (fit->requests > 0 && fit->best > 0)
            fact = validation_add_fact(
                validating->validation, "levels", fit->best,
                "Levels of %.32s: %.4g at the start, fitted; %.4g to %.4g are as good; mean error "
                "%s, with empty buckets %s",
                name, fit->best, fit->low, fit->high, grid_format(error, fit->best_ns, GRID_TIME),
                grid_format(empty, fit->empty_ns, GRID_TIME));
        else if (fit->requests > 0)
            fact = validation_add_fact(validating->validation, "levels", 0,
                                       "Levels of %.32s: empty at the start, fitted; up to %.4g is "
                                       "as good",
                                       name, fit->high);
        if (fact != NULL) {
            fact->low = fit->low;
            fact->high = fit->high;
        }
    }
}

static bool fit_levels(struct validating *validating, struct levels_fit *fits, bool *any,
                       struct sim_error *error)
{
    struct scenario *scenario = validating->scenario;
    *any = false;
    for (size_t i = 0; i < scenario->group_count; i++) {
        if (fits[i].requests > 0) // before
            scenario->groups[i].levels = (struct fraction){0};
    }
    if (!levels_fit(validating, fits, error))
        return false;
    for (size_t i = 0; i < scenario->group_count; i++) {
        if (fits[i].requests == 0)
            continue;
        scenario->groups[i].levels = fits[i].levels;
        *any = *any || fits[i].levels.numerator > 0;
    }
    return true;
}

// Which requests do not wait, and so what the device takes, depends on the levels. These hardly
// depend on the device: they are fitted without one, and again with it.
bool fit_all(struct validating *validating, struct sim_error *error)
{
    struct scenario *scenario = validating->scenario;
    bool has_device = (validating->options->fits & VALIDATE_DEVICE) != 0;
    bool has_levels = (validating->options->fits & VALIDATE_LEVELS) != 0 &&
                      scenario->algorithm->operations[ENGINE_NODE_FILL] != NULL;
    struct levels_fit *fits = calloc(scenario->group_count + 1, sizeof *fits);
    bool any = false, ok = fits != NULL || sim_fail_memory(error);
    if (has_device)
        take_one_device(scenario);
    ok = ok && (!has_levels || fit_levels(validating, fits, &any, error)) &&
         (!has_device || fit_device(validating, error)) &&
         (!any || !has_device || fit_levels(validating, fits, &any, error));
    if (ok)
        say_levels(validating, fits);
    ok =
        ok && ((validating->options->fits & VALIDATE_STALLS) == 0 || fit_stalls(validating, error));
    if (ok) {
        say_twice(validating);
    }
    free(fits);
    return ok;
}
