// SPDX-License-Identifier: GPL-2.0-or-later
// What the recording does not tell and is fitted to it.
#include "sim/validate/validate.h"

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
    size_t requests; // that did not wait
    double error_ns;
};

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
        tried->latency_ns = (int64_t)validation_quantile(latencies, tried->requests, 500);
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
    tried->error_ns = values[VALIDATION_MEDIAN_ERROR].b;
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

// One time for all requests, and timers at their deadlines or in steps.
static bool fit_device(struct validating *validating, struct sim_error *error)
{
    struct scenario *scenario = validating->scenario;
    bool are_timers_fitted = scenario->timer_granularity_ns == 0;
    struct setting_tried best = {0}, tried = {.step_ns = scenario->timer_granularity_ns};
    scenario->device.model = SCENARIO_DEVICE_FIXED;
    for (size_t i = 0; i < scenario->member_count; i++)
        scenario->members[i].device = SCENARIO_NONE;
    for (int i = 0; i < (are_timers_fitted ? 2 : 1); i++) {
        if (i > 0)
            tried = (struct setting_tried){.step_ns = STEP_NS};
        set(scenario, &tried);
        if (!find_latency(validating, &tried, error))
            return false;
        set(scenario, &tried);
        if (!find_error(validating, &tried, error))
            return false;
        if (i == 0 || tried.error_ns < best.error_ns)
            best = tried;
    }
    set(scenario, &best);
    say_device(validating, &best, are_timers_fitted);
    return true;
}

bool fit_all(struct validating *validating, struct sim_error *error)
{
    return (validating->options->fits & VALIDATE_DEVICE) == 0 || fit_device(validating, error);
}
