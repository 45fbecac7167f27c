// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sweep/sweep_grid.h"

#include "sim/base/jobs.h"
#include "sim/base/units.h"
#include "sim/compare/stored_run.h"
#include "sim/points/figure_text.h"
#include "traces/bit_mix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STORE_S 1.0                 // between two times of storing
#define RUNS_MAX UINT64_C(10000000) // their rows are in memory, some 200 bytes each

// ---- Opening ----

static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = trace_mix(hash ^ (unsigned char)*text) + TRACE_MIX_STEP;
    return trace_mix(hash ^ 0x100);
}

// What makes two sweeps one: all that decides what is in a row, and which rows there are.
static uint64_t identify(const struct sweep *sweep)
{
    const struct report_sweep *report = &sweep->report;
    uint64_t hash = trace_mix(report->seeds);
    hash = mix_text(hash, report->scenario);
    hash = mix_text(hash, report->version);
    hash = trace_mix(hash ^ points_checksum(sweep->points));
    for (size_t i = 0; i < report->setting_count; i++) {
        hash = mix_text(hash, report->settings[i].key);
        for (size_t j = 0; j < report->settings[i].count; j++)
            hash = mix_text(hash, report->settings[i].values[j]);
    }
    for (size_t i = 0; i < report->figure_count; i++)
        hash = mix_text(hash, report->figures[i].name);
    return hash;
}

static bool make_figures(struct sweep *sweep, struct sim_error *error)
{
    const struct sweep_options *options = sweep->options;
    struct report_sweep *report = &sweep->report;
    if (options->figure_count > POINT_FIGURES_MAX)
        return sim_fail(error, SIM_USAGE, "--figure: at most %d", POINT_FIGURES_MAX);
    sweep->figures = calloc(options->figure_count, sizeof *sweep->figures);
    sweep->figure_names = calloc(options->figure_count, sizeof *sweep->figure_names);
    report->figures = calloc(options->figure_count, sizeof *report->figures);
    if (sweep->figures == NULL || sweep->figure_names == NULL || report->figures == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < options->figure_count; i++) {
        report->figure_count = i + 1;
        if (!figure_parse(&sweep->figures[i], &sweep->figure_names[i], "figure",
                          options->figures[i], sweep->points->base, error))
            return false;
        report->figures[i] =
            (struct report_sweep_figure){options->figures[i], sweep->figures[i].metric};
    }
    return true;
}

// Takes a point, or a range of them, off "3,7-9". False: there is none.
static bool take_range(const char **keep, uint64_t *first, uint64_t *last)
{
    char *end;
    if (**keep < '0' || **keep > '9')
        return false;
    *first = *last = strtoull(*keep, &end, 10);
    if (*end == '-')
        *last = strtoull(end + 1, &end, 10);
    *keep = *end == ',' ? end + 1 : end;
    return true;
}

static bool check_keep(const char *keep, uint64_t points, struct sim_error *error)
{
    uint64_t first, last;
    while (keep != NULL && take_range(&keep, &first, &last)) {
        if (first < 1 || last < first || last > points)
            return sim_fail(error, SIM_USAGE,
                            "--keep: expected points from 1 to %" PRIu64 ", found %" PRIu64
                            "-%" PRIu64,
                            points, first, last);
    }
    return true;
}

static bool make_report(struct sweep *sweep, struct sim_error *error)
{
    const struct sweep_options *options = sweep->options;
    const struct scenario *base = sweep->points->base;
    struct report_sweep *report = &sweep->report;
    report->name = base->name;
    report->scenario = sweep->points->text;
    report->version = THROTTLESIM_VERSION;
    report->requests = (int64_t)points_requests(sweep->points);
    report->points = vary_points(options->varies, options->vary_count);
    report->seeds = options->seeds;
    if (report->points == 0 || report->points > RUNS_MAX / report->seeds)
        return sim_fail(error, SIM_USAGE, "--vary: these are more than %d million runs",
                        (int)(RUNS_MAX / 1000000));
    if (!check_keep(options->keep, report->points, error))
        return false;
    report->settings = calloc(options->vary_count + 1, sizeof *report->settings);
    sweep->member_names = calloc(base->member_count, sizeof *sweep->member_names);
    if (report->settings == NULL || sweep->member_names == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < options->vary_count; i++)
        report->settings[report->setting_count++] = (struct report_sweep_setting){
            options->varies[i].address, options->varies[i].values, options->varies[i].count};
    for (size_t i = 0; i < base->member_count; i++)
        sweep->member_names[report->member_count++] = base->members[i].name;
    report->member_names = sweep->member_names;
    if (!make_figures(sweep, error))
        return false;
    report->identity = identify(sweep);
    return report_sweep_make(report) || sim_fail_memory(error);
}

