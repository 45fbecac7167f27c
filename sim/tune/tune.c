// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 10.0     // times all requests, or bytes: so many pass at once under such a limit
#define RUNS_USUAL 40 // for the progress

// ---- What is asked for ----

static bool is_of(const struct tune_setting *setting, const char *name)
{
    return strlen(name) == setting->owner_length &&
           memcmp(name, setting->owner, setting->owner_length) == 0;
}

static bool belongs(const struct scenario *scenario, const struct scenario_member *member,
                    const struct tune_setting *setting)
{
    bool is = is_of(setting, member->name);
    for (uint32_t stage = 0; stage <= member->upper_count; stage++) {
        uint32_t group = scenario_stage_group(member, stage);
        is |= group != SCENARIO_NONE && is_of(setting, scenario->groups[group].name);
    }
    return is;
}

// The members' rates are figures of each run, as far as there is room for them.
static void ask_for_demand(struct tuning *tuning, size_t index)
{
    struct tuner *tuner = &tuning->tuner;
    const struct scenario *scenario = tuner->points->base;
    const struct tune_setting *setting = &tuner->settings[index];
    size_t first = tuner->extra_count, most = sizeof tuner->extras / sizeof *tuner->extras;
    struct report_figure figure = {
        .direction = strstr(setting->key, "-read") != NULL    ? "read"
                     : strstr(setting->key, "-write") != NULL ? "write"
                                                              : "read+write",
        .metric = setting->row->unit == ENGINE_OPS_PER_SECOND ? REPORT_IOPS : REPORT_THROUGHPUT,
    };
    if (setting->row->unit == ENGINE_SECONDS)
        return;
    tuning->has_demand[index] = true;
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (!belongs(scenario, &scenario->members[i], setting))
            continue;
        if (tuner->extra_count == most) {
            tuner->extra_count = first;
            tuning->has_demand[index] = false;
            return;
        }
        figure.member = scenario->members[i].name;
        tuning->extra_setting[tuner->extra_count] = (uint8_t)index;
        tuner->extras[tuner->extra_count++] = figure;
    }
}

static void read_demand(struct tuning *tuning, const struct tuner_run *run)
{
    for (size_t i = 0; i < tuning->tuner.extra_count; i++) {
        if (!isnan(run->extra[i]))
            tuning->demand[tuning->extra_setting[i]] += run->extra[i];
    }
}

// ---- The search ----

static bool set_up(struct tuning *tuning, const struct tune_options *options,
                   struct sim_error *error)
{
    struct tuner *tuner = &tuning->tuner;
    if (options->seeds > 0 && !points_are_drawn(tuner->points->base))
        return sim_fail(error, SIM_USAGE,
                        "--seeds: nothing of this scenario is drawn, so that all seeds are alike");
    if (options->split_ns > 0 && tuner->points->base->event_count > 0)
        return sim_fail(error, SIM_USAGE,
                        "--split: the scenario has events, whose times are those of the whole");
    for (size_t i = 0; i < options->address_count; i++) {
        if (!tuner_set(&tuner->settings[i], tuner->points, options->addresses[i], error))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (points_same_address(tuner->settings[j].address, options->addresses[i]))
                return sim_fail(error, SIM_USAGE, "--minimise: '%s' is given twice",
                                options->addresses[i]);
        }
        ask_for_demand(tuning, i);
    }
    tuner->setting_count = options->address_count;
    return tuner_check_slos(tuner, error);
}

// From 1 to what lets all pass at once; of bytes, any there is.
static void set_axes(struct tuning *tuning)
{
    struct tuner *tuner = &tuning->tuner;
    double room = fmax(ROOM * (double)points_requests(tuner->points), 1000);
    for (size_t i = 0; i < tuner->setting_count; i++) {
        const struct engine_parameter *row = tuner->settings[i].row;
        struct tune_axis *axis = &tuning->problem.axes[i];
        *axis = (struct tune_axis){1, row->max, row->unit == ENGINE_BYTES_PER_SECOND};
        if (row->unit == ENGINE_OPS_PER_SECOND && room < (double)row->max)
            axis->high = (int64_t)room;
        else if (row->unit == ENGINE_SECONDS && axis->high > 100000)
            axis->high = 100000;
        axis->high = axis->high < 1 ? 1 : axis->high;
    }
    tuning->problem.count = tuner->setting_count;
    tuning->problem.is_valid = tuner_is_valid;
    tuning->problem.try_all = tuner_try_all;
    tuning->problem.context = tuner;
}

