// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/tune/tuner.h"

#include "sim/base/jobs.h"
#include "sim/base/suggest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Beginning and end ----

bool tuner_read_slos(struct tuner *tuner, const char *const *texts, size_t count,
                     const char *example, struct sim_error *error)
{
    if (count == 0)
        return sim_fail(error, SIM_USAGE, "--slo is needed: what is to hold, such as '%s'",
                        example);
    if (count > TUNER_SLOS_MAX)
        return sim_fail(error, SIM_USAGE, "--slo: at most %d of them", TUNER_SLOS_MAX);
    while (tuner->slo_count < count) {
        size_t i = tuner->slo_count++;
        if (!slo_parse(&tuner->slos[i], texts[i], error))
            return false;
    }
    return true;
}

bool tuner_open(struct tuner *tuner, struct scenario *scenario, const char *path,
                const struct scenario_settings *settings, const struct progress_watch *watch,
                struct sim_error *error)
{
    tuner->scenario = scenario;
    tuner->watch = watch;
    if (scenario == NULL)
        return false;
    tuner->points = calloc(1, sizeof *tuner->points);
    if (tuner->points == NULL)
        return sim_fail_memory(error);
    return points_open(tuner->points, scenario, path, settings, watch, error);
}

void tuner_close(struct tuner *tuner)
{
    for (size_t i = 0; i < tuner->slo_count; i++)
        compare_condition_free(&tuner->slos[i]);
    if (tuner->points != NULL)
        points_close(tuner->points);
    free(tuner->points);
    scenario_free(tuner->scenario);
}

// ---- Texts ----

const char *tuner_value_text(const struct tune_setting *setting, int64_t value,
                             char text[TUNER_TEXT_MAX])
{
    static const struct {
        int64_t bytes;
        const char *name;
    } units[] = {{INT64_C(1000000000000), "TB"}, {1000000000, "GB"}, {1000000, "MB"}, {1000, "kB"}};
    snprintf(text, TUNER_TEXT_MAX, "%" PRId64, value);
    for (size_t i = 0;
         setting->row->unit == ENGINE_BYTES_PER_SECOND && i < sizeof units / sizeof *units; i++) {
        if (value >= units[i].bytes && value % (units[i].bytes / 100) == 0) {
            snprintf(text, TUNER_TEXT_MAX, "%.15g%s", (double)value / (double)units[i].bytes,
                     units[i].name);
            break;
        }
    }
    return text;
}

static bool has_owner(const struct tune_setting *setting, const struct tune_setting *owner)
{
    return owner == NULL || (setting->owner_length == owner->owner_length &&
                             memcmp(setting->owner, owner->owner, owner->owner_length) == 0);
}

void tuner_limits_text(const struct tuner *tuner, const struct tune_setting *owner,
                       const int64_t *values, char *text, size_t size)
{
    char value[TUNER_TEXT_MAX];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < tuner->setting_count && used < size; i++) {
        const struct tune_setting *setting = &tuner->settings[i];
        if (has_owner(setting, owner))
            used += (size_t)snprintf(text + used, size - used, "%s%s=%s", used == 0 ? "" : ",",
                                     setting->key, tuner_value_text(setting, values[i], value));
    }
}

// ---- Settings and SLOs ----

static const char *key_at(const void *algorithm, size_t index)
{
    const struct engine_algorithm *all = algorithm;
    return index < all->parameter_count ? all->parameters[index].key : NULL;
}

