// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/validate/validate.h"

#include "sim/base/jobs.h"
#include "sim/parts/trace_names.h"
#include "traces/bit_mix.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define READING_SHARE 0.3 // of the time that all takes
#define BAND_LOW 50       // per mille
#define BAND_HIGH 950

static void keep_notice(void *context, const struct trace_notice *notice)
{
    struct report_validation *validation = context;
    size_t count = validation->notice_count;
    struct validation_notice *larger =
        realloc(validation->notices, (count + 1) * sizeof *validation->notices);
    if (larger == NULL)
        return;
    validation->notices = larger;
    larger[count] = (struct validation_notice){
        .kind = strdup(notice->kind),
        .source = strdup(notice->source),
        .text = strdup(notice->text),
        .count = notice->count,
    };
    validation->notice_count = count + (larger[count].kind != NULL &&
                                        larger[count].source != NULL && larger[count].text != NULL);
}

static void tell(const struct validating *validating, double done)
{
    const struct progress_watch *watch = &validating->options->watch;
    double share = done / (double)validating->planned;
    struct progress_state state = {READING_SHARE + (1 - READING_SHARE) * share, 0};
    if (watch->progress != NULL)
        watch->progress(watch->progress_context, &state);
}

// ---- The recording ----

// Arrivals that answer read the traces in each replay.
static bool check_paths(const struct scenario *scenario, struct sim_error *error)
{
    for (size_t i = 0; i < scenario->member_count + scenario->trace_count; i++) {
        const struct scenario_trace *trace = i < scenario->member_count
                                                 ? &scenario->members[i].trace
                                                 : &scenario->traces[i - scenario->member_count];
        if (trace->path != NULL && trace->csv == NULL && trace_path_is_stream(trace->path))
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s: --arrival dependent needs the trace more than once, and %s can be "
                            "read once only: save it in a file",
                            scenario->name, streams_name(trace->path));
    }
    return true;
}

// "total" would be two rows, and --fail-if could mean either.
static bool check_names(const struct scenario *scenario, struct sim_error *error)
{
    for (size_t i = 0; i < scenario->member_count; i++) {
        if (strcmp(scenario->members[i].name, VALIDATION_TOTAL) == 0)
            return sim_fail(error, SIM_BAD_INPUT,
                            "%s: the member 'total' has the name that all members together have in "
                            "the result; give it another id%s",
                            scenario->name,
                            scenario->members[i].volume == NULL &&
                                    scenario->members[i].trace.path == NULL
                                ? ", and volume: total"
                                : "");
    }
    return true;
}

// Everything that is given here counts for the whole of the work.
static bool prepare(struct validating *validating, struct sim_error *error)
{
    struct report_validation *validation = validating->validation;
    struct scenario *scenario = validating->scenario;
    struct recorded *recorded = &validating->recorded;
    for (size_t i = 0; i < scenario->member_count; i++)
        scenario->members[i].arrivals = validating->options->is_dependent
                                            ? SCENARIO_ARRIVALS_DEPENDENT
                                            : SCENARIO_ARRIVALS_OPEN;
    const struct progress_watch *watch = &validating->options->watch;
    struct progress_part part = {watch->progress, watch->progress_context, 0, READING_SHARE};
    struct progress_watch reading = {watch->stop, progress_tell_part, &part};
    if (!recorded_read(recorded, scenario, &reading, keep_notice, validation, error))
        return false;
    if (scenario->end_ns > recorded->end_ns)
        scenario->end_ns = recorded->end_ns;
    validation->requests.count = recorded->count;
    validation->requests.member_count = scenario->member_count;
    validation->requests.end_ns = scenario->end_ns;
    validation->requests.items = calloc(recorded->count + 1, sizeof *validation->requests.items);
    validation->outcomes = calloc(recorded->count + 1, sizeof *validation->outcomes);
    validation->member_count = scenario->member_count;
    validation->members = calloc(scenario->member_count + 1, sizeof *validation->members);
    if (validation->requests.items == NULL || validation->outcomes == NULL ||
        validation->members == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < scenario->member_count; i++)
        validation->members[i].name = scenario->members[i].name;
    validation->members[scenario->member_count].name = VALIDATION_TOTAL;
    return true;
}

// ---- The figures ----

static bool measure_all(const struct validating *validating,
                        const struct validation_outcome *outcomes,
                        struct report_change (*values)[VALIDATION_FIGURE_COUNT], uint64_t *to_come)
{
    const struct report_validation *validation = validating->validation;
    for (size_t m = 0; m <= validation->member_count; m++) {
        if (!validation_measure(&validation->requests, outcomes, m, values[m], &to_come[m]))
            return false;
    }
    return true;
}

static bool predict(struct validating *validating, struct sim_error *error)
{
    struct report_validation *validation = validating->validation;
    struct trial trial = trial_of(validating, validation->outcomes);
    struct report_change values[VALIDATION_FIGURE_COUNT];
    trial.is_dependent = validating->options->is_dependent;
    trial.notice = trial.is_dependent ? keep_notice : NULL;
    trial.notice_context = validation;
    if (!trial_run(&trial, error))
        return false;
    for (size_t m = 0; m <= validation->member_count; m++) {
        struct validation_member *member = &validation->members[m];
        if (!validation_measure(&validation->requests, validation->outcomes, m, values,
                                &member->to_come))
            return sim_fail_memory(error);
        for (int i = 0; i < VALIDATION_FIGURE_COUNT; i++)
            member->figures[i] = (struct validation_figure_value){
                .value = values[i],
                .low = NAN,
                .high = NAN,
            };
    }
    return true;
}

