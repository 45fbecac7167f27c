// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/device/device_fit.h"

#include "sim/workload/fit/law.h"

#include <math.h>
#include <stdlib.h>

static const uint32_t servers_tried[] = {1, 2, 4, 8};

const char *fit_found_name(enum fit_found found)
{
    static const char *const names[FIT_FOUND_COUNT] = {"alone", "others busy", "own queue busy"};
    return names[found];
}

// ---- The classes ----

// Of this member, or of any.
static void add_classes(struct device_fit *fit, uint32_t member)
{
    for (unsigned op = 0; op < ENGINE_OP_COUNT; op++) {
        unsigned first = op == ENGINE_FLUSH ? SCENARIO_SIZE_ANY : SCENARIO_SIZE_SMALL;
        unsigned last = op == ENGINE_FLUSH ? SCENARIO_SIZE_ANY : SCENARIO_SIZE_LARGE;
        for (unsigned size = first; size <= last; size++)
            fit->classes[fit->class_count++] =
                (struct fit_class){.member = member, .op = op + 1, .size = size};
    }
}

static bool make_classes(struct device_fit *fit)
{
    size_t members = fit->scenario->member_count;
    size_t each = (ENGINE_OP_COUNT - 1) * SCENARIO_SIZE_LARGE + 1;
    fit->classes = calloc((members + 1) * each + 1, sizeof *fit->classes);
    if (fit->classes == NULL)
        return false;
    for (uint32_t i = 0; members > 1 && i < members; i++)
        add_classes(fit, i);
    add_classes(fit, SCENARIO_NONE);
    fit->classes[fit->class_count++] = (struct fit_class){.member = SCENARIO_NONE};
    return true;
}

static void count_unknown(struct device_fit *fit)
{
    fit->unknown = fit->requests - fit->classes[fit->class_count - 1].requests;
}

// ---- The candidates ----

static void judge(const struct device_fit *fit, struct fit_candidate *candidate)
{
    candidate->worst_distance = candidate->worst_mean = 0;
    for (uint32_t i = 0; i < fit->scenario->member_count; i++) {
        const struct fit_member_times *recorded = &fit->recorded[i], *made = &candidate->times[i];
        candidate->distances[i] = fit_histogram_distance(&recorded->histogram, &made->histogram);
        candidate->worst_distance = fmax(candidate->worst_distance, candidate->distances[i]);
        for (int found = 0; found < FIT_FOUND_COUNT; found++) {
            const struct fit_mean *left = &recorded->means[found], *right = &made->means[found];
            double off = fit_mean_value(right) / fit_mean_value(left) - 1;
            if (left->count < FIT_MEAN_LEAST || !(fabs(off) > fabs(candidate->worst_mean)))
                continue; // what never comes on the device is all of it off
            candidate->worst_mean = off;
            candidate->worst_member = i;
            candidate->worst_found = (enum fit_found)found;
        }
    }
    candidate->score = fmax(candidate->worst_distance / FIT_DISTANCE_MAX,
                            fabs(candidate->worst_mean) / FIT_MEAN_MAX);
}

static bool try_one(struct device_fit *fit, enum scenario_device_model model, uint32_t servers,
                    struct sim_error *error)
{
    size_t members = fit->scenario->member_count;
    struct fit_candidate *candidate = &fit->candidates[fit->candidate_count++];
    *candidate = (struct fit_candidate){
        .model = model,
        .servers = servers,
        .times = calloc(members, sizeof *candidate->times),
        .distances = calloc(members, sizeof *candidate->distances),
    };
    if (candidate->times == NULL || candidate->distances == NULL)
        return sim_fail_memory(error);
    scenario_device_free(&fit->scenario->device);
    if (!fit_make_device(fit, model, servers, &fit->scenario->device, error) ||
        !fit_replay(fit, candidate->times, false, (unsigned)fit->candidate_count, error))
        return false;
    judge(fit, candidate);
    return true;
}

static bool try_all(struct device_fit *fit, struct sim_error *error)
{
    const struct device_fit_options *options = &fit->options;
    bool ok =
        options->model == SCENARIO_DEVICE_QUEUE || try_one(fit, SCENARIO_DEVICE_RANDOM, 0, error);
    if (options->model == SCENARIO_DEVICE_RANDOM)
        return ok;
    if (options->servers > 0)
        return ok && try_one(fit, SCENARIO_DEVICE_QUEUE, options->servers, error);
    for (size_t i = 0; ok && i < sizeof servers_tried / sizeof servers_tried[0]; i++)
        ok = try_one(fit, SCENARIO_DEVICE_QUEUE, servers_tried[i], error);
    return ok;
}

static void choose(struct device_fit *fit)
{
    for (size_t i = 1; i < fit->candidate_count; i++) {
        if (fit->candidates[i].score < fit->candidates[fit->best].score)
            fit->best = i;
    }
}

// ---- The whole ----

static void be_open(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->member_count; i++) {
        scenario->members[i].arrivals = SCENARIO_ARRIVALS_OPEN;
        scenario->members[i].device = SCENARIO_NONE;
    }
}

bool device_fit(struct device_fit *fit, struct scenario *scenario,
                const struct device_fit_options *options, struct sim_error *error)
{
    *fit = (struct device_fit){.scenario = scenario, .options = *options};
    be_open(scenario);
    scenario_device_free(&scenario->device);
    scenario->device.model = SCENARIO_DEVICE_RECORDED;
    fit->recorded = calloc(scenario->member_count, sizeof *fit->recorded);
    if (fit->recorded == NULL || !make_classes(fit))
        return sim_fail_memory(error);
    if (!fit_replay(fit, fit->recorded, true, 0, error))
        return false;
    count_unknown(fit);
    if (fit->classes[fit->class_count - 1].fitted.count < FIT_CLASS_LEAST)
        return sim_fail(error, SIM_BAD_INPUT,
                        "a device needs the latencies of %d requests or more, and the trace has "
                        "them of %llu of %llu",
                        2 * FIT_CLASS_LEAST, (unsigned long long)(fit->requests - fit->unknown),
                        (unsigned long long)fit->requests);
    fit_measure_classes(fit);
    if (!try_all(fit, error))
        return false;
    choose(fit);
    return fit_make_device(fit, fit->candidates[fit->best].model,
                           fit->candidates[fit->best].servers, &fit->device, error);
}

static void free_times(const struct device_fit *fit, struct fit_member_times *times)
{
    for (size_t i = 0; times != NULL && i < fit->scenario->member_count; i++)
        report_histogram_release(&times[i].histogram);
    free(times);
}

void device_fit_free(struct device_fit *fit)
{
    for (size_t i = 0; i < fit->class_count; i++) {
        free(fit->classes[i].fitted.values);
        free(fit->classes[i].idle.values);
        free(fit->classes[i].tested.values);
    }
    for (size_t i = 0; i < fit->candidate_count; i++) {
        free_times(fit, fit->candidates[i].times);
        free(fit->candidates[i].distances);
    }
    free(fit->classes);
    if (fit->scenario != NULL)
        free_times(fit, fit->recorded);
    scenario_device_free(&fit->device);
}