bool tuner_set(struct tune_setting *setting, const struct points *points, const char *address,
               struct sim_error *error)
{
    char hint[128];
    const struct engine_algorithm *algorithm = points->base->algorithm;
    const char *dot = strrchr(address, '.');
    if (dot == NULL || strlen(address) >= sizeof setting->address)
        return sim_fail(error, SIM_USAGE,
                        "--minimise: expected GROUP.LIMIT, such as gold.iops-total, found '%.64s'",
                        address);
    int row = engine_parameter_find(algorithm, dot + 1);
    if (row < 0 || algorithm->parameters[row].unit == ENGINE_BYTES)
        return sim_fail(error, SIM_USAGE, "--minimise '%.200s': engine '%s' has no limit '%.64s'%s",
                        address, algorithm->name, dot + 1,
                        row >= 0 ? ": it is a size"
                                 : suggest(dot + 1, key_at, algorithm, hint, sizeof hint));
    snprintf(setting->address, sizeof setting->address, "%s", address);
    setting->row = &algorithm->parameters[row];
    setting->key = setting->address + (dot + 1 - address);
    setting->owner = setting->address;
    setting->owner_length = (size_t)(dot - address);
    // What the value goes together with is seen later.
    struct sim_error found;
    struct scenario *scenario = point_scenario(
        points, &(struct point){&(struct scenario_value){address, "1"}, 1, 0}, &found);
    bool is_wrong = scenario == NULL && found.exit == SIM_USAGE;
    scenario_free(scenario);
    return !is_wrong || sim_fail(error, SIM_USAGE, "--minimise: %s", found.message);
}

void tuner_copy_setting(struct tune_setting *to, const struct tune_setting *from)
{
    *to = *from;
    to->owner = to->address;
    to->key = to->address + (from->key - from->address);
}

static const char *member_name_at(const void *scenario, size_t index)
{
    const struct scenario *all = scenario;
    return index < all->member_count ? all->members[index].name : NULL;
}

bool tuner_check_slos(const struct tuner *tuner, struct sim_error *error)
{
    for (size_t i = 0; i < tuner->slo_count; i++) {
        if (tuner->slos[i].name != NULL && !tuner->slos[i].is_worst &&
            !condition_fail_member(&tuner->slos[i], member_name_at, tuner->points->base, error))
            return false;
    }
    return true;
}

// ---- Points ----

#define VALUES_MAX 20032 // of a part: two of each member

struct values {
    struct scenario_value values[VALUES_MAX];
    char texts[TUNE_SETTINGS_MAX][TUNER_TEXT_MAX];
    size_t count;
};

static void fill(const struct tuner *tuner, const int64_t *numbers, struct values *values)
{
    values->count = 0;
    for (size_t i = 0; i < tuner->fixed_count; i++)
        values->values[values->count++] = tuner->fixed[i];
    for (size_t i = 0; i < tuner->setting_count; i++) {
        const char *text = tuner_value_text(&tuner->settings[i], numbers[i], values->texts[i]);
        values->values[values->count++] = (struct scenario_value){tuner->settings[i].address, text};
    }
}

struct scenario *tuner_scenario(const struct tuner *tuner, const int64_t *numbers)
{
    struct values values;
    fill(tuner, numbers, &values);
    return point_scenario(tuner->points, &(struct point){values.values, values.count, 0},
                          tuner->error);
}

bool tuner_is_valid(void *tuner, const int64_t *numbers)
{
    struct scenario *scenario = tuner_scenario(tuner, numbers);
    scenario_free(scenario);
    return scenario != NULL;
}

struct batch {
    struct tuner *tuner;
    const struct tune_trial *trials;
    struct tuner_run *runs;
    const int64_t *numbers;     // of all, instead of trials,
    struct tuner_extra *extras; // with these
    struct sim_error errors[TUNE_BATCH_MAX];
    bool failed[TUNE_BATCH_MAX];
};

static size_t figures_of(const struct tuner *tuner, struct report_figure *figures)
{
    size_t count = 0;
    for (size_t i = 0; i < tuner->slo_count; i++)
        figures[count++] = slo_figure(&tuner->slos[i]);
    for (size_t i = 0; i < tuner->extra_count; i++)
        figures[count++] = tuner->extras[i];
    return count;
}

static bool run_point(struct tuner *tuner, struct values *values, uint32_t seed,
                      struct report_database *database, bool log_requests,
                      struct point_result *result)
{
    struct report_figure figures[POINT_FIGURES_MAX];
    const struct point_options options = {.figures = figures,
                                          .figure_count = figures_of(tuner, figures),
                                          .database = database,
                                          .log_requests = log_requests};
    return point_run(tuner->points, &(struct point){values->values, values->count, seed}, &options,
                     result);
}

