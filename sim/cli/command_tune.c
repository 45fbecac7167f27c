// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim tune
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/compare/stored_run.h"
#include "sim/tune/tune.h"

#include <stdlib.h>
#include <string.h>

struct tune_arguments {
    struct command_call call;
    struct option_list slos;
    const char *minimise;
    int64_t seeds;
    const char *split;
    const char *db;
    const struct engine_algorithm *algorithm;
    int64_t jobs;
};

static const struct option_row rows[] = {
    {"slo", 0, OPTION_LIST, "CONDITION", offsetof(struct tune_arguments, slos),
     "what is to hold, such as 'db.read.p99 < 20ms', 'wait.p99 <= 0' or 'db.write.iops > 100'; may "
     "be given often. All are to hold"},
    {"minimise", 0, OPTION_TEXT, "GROUP.LIMIT,...", offsetof(struct tune_arguments, minimise),
     "the limits that are looked for, of a group or a member, at most three: gold.iops-total, "
     "gold.iops-total-max. Of several, their product is to be small"},
    {"seeds", 0, OPTION_NUMBER, "N", offsetof(struct tune_arguments, seeds),
     "try the answer with so many other seeds, where something of the scenario is drawn"},
    {"split", 0, OPTION_TEXT, "TIME", offsetof(struct tune_arguments, split),
     "try the answer with each part of so long of the recordings by itself, such as 10min"},
    {"db", 0, OPTION_TEXT, "FILE", offsetof(struct tune_arguments, db),
     "store the answer's run in this SQLite file, beside the runs it holds. It is made if it is "
     "not there"},
    {"engine", 0, OPTION_ENGINE, "NAME", offsetof(struct tune_arguments, algorithm),
     "throttle with this algorithm instead of the scenario's; 'throttlesim engines' lists them"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct tune_arguments, jobs),
     "how many runs at a time; the default is one for each processor. The answer is the same"},
    OPTIONS_TOP("runs that were tried last", "their values"),
    OPTION_JSON("all as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

// All that is to be freed.
struct work {
    struct tune_arguments *arguments;
    struct tune_options options;
    char *minimise;
    char *addresses[TUNE_SETTINGS_MAX];
    struct tuning tuning;
    struct report_database *database;
};

static bool read_settings(struct work *work, struct sim_error *error)
{
    struct tune_options *options = &work->options;
    if (work->arguments->minimise == NULL)
        return sim_fail(error, SIM_USAGE,
                        "--minimise is needed: the limits that are looked for, such as "
                        "gold.iops-total");
    work->minimise = strdup(work->arguments->minimise);
    if (work->minimise == NULL)
        return sim_fail_memory(error);
    options->addresses = work->addresses;
    for (char *item = work->minimise; item != NULL;) {
        char *comma = strchr(item, ',');
        if (comma != NULL)
            *comma = '\0';
        if (options->address_count == TUNE_SETTINGS_MAX)
            return sim_fail(error, SIM_USAGE, "--minimise: at most %d limits at a time",
                            TUNE_SETTINGS_MAX);
        work->addresses[options->address_count++] = item;
        item = comma != NULL ? comma + 1 : NULL;
    }
    return true;
}

static bool read_options(struct work *work, struct sim_error *error)
{
    const struct tune_arguments *arguments = work->arguments;
    struct tuner *tuner = &work->tuning.tuner;
    if (arguments->call.operand_count != 1)
        return sim_fail(error, SIM_USAGE, "one scenario is needed, found %zu",
                        arguments->call.operand_count);
    if (!tuner_read_slos(tuner, arguments->slos.texts, arguments->slos.count, "db.read.p99 < 20ms",
                         error))
        return false;
    if (arguments->seeds > TUNE_SEEDS_MAX)
        return sim_fail(error, SIM_USAGE, "--seeds: at most %d", TUNE_SEEDS_MAX);
    work->options.seeds = (uint32_t)arguments->seeds;
    return read_settings(work, error) &&
           options_time("split", arguments->split, 1, &work->options.split_ns, error) &&
           options_jobs(arguments->jobs, &tuner->jobs, error);
}

static bool search(struct work *work, const struct progress_watch *watch, struct sim_error *error)
{
    struct command_call *call = &work->arguments->call;
    const struct scenario_settings settings = {.algorithm = work->arguments->algorithm,
                                               .progress = progress_show,
                                               .progress_context = &call->progress};
    const char *path = call->operands[0];
    struct scenario *scenario = scenario_load_as(path, &settings, error);
    if (scenario == NULL)
        command_explain_trace(path, "for a bare trace: throttlesim advise --slo 'wait.p99 < 10ms'",
                              error);
    return tuner_open(&work->tuning.tuner, scenario, path, &settings, watch, error) &&
           tune(&work->tuning, &work->options, error);
}

// Before the search: what cannot be stored is to be known before minutes of runs.
static bool open_database(struct work *work, struct sim_error *error)
{
    struct report_error report_error;
    if (work->arguments->db == NULL)
        return true;
    work->database = report_database_open(work->arguments->db, REPORT_WRITE, &report_error);
    return work->database != NULL || stored_run_fail(&report_error, error);
}

static bool keep(struct work *work, struct sim_error *error)
{
    struct tuning *tuning = &work->tuning;
    if (work->database == NULL || !tuning->result.is_found)
        return true;
    tuning->run_id = tuner_keep(&tuning->tuner, tuning->result.trials[tuning->result.answer].values,
                                work->database, false, error);
    return tuning->run_id != 0;
}

static bool print(struct work *work, struct sim_error *error)
{
    struct command_call *call = &work->arguments->call;
    const struct report_style style = command_style(call);
    if (call->json)
        return command_print_json(tune_json(&work->tuning), error);
    return tune_print(&work->tuning, &style) || sim_fail_memory(error);
}

static void release(struct work *work)
{
    report_database_close(work->database);
    tuning_free(&work->tuning);
    tuner_close(&work->tuning.tuner);
    free(work->minimise);
    free(work);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct tune_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    const struct progress_watch watch = {&stop_signal, progress_show, &call->progress};
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL)
        return sim_fail_memory(error);
    work->arguments = arguments;
    bool ok = read_options(work, error);
    if (ok) {
        stop_on_signals();
        progress_start(&call->progress, call->eta);
        ok = open_database(work, error) && search(work, &watch, error) && keep(work, error);
        progress_end(&call->progress);
    }
    ok = ok && print(work, error) && command_flush(error) &&
         (work->tuning.result.is_found ||
          sim_fail(error, SIM_CHECK_FAILED, "no value that was tried satisfies all SLOs"));
    release(work);
    return ok;
}

const struct command command_tune[] = {
    {NULL, "tune", "find the smallest limits with which SLOs hold",
     "SCENARIO.yaml --slo CONDITION --minimise GROUP.LIMIT",
     "Runs the scenario with other limits until the smallest are found with which all SLOs hold, "
     "and says how far that holds. A condition is [MEMBER.][DIRECTION.]METRIC, one of > >= < <=, "
     "and a value; without MEMBER it is of all together, 'worst' is the one where it is worst; "
     "without "
     "DIRECTION it is of read+write; wait.p99 is of "
     "the wait in the throttle. Exit code 4 if no value satisfies all.",
     rows, sizeof(struct tune_arguments), run},
};
