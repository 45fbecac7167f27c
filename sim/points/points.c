// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/points/points.h"

#include "reports/query.h"
#include "sim/compare/stored_run.h"

#include <assert.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct points_tape {
    struct points_tape *next;
    char *inputs;
    struct scenario *scenario; // its own; NULL: the points' base
    struct senders senders;
    bool is_whole; // else the error says why not
    struct sim_error error;
};

// ---- Scenarios ----

static void shift(int64_t *seed, uint32_t by)
{
    *seed = (int64_t)(((uint64_t)*seed + by) & INT64_MAX);
}

static bool is_drawn(const struct scenario_device *device)
{
    return device->model == SCENARIO_DEVICE_RANDOM || device->model == SCENARIO_DEVICE_QUEUE;
}

static bool has_stalls(const struct scenario *scenario)
{
    return scenario->stalls.rate.numerator > 0;
}

// All seeds that count, as if other numbers stood there.
static void shift_seeds(struct scenario *scenario, uint32_t by)
{
    if (is_drawn(&scenario->device))
        shift(&scenario->device.seed, by);
    for (size_t i = 0; i < scenario->device_count; i++) {
        if (is_drawn(&scenario->devices[i]))
            shift(&scenario->devices[i].seed, by);
    }
    if (has_stalls(scenario))
        shift(&scenario->stalls.seed, by);
}

bool points_are_drawn(const struct scenario *scenario)
{
    bool drawn = is_drawn(&scenario->device) || has_stalls(scenario);
    for (size_t i = 0; i < scenario->device_count; i++)
        drawn = drawn || is_drawn(&scenario->devices[i]);
    return drawn;
}

// The values that are a scenario's go to the others; the rest is kept here.
struct taken {
    struct scenario_settings settings;
    struct scenario_value *values;
    bool is_per_disk;
};

static bool take(struct taken *taken, const struct scenario_value *value, struct sim_error *error)
{
    char hint[SCENARIO_ENGINE_HINT];
    if (strcmp(value->address, "engine") == 0) {
        taken->settings.algorithm = engine_find(value->text);
        return taken->settings.algorithm != NULL ||
               sim_fail(error, SIM_USAGE, "unknown engine '%.64s'%s", value->text,
                        scenario_engine_hint(value->text, hint));
    }
    if (strcmp(value->address, POINT_SHARING) == 0) {
        taken->is_per_disk = strcmp(value->text, "per-disk") == 0;
        return taken->is_per_disk || strcmp(value->text, "group") == 0 ||
               sim_fail(error, SIM_USAGE,
                        POINT_SHARING ": expected group or per-disk, found "
                                      "'%.64s'",
                        value->text);
    }
    taken->values[taken->settings.value_count++] = *value;
    return true;
}

static struct scenario *read_point(const struct points *points, const struct point *point,
                                   struct taken *taken, struct sim_error *error)
{
    taken->settings = points->settings;
    taken->settings.values = taken->values;
    for (size_t i = 0; i < point->count; i++) {
        if (!take(taken, &point->values[i], error))
            return NULL;
    }
    return scenario_parse_as(points->base->name, points->directory, points->text, points->length,
                             &taken->settings, error);
}

struct scenario *point_scenario(const struct points *points, const struct point *point,
                                struct sim_error *error)
{
    struct taken taken = {.values = calloc(point->count + 1, sizeof *taken.values)};
    struct scenario *scenario = NULL;
    if (taken.values != NULL)
        scenario = read_point(points, point, &taken, error);
    else
        sim_fail_memory(error);
    free(taken.values);
    if (scenario == NULL)
        return NULL;
    shift_seeds(scenario, point->seed);
    if ((!taken.is_per_disk || scenario_share_out(scenario, error)) &&
        scenario_write_source(scenario, error))
        return scenario;
    scenario_free(scenario);
    return NULL;
}

static bool is_whole_of(const char *whole, const char *address)
{
    static const char *const lists[] = {"groups.", "members."};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        size_t length = strlen(lists[i]);
        if (strncmp(whole, lists[i], length) == 0 && strcmp(whole + length, address) == 0)
            return true;
    }
    return false;
}

bool points_same_address(const char *one, const char *other)
{
    return strcmp(one, other) == 0 || is_whole_of(one, other) || is_whole_of(other, one);
}