static bool run_one(void *context, uint64_t index)
{
    struct batch *batch = context;
    struct tuner *tuner = batch->tuner;
    struct tuner_extra *extra = batch->extras == NULL ? NULL : &batch->extras[index];
    struct tuner_run *run = extra == NULL ? &batch->runs[index] : &extra->run;
    struct values values;
    struct point_result result;
    fill(tuner, extra == NULL ? batch->trials[index].values : batch->numbers, &values);
    for (size_t i = 0; extra != NULL && i < extra->count && values.count < VALUES_MAX; i++)
        values.values[values.count++] = extra->values[i];
    if (!run_point(tuner, &values, extra == NULL ? 0 : extra->seed, NULL, false, &result)) {
        batch->errors[index] = result.error;
        batch->failed[index] = true;
        return false;
    }
    memcpy(run->values, result.values, tuner->slo_count * sizeof *run->values);
    memcpy(run->extra, result.values + tuner->slo_count, tuner->extra_count * sizeof *run->extra);
    run->digest = result.digest;
    run->end_ns = result.end_ns;
    return true;
}

static void tell(void *context, uint64_t done)
{
    const struct tuner *tuner = ((struct batch *)context)->tuner;
    if (tuner->watch->progress == NULL)
        return;
    double share = (tuner->done + (double)done) / tuner->total;
    tuner->watch->progress(tuner->watch->progress_context,
                           &(struct progress_state){share > 0.99 ? 0.99 : share, 0});
}

static bool run_batch(struct batch *batch, size_t count)
{
    struct tuner *tuner = batch->tuner;
    jobs_run(&(struct jobs){count, tuner->jobs, run_one, tell, batch});
    tuner->done += (double)count;
    for (size_t i = 0; i < count; i++) {
        if (batch->failed[i]) {
            *tuner->error = batch->errors[i];
            return false;
        }
    }
    return *tuner->watch->stop == 0 || sim_fail(tuner->error, SIM_FAILED, "interrupted");
}

static bool judge(const struct tuner *tuner, const struct tuner_run *run, double *excess)
{
    bool all = true;
    *excess = -INFINITY;
    for (size_t i = 0; i < tuner->slo_count; i++) {
        all = all && slo_holds(&tuner->slos[i], run->values[i]);
        *excess = fmax(*excess, slo_excess(&tuner->slos[i], run->values[i]));
    }
    return all;
}

bool tuner_try_all(void *context, struct tune_trial *trials, size_t count)
{
    struct tuner *tuner = context;
    struct tuner_run *runs = tuner->runs + (trials - tuner->result->trials);
    struct batch batch = {.tuner = tuner, .trials = trials, .runs = runs};
    if (!run_batch(&batch, count))
        return false;
    for (size_t i = 0; i < count; i++)
        trials[i].holds = judge(tuner, &runs[i], &trials[i].excess);
    return true;
}

bool tuner_run_extras(struct tuner *tuner, const int64_t *values, struct tuner_extra *extras,
                      size_t count)
{
    for (size_t at = 0; at < count; at += TUNE_BATCH_MAX) {
        size_t some = count - at < TUNE_BATCH_MAX ? count - at : TUNE_BATCH_MAX;
        struct batch batch = {.tuner = tuner, .numbers = values, .extras = extras + at};
        if (!run_batch(&batch, some))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        double excess;
        extras[i].is_empty = true;
        for (size_t j = 0; j < tuner->slo_count; j++)
            extras[i].is_empty = extras[i].is_empty && isnan(extras[i].run.values[j]);
        extras[i].holds = judge(tuner, &extras[i].run, &excess);
    }
    return true;
}

int64_t tuner_keep(struct tuner *tuner, const int64_t *numbers, struct report_database *database,
                   bool log_requests, struct sim_error *error)
{
    struct values values;
    struct point_result result;
    fill(tuner, numbers, &values);
    if (run_point(tuner, &values, 0, database, log_requests, &result))
        return result.run_id;
    *error = result.error;
    return 0;
}