// Several settings: an average below what is asked for lives on the allowance of one recording, so
// it is none; and beyond what a recording asks for there is nothing.
static bool narrow_axes(struct tuning *tuning)
{
    struct tuner *tuner = &tuning->tuner;
    struct tuner_extra largest = {.values = NULL};
    int64_t values[TUNE_SETTINGS_MAX] = {0};
    for (size_t i = 0; i < tuner->setting_count; i++)
        values[i] = tuning->problem.axes[i].high;
    if (!tuner_run_extras(tuner, values, &largest, 1))
        return false;
    read_demand(tuning, &largest.run);
    double seconds = fmax(ceil((double)largest.run.end_ns / 1e9), 1);
    for (size_t i = 0; i < tuner->setting_count; i++) {
        struct tune_axis *axis = &tuning->problem.axes[i];
        double high = tuner->settings[i].row->unit == ENGINE_SECONDS ? seconds
                      : axis->is_rounded ? ROOM * 1.01 * seconds * tuning->demand[i]
                                         : (double)axis->high;
        if (high >= 1 && high < (double)axis->high)
            axis->high = tune_value(axis, tune_step(axis, (int64_t)ceil(high)));
        if (tuning->has_demand[i] && tuning->demand[i] > 1 &&
            tuning->demand[i] < (double)axis->high)
            axis->low = tune_value(axis, tune_step(axis, (int64_t)ceil(tuning->demand[i])));
        tuning->demand[i] = 0;
    }
    return true;
}

static bool search(struct tuning *tuning, struct sim_error *error)
{
    struct tuner *tuner = &tuning->tuner;
    *error = (struct sim_error){.exit = SIM_FAILED};
    tuner->error = error;
    tuner->result = &tuning->result;
    if (tuner->setting_count > 1 && !narrow_axes(tuning))
        return false;
    if (!tune_smallest(&tuning->problem, &tuning->result))
        return false;
    size_t top = tuning->result.top == TUNE_NO_TRIAL ? 0 : tuning->result.top;
    read_demand(tuning, &tuner->runs[top]);
    for (size_t i = 0; i < tuner->slo_count; i++) {
        if (isnan(tuner->runs[top].values[i]))
            return sim_fail(error, SIM_USAGE, "--slo '%s': there are no such requests",
                            tuner->slos[i].text);
    }
    return true;
}

// ---- How far the answer holds ----

static bool try_seeds(struct tuning *tuning, const struct tune_options *options,
                      struct sim_error *error)
{
    if (options->seeds == 0)
        return true;
    tuning->seeds = calloc(options->seeds, sizeof *tuning->seeds);
    if (tuning->seeds == NULL)
        return sim_fail_memory(error);
    tuning->seed_count = options->seeds;
    for (size_t i = 0; i < tuning->seed_count; i++)
        tuning->seeds[i].seed = (uint32_t)(i + 1);
    return tuner_run_extras(&tuning->tuner, tuning->result.trials[tuning->result.answer].values,
                            tuning->seeds, tuning->seed_count);
}

// Where each trace of the scenario is cut.
#define CUT_TEXT_MAX 320

static char *text_of(const char *format, const char *name)
{
    char *text = malloc(CUT_TEXT_MAX);
    if (text != NULL)
        snprintf(text, CUT_TEXT_MAX, format, name);
    return text;
}

static bool cut_trace(struct tuner_extra *part, const char *address, const struct cut *cut,
                      int64_t start_ns, int64_t split_ns)
{
    char start[UNITS_EXACT_MAX], duration[UNITS_EXACT_MAX];
    struct scenario_value *values = part->values + part->count;
    values[0].address =
        text_of(address[0] == '\0' ? "trace.start" : "members.%s.trace.start", address);
    values[0].text = text_of("%s", units_exact_duration(cut->start_ns + start_ns, start));
    values[1].address =
        text_of(address[0] == '\0' ? "trace.duration" : "members.%s.trace.duration", address);
    int64_t left = cut->duration_ns > start_ns ? cut->duration_ns - start_ns : 0;
    values[1].text =
        text_of("%s", units_exact_duration(left < split_ns ? left : split_ns, duration));
    part->count += 2;
    return values[0].address != NULL && values[0].text != NULL && values[1].address != NULL &&
           values[1].text != NULL;
}