bool points_check(const struct points *points, const struct vary *varies, size_t count,
                  struct sim_error *error)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (points_same_address(varies[i].address, varies[j].address))
                return sim_fail(error, SIM_USAGE, "--vary: '%s' is varied twice",
                                varies[i].address);
        }
        for (size_t j = 0; j < varies[i].count; j++) {
            if (*points->stop)
                return sim_fail(error, SIM_FAILED, "interrupted");
            const struct scenario_value value = {varies[i].address, varies[i].values[j]};
            struct sim_error found;
            struct scenario *scenario =
                point_scenario(points, &(struct point){&value, 1, 0}, &found);
            bool is_wrong = scenario == NULL && found.exit == SIM_USAGE;
            scenario_free(scenario);
            if (is_wrong)
                return sim_fail(error, SIM_USAGE, "--vary: %s", found.message);
        }
    }
    return true;
}

// ---- Tapes ----

// Reads the traces of the scenario, which it takes over unless it is the base.
static struct points_tape *add_tape(struct points *points, struct scenario *scenario, char *inputs,
                                    const struct progress_watch *watch)
{
    struct points_tape *tape = calloc(1, sizeof *tape);
    if (tape == NULL)
        return NULL;
    tape->inputs = inputs;
    tape->is_whole = senders_keep(&tape->senders, scenario, watch, &tape->error);
    if (!tape->is_whole && *points->stop) {
        senders_close(&tape->senders); // it can be read again
        free(tape);
        return NULL;
    }
    tape->scenario = scenario == points->base ? NULL : scenario;
    tape->next = points->tapes;
    points->tapes = tape;
    return tape;
}

// The tape of the scenario's inputs, read if need be while the others wait. *is_taken: the scenario
// is the tape's from now on. NULL with the error filled.
static const struct points_tape *find_tape(struct points *points, struct scenario *scenario,
                                           bool *is_taken, struct sim_error *error)
{
    const struct progress_watch watch = {.stop = points->stop};
    char *inputs = scenario_inputs(scenario);
    if (inputs == NULL) {
        sim_fail_memory(error);
        return NULL;
    }
    pthread_mutex_lock(&points->lock);
    struct points_tape *tape = points->tapes;
    while (tape != NULL && strcmp(tape->inputs, inputs) != 0)
        tape = tape->next;
    bool is_new = tape == NULL;
    if (is_new)
        tape = add_tape(points, scenario, inputs, &watch);
    pthread_mutex_unlock(&points->lock);
    *is_taken = is_new && tape != NULL;
    if (!*is_taken)
        free(inputs);
    if (tape == NULL)
        sim_fail(error, SIM_FAILED, *points->stop ? "interrupted" : "out of memory");
    else if (!tape->is_whole)
        *error = tape->error;
    return tape != NULL && tape->is_whole ? tape : NULL;
}

// ---- All ----

static bool take_text(struct points *points, struct scenario *base, const char *path,
                      struct sim_error *error)
{
    bool is_file = path != NULL && strcmp(path, "-") != 0;
    // A text from which volumes would be read again for each point is written out.
    if ((base->source == NULL || base->has_read_volumes) && !scenario_write_source(base, error))
        return false;
    char *copy = strdup(is_file && !base->has_read_volumes ? path : "./x");
    points->text = malloc(base->source_length + 1);
    points->directory = copy == NULL ? NULL : strdup(dirname(copy));
    free(copy);
    if (points->text == NULL || points->directory == NULL)
        return sim_fail_memory(error);
    memcpy(points->text, base->source, base->source_length);
    points->text[base->source_length] = '\0';
    points->length = base->source_length;
    return true;
}

bool points_open(struct points *points, struct scenario *base, const char *path,
                 const struct scenario_settings *settings, const struct progress_watch *watch,
                 struct sim_error *error)
{
    *points = (struct points){
        .base = base,
        .settings = {.algorithm = settings->algorithm, .lenient = settings->lenient},
        .stop = watch->stop,
    };
    pthread_mutex_init(&points->lock, NULL);
    if (!take_text(points, base, path, error))
        return false;
    char *inputs = scenario_inputs(base);
    struct points_tape *tape = inputs == NULL ? NULL : add_tape(points, base, inputs, watch);
    if (tape == NULL) {
        free(inputs);
        return sim_fail(error, SIM_FAILED, *points->stop ? "interrupted" : "out of memory");
    }
    if (!tape->is_whole)
        *error = tape->error;
    return tape->is_whole;
}