bool sweep_open(struct sweep *sweep, struct points *points, const struct sweep_options *options,
                struct sim_error *error)
{
    struct report_error report_error;
    *sweep = (struct sweep){.options = options, .points = points};
    if (!make_report(sweep, error))
        return false;
    if (options->database != NULL &&
        !report_sweep_begin(options->database, &sweep->report, &sweep->others, &report_error))
        return stored_run_fail(&report_error, error);
    sweep_count_found(sweep);
    return true;
}

void sweep_count_found(struct sweep *sweep)
{
    sweep->found = 0;
    for (uint64_t i = 0; i < sweep_runs(sweep); i++)
        sweep->found += sweep->report.rows[i].is_there;
}

void sweep_close(struct sweep *sweep)
{
    report_sweep_free(&sweep->report);
    for (size_t i = 0; sweep->figure_names != NULL && i < sweep->report.figure_count; i++)
        free(sweep->figure_names[i]);
    free(sweep->figure_names);
    free(sweep->figures);
    free(sweep->member_names);
    free(sweep->report.settings);
    free(sweep->report.figures);
}

// ---- Running ----

// What is being done of it.
struct sweeping {
    struct sweep *sweep;
    uint64_t *todo; // numbers of runs
    uint64_t count;
    uint64_t *done; // of them, that have a row and are not stored yet
    uint64_t done_count;
    pthread_mutex_t lock; // of these
    double stored_s;
    struct report_error report_error;
    bool has_failed; // to store
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Out of memory, or it was to stop: there is no row then, and it can be run again.
static bool fill_row(struct sweep *sweep, uint64_t number, const struct point_result *result)
{
    struct report_sweep_row *row = &sweep->report.rows[number];
    if (result->is_stopped)
        return false;
    row->exit_code = (int)result->error.exit;
    if (row->exit_code != 0 && (row->error = strdup(result->error.message)) == NULL)
        return false;
    row->digest = result->digest;
    row->end_ns = result->end_ns;
    row->arrived = result->arrived;
    row->dispatched = result->dispatched;
    row->completed = result->completed;
    row->run_id = result->run_id;
    memcpy(row->values, result->values, sweep->report.figure_count * sizeof *row->values);
    memcpy(row->members, result->members, sweep->report.figure_count * sizeof *row->members);
    row->is_there = true;
    return true;
}

static bool run_one(struct sweep *sweep, uint64_t number, struct report_database *database,
                    struct point_result *result, struct scenario_value *values)
{
    const struct sweep_options *options = sweep->options;
    const struct point_options point_options = {
        .figures = sweep->figures,
        .figure_count = sweep->report.figure_count,
        .database = database,
        .log_requests = database != NULL && options->log_requests,
    };
    vary_point(options->varies, options->vary_count, number / options->seeds, values);
    const struct point point = {values, options->vary_count, (uint32_t)(number % options->seeds)};
    point_run(sweep->points, &point, &point_options, result);
    return !result->is_stopped;
}

// Of jobs.
static bool work(void *context, uint64_t index)
{
    struct sweeping *sweeping = context;
    struct sweep *sweep = sweeping->sweep;
    struct point_result *result = malloc(sizeof *result);
    struct scenario_value *values = calloc(sweep->options->vary_count + 1, sizeof *values);
    pthread_mutex_lock(&sweeping->lock);
    bool ok = result != NULL && values != NULL && !sweeping->has_failed;
    pthread_mutex_unlock(&sweeping->lock);
    ok = ok && run_one(sweep, sweeping->todo[index], NULL, result, values);
    pthread_mutex_lock(&sweeping->lock);
    if (ok && fill_row(sweep, sweeping->todo[index], result))
        sweeping->done[sweeping->done_count++] = sweeping->todo[index];
    else
        ok = false;
    pthread_mutex_unlock(&sweeping->lock);
    free(result);
    free(values);
    return ok;
}

static void store(struct sweeping *sweeping)
{
    struct sweep *sweep = sweeping->sweep;
    struct report_database *database = sweep->options->database;
    pthread_mutex_lock(&sweeping->lock);
    if (database != NULL && !sweeping->has_failed)
        sweeping->has_failed = !report_sweep_store(database, &sweep->report, sweeping->done,
                                                   sweeping->done_count, &sweeping->report_error);
    sweeping->done_count = 0;
    pthread_mutex_unlock(&sweeping->lock);
    sweeping->stored_s = now_s();
}

// Of jobs, in the caller's thread.
static void tell(void *context, uint64_t done)
{
    struct sweeping *sweeping = context;
    const struct progress_watch *watch = &sweeping->sweep->options->watch;
    const struct progress_state state = {progress_share(done, sweeping->count),
                                         done * (uint64_t)sweeping->sweep->report.requests};
    if (now_s() - sweeping->stored_s >= STORE_S)
        store(sweeping);
    if (watch->progress != NULL)
        watch->progress(watch->progress_context, &state);
}

static bool is_mine(const struct sweep_options *options, uint64_t number)
{
    return options->shards == 0 || number / options->seeds % options->shards == options->shard;
}

// The points that are to be kept: "3,7-9" or "all".
static bool is_kept(const char *keep, uint64_t point)
{
    uint64_t first, last;
    bool found = strcmp(keep, "all") == 0;
    while (!found && take_range(&keep, &first, &last))
        found = first <= point && point <= last;
    return found;
}

// As whole runs, one after the other, once all points have been run: of each the first seed.
static bool keep(struct sweep *sweep, uint64_t from, uint64_t to, struct sim_error *error)
{
    const struct sweep_options *options = sweep->options;
    struct report_error report_error;
    struct point_result *result = malloc(sizeof *result);
    struct scenario_value *values = calloc(options->vary_count + 1, sizeof *values);
    bool ok = (result != NULL && values != NULL) || sim_fail_memory(error);
    for (uint64_t i = from; ok && i < to; i++) {
        struct report_sweep_row *row = &sweep->report.rows[i];
        if (i % options->seeds != 0 || row->exit_code != 0 || row->run_id != 0 ||
            !is_mine(options, i) || !is_kept(options->keep, i / options->seeds + 1))
            continue;
        if (!run_one(sweep, i, options->database, result, values))
            ok = sim_fail(error, SIM_FAILED, "interrupted");
        else if (result->error.exit != SIM_DONE)
            ok = sim_fail(error, result->error.exit, "%s", result->error.message);
        row->run_id = ok ? result->run_id : 0;
        if (ok && !report_sweep_store(options->database, &sweep->report, &i, 1, &report_error))
            ok = stored_run_fail(&report_error, error);
    }
    free(result);
    free(values);
    return ok;
}

static bool run_all(struct sweeping *sweeping, struct sim_error *error)
{
    struct sweep *sweep = sweeping->sweep;
    const struct jobs jobs = {
        .count = sweeping->count,
        .threads = sweep->options->jobs,
        .work = work,
        .tell = tell,
        .context = sweeping,
    };
    sweeping->stored_s = now_s();
    jobs_run(&jobs);
    store(sweeping);
    if (sweeping->has_failed)
        return stored_run_fail(&sweeping->report_error, error);
    uint64_t missing = 0;
    for (uint64_t i = 0; i < sweeping->count; i++)
        missing += !sweep->report.rows[sweeping->todo[i]].is_there;
    if (missing == 0)
        return true;
    if (!*sweep->options->watch.stop)
        return sim_fail_memory(error);
    uint64_t done = 0; // other shards are missing too
    for (uint64_t i = 0; i < sweep_runs(sweep); i++)
        done += sweep->report.rows[i].is_there;
    return sim_fail(error, SIM_FAILED, "interrupted: %" PRIu64 " of %" PRIu64 " runs are done%s",
                    done, sweep_runs(sweep),
                    sweep->options->database != NULL ? "; the same command goes on from there"
                                                     : "");
}

bool sweep_run(struct sweep *sweep, uint64_t from, uint64_t to, struct sim_error *error)
{
    struct sweeping sweeping = {
        .sweep = sweep,
        .todo = calloc(to - from + 1, sizeof *sweeping.todo),
        .done = calloc(to - from + 1, sizeof *sweeping.done),
    };
    pthread_mutex_init(&sweeping.lock, NULL);
    bool ok = (sweeping.todo != NULL && sweeping.done != NULL) || sim_fail_memory(error);
    for (uint64_t i = from; ok && i < to; i++) {
        if (!sweep->report.rows[i].is_there && is_mine(sweep->options, i))
            sweeping.todo[sweeping.count++] = i;
    }
    ok = ok && run_all(&sweeping, error);
    if (ok && sweep->options->keep != NULL)
        ok = keep(sweep, from, to, error);
    pthread_mutex_destroy(&sweeping.lock);
    free(sweeping.todo);
    free(sweeping.done);
    return ok;
}