static bool cut_part(struct tuner_extra *part, const struct scenario *scenario, int64_t start_ns,
                     int64_t split_ns)
{
    bool ok = true;
    part->values = calloc(2 * scenario->member_count + 2, sizeof *part->values);
    if (part->values == NULL)
        return false;
    if (scenario->trace_count > 0)
        ok = cut_trace(part, "", &scenario->traces[0].cut, start_ns, split_ns);
    for (size_t i = 0; i < scenario->member_count; i++) {
        const struct scenario_member *member = &scenario->members[i];
        if (member->trace.path != NULL)
            ok = ok && cut_trace(part, member->name, &member->trace.cut, start_ns, split_ns);
    }
    return ok;
}

static double span_ns(const struct cut *cut, int64_t end_ns)
{
    double speed = (double)cut->speed.numerator / (double)cut->speed.denominator;
    return fmin((double)end_ns * speed, (double)cut->duration_ns);
}

// Of the recording of which most is replayed until then.
static double longest_span_ns(const struct scenario *scenario, int64_t end_ns)
{
    double longest = scenario->trace_count > 0 ? span_ns(&scenario->traces[0].cut, end_ns) : 0;
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (scenario->members[i].trace.path != NULL)
            longest = fmax(longest, span_ns(&scenario->members[i].trace.cut, end_ns));
    }
    return longest;
}

static bool try_parts(struct tuning *tuning, const struct tune_options *options,
                      struct sim_error *error)
{
    const struct scenario *scenario = tuning->tuner.points->base;
    const struct tune_result *result = &tuning->result;
    int64_t split_ns = options->split_ns;
    if (split_ns == 0)
        return true;
    int64_t end_ns = tuning->tuner.runs[result->top == TUNE_NO_TRIAL ? 0 : result->top].end_ns;
    double parts = floor(longest_span_ns(scenario, end_ns) / (double)split_ns) + 1;
    if (parts > TUNE_PARTS_MAX)
        return sim_fail(error, SIM_USAGE, "--split: that would be %.0f parts, at most %d", parts,
                        TUNE_PARTS_MAX);
    tuning->parts = calloc((size_t)parts, sizeof *tuning->parts);
    if (tuning->parts == NULL)
        return sim_fail_memory(error);
    tuning->part_count = (size_t)parts;
    tuning->split_ns = split_ns;
    for (size_t i = 0; i < tuning->part_count; i++) {
        if (!cut_part(&tuning->parts[i], scenario, (int64_t)i * split_ns, split_ns))
            return sim_fail_memory(error);
    }
    return tuner_run_extras(&tuning->tuner, result->trials[result->answer].values, tuning->parts,
                            tuning->part_count);
}

bool tune(struct tuning *tuning, const struct tune_options *options, struct sim_error *error)
{
    if (!set_up(tuning, options, error))
        return false;
    set_axes(tuning);
    tuning->tuner.total = RUNS_USUAL * (double)(2 * options->address_count - 1) + options->seeds;
    return search(tuning, error) &&
           (!tuning->result.is_found ||
            (try_seeds(tuning, options, error) && try_parts(tuning, options, error)));
}

static void free_extras(struct tuner_extra *extras, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; extras[i].values != NULL && j < extras[i].count; j++) {
            free((void *)(uintptr_t)extras[i].values[j].address);
            free((void *)(uintptr_t)extras[i].values[j].text);
        }
        free(extras[i].values);
    }
    free(extras);
}

void tuning_free(struct tuning *tuning)
{
    free_extras(tuning->seeds, tuning->seed_count);
    free_extras(tuning->parts, tuning->part_count);
}

// ---- The answer as a line ----

bool tune_limits_line(struct tuning *tuning, size_t index, const int64_t *values, char *text,
                      size_t size)
{
    const struct tune_setting *setting = &tuning->tuner.settings[index];
    struct scenario *scenario = tuner_scenario(&tuning->tuner, values);
    const struct engine_parameters *limits = NULL;
    char value[TUNER_TEXT_MAX];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; scenario != NULL && i < scenario->member_count; i++) {
        if (is_of(setting, scenario->members[i].name))
            limits = &scenario->members[i].limits;
    }
    for (size_t i = 0; scenario != NULL && i < scenario->group_count; i++) {
        if (is_of(setting, scenario->groups[i].name))
            limits = &scenario->groups[i].limits;
    }
    for (size_t i = 0; limits != NULL && used < size && i < scenario->algorithm->parameter_count;
         i++) {
        const struct tune_setting one = {.row = &scenario->algorithm->parameters[i]};
        if ((limits->given & (UINT32_C(1) << i)) != 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s=%s", used == 0 ? "" : ",",
                                     one.row->key, tuner_value_text(&one, limits->value[i], value));
    }
    scenario_free(scenario);
    return used > 0 && used < size;
}