// ---- The band ----

struct band {
    struct validating *validating;
    struct report_change (*values)[VALIDATION_FIGURE_COUNT]; // run by run, member by member
    _Atomic bool failed;
    struct sim_error error; // of the one that failed
};

// Arrivals that answer come earlier or later when what they wait for does: a device of one time for
// all gives each up to so much more or less. Other devices are left as they are.
struct shaken {
    struct scenario_class class;
    int64_t quantiles[2];
};

static void shake(struct trial *trial, struct shaken *shaken)
{
    struct scenario_device *device = &trial->scenario.device;
    int64_t middle_ns = device->latency_ns, jitter_ns = trial->jitter_ns;
    if (device->model != SCENARIO_DEVICE_FIXED)
        return;
    shaken->quantiles[0] = middle_ns > jitter_ns ? middle_ns - jitter_ns : 0;
    shaken->quantiles[1] = middle_ns > INT64_MAX - jitter_ns ? INT64_MAX : middle_ns + jitter_ns;
    shaken->class = (struct scenario_class){
        .mean_ns = INT64_MAX,
        .serial_ns = INT64_MAX,
        .quantiles = shaken->quantiles,
        .quantile_count = 2,
    };
    device->model = SCENARIO_DEVICE_RANDOM;
    device->seed = (int64_t)(trial->seed >> 1);
    device->classes = &shaken->class;
    device->class_count = 1;
}

static bool run_one(void *context, uint64_t index)
{
    struct band *band = context;
    struct validating *validating = band->validating;
    size_t members = validating->validation->member_count + 1;
    struct validation_outcome *outcomes =
        malloc((validating->recorded.count + 1) * sizeof *outcomes);
    uint64_t *to_come = malloc(members * sizeof *to_come);
    struct trial trial = trial_of(validating, outcomes);
    struct sim_error error = {.exit = SIM_FAILED};
    struct shaken shaken;
    trial.is_dependent = validating->options->is_dependent;
    trial.jitter_ns = validating->options->jitter_ns;
    trial.seed = trace_mix(index + 1);
    trial.scenario.stalls.seed = (int64_t)(trial.seed >> 1);
    if (trial.is_dependent)
        shake(&trial, &shaken);
    bool ok =
        outcomes != NULL && to_come != NULL ? trial_run(&trial, &error) : sim_fail_memory(&error);
    if (ok && !measure_all(validating, outcomes, band->values + index * members, to_come))
        ok = sim_fail_memory(&error);
    if (!ok && !atomic_exchange(&band->failed, true))
        band->error = error;
    free(outcomes);
    free(to_come);
    return ok;
}

static void tell_runs(void *context, uint64_t done)
{
    const struct band *band = context;
    tell(band->validating, (double)(band->validating->done + done));
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double rank_of(const double *sorted, size_t count, size_t per_mille)
{
    size_t rank = (count * per_mille + 999) / 1000;
    return sorted[rank > 0 ? rank - 1 : 0];
}

static bool set_band(const struct band *band, size_t member, int figure)
{
    struct report_validation *validation = band->validating->validation;
    struct validation_figure_value *found = &validation->members[member].figures[figure];
    double *values = malloc((validation->runs + 1) * sizeof *values);
    size_t count = 0;
    for (uint64_t run = 0; values != NULL && run < validation->runs; run++) {
        double value = band->values[run * (validation->member_count + 1) + member][figure].b;
        if (!isnan(value))
            values[count++] = value;
    }
    if (count > 0) {
        qsort(values, count, sizeof *values, compare);
        found->low = rank_of(values, count, BAND_LOW);
        found->high = rank_of(values, count, BAND_HIGH);
    }
    free(values);
    return values != NULL;
}

static bool predict_band(struct validating *validating, struct sim_error *error)
{
    struct report_validation *validation = validating->validation;
    size_t members = validation->member_count + 1;
    struct band band = {.validating = validating};
    struct jobs jobs = {
        .count = validation->runs,
        .threads = validating->options->jobs,
        .work = run_one,
        .tell = tell_runs,
        .context = &band,
    };
    band.values = malloc((validation->runs * members + 1) * sizeof *band.values);
    bool ok = band.values != NULL || sim_fail_memory(error);
    if (ok && validation->runs > 0) {
        jobs_run(&jobs);
        ok = !band.failed;
        if (!ok)
            *error = band.error;
    }
    for (size_t m = 0; ok && m < members; m++) {
        for (int i = 0; ok && i < VALIDATION_OUTSIDE; i++)
            ok = set_band(&band, m, i) || sim_fail_memory(error);
    }
    free(band.values);
    return ok;
}

// ---- All ----

bool validate(struct report_validation *validation, struct scenario *scenario,
              const struct validate_options *options, struct sim_error *error)
{
    struct validating validating = {
        .validation = validation, .scenario = scenario, .options = options};
    validation->name = scenario->name;
    validation->arrival = options->is_dependent ? "dependent" : "issue";
    validation->jitter_ns = options->jitter_ns;
    validation->runs = options->jitter_ns > 0 ? options->runs : 0;
    validating.planned = validation->runs + 1;
    bool ok = check_names(scenario, error) &&
              (!options->is_dependent || check_paths(scenario, error)) &&
              prepare(&validating, error) && classify(&validating, error) &&
              fit_all(&validating, error) && predict(&validating, error) &&
              predict_band(&validating, error);
    if (ok)
        validation_judge(validation);
    recorded_free(&validating.recorded);
    return ok;
}