void points_close(struct points *points)
{
    while (points->tapes != NULL) {
        struct points_tape *tape = points->tapes;
        points->tapes = tape->next;
        senders_close(&tape->senders);
        scenario_free(tape->scenario);
        free(tape->inputs);
        free(tape);
    }
    free(points->text);
    free(points->directory);
    pthread_mutex_destroy(&points->lock);
}

static const struct tape *own_tape(const struct points *points)
{
    const struct points_tape *tape = points->tapes;
    while (tape->scenario != NULL)
        tape = tape->next;
    return &tape->senders.tape;
}

uint64_t points_requests(const struct points *points)
{
    return own_tape(points)->count;
}

uint64_t points_checksum(const struct points *points)
{
    return tape_checksum(own_tape(points));
}

uint64_t points_tape_size(struct points *points)
{
    uint64_t size = 0;
    pthread_mutex_lock(&points->lock);
    for (const struct points_tape *tape = points->tapes; tape != NULL; tape = tape->next)
        size += tape_size(&tape->senders.tape);
    pthread_mutex_unlock(&points->lock);
    return size;
}

// ---- Running ----

// What the run's row says, and the figures.
static bool read_result(struct report_database *database, const struct point_options *options,
                        int64_t run_id, struct point_result *result)
{
    struct report_error error;
    sqlite3_stmt *rows = report_query_open(
        database,
        "SELECT digest, end_ns, arrived, dispatched, completed FROM run WHERE run_id = ?1", run_id,
        &error);
    if (report_query_next(rows)) {
        result->digest = strtoull(report_query_text(rows, 0), NULL, 16);
        result->end_ns = sqlite3_column_int64(rows, 1);
        result->arrived = sqlite3_column_int64(rows, 2);
        result->dispatched = sqlite3_column_int64(rows, 3);
        result->completed = sqlite3_column_int64(rows, 4);
    }
    bool ok = report_query_close(rows, &error);
    for (size_t i = 0; ok && i < options->figure_count; i++)
        ok = report_figure_read(database, run_id, &options->figures[i], &result->values[i],
                                &result->members[i], &error);
    return ok || stored_run_fail(&error, &result->error);
}

static bool run_in(struct report_database *database, const struct points *points,
                   const struct scenario *scenario, const struct points_tape *tape,
                   const struct point_options *options, struct point_result *result)
{
    const struct run_options run_options = {
        .log_requests = options->log_requests,
        .omit_series = options->database == NULL,
        .watch.stop = points->stop,
        .kept = &tape->senders,
    };
    enum report_status status;
    int64_t run_id;
    bool ok = run_scenario(scenario, &run_options, database, &run_id, &status, &result->error);
    result->run_id = options->database == NULL ? 0 : run_id;
    if (ok && status == REPORT_INTERRUPTED)
        return sim_fail(&result->error, SIM_FAILED, "interrupted");
    return ok && read_result(database, options, run_id, result);
}

static bool run_scenario_of(struct points *points, struct scenario *scenario, bool *is_taken,
                            const struct point_options *options, struct point_result *result)
{
    struct report_error report_error;
    const struct points_tape *tape = find_tape(points, scenario, is_taken, &result->error);
    if (tape == NULL)
        return false;
    struct report_database *database = options->database;
    if (database == NULL)
        database = report_database_open(NULL, REPORT_WRITE, &report_error);
    if (database == NULL)
        return stored_run_fail(&report_error, &result->error);
    bool ok = run_in(database, points, scenario, tape, options, result);
    if (options->database == NULL)
        report_database_close(database);
    return ok;
}

bool point_run(struct points *points, const struct point *point,
               const struct point_options *options, struct point_result *result)
{
    bool is_taken = false;
    assert(options->figure_count <= POINT_FIGURES_MAX);
    *result = (struct point_result){.error.exit = SIM_DONE};
    struct scenario *scenario = point_scenario(points, point, &result->error);
    bool ok = scenario != NULL && run_scenario_of(points, scenario, &is_taken, options, result);
    if (!is_taken)
        scenario_free(scenario);
    result->is_stopped = !ok && *points->stop != 0;
    if (ok)
        result->error.exit = SIM_DONE;
    return ok;
}
