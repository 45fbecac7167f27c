// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim run
#include "sim/cli/command.h"

#include "reports/tables.h"
#include "sim/base/stop.h"
#include "sim/compare/stored_run.h"
#include "sim/replay/run.h"
#include "sim/scenario/setting.h"

#include <stdlib.h>
#include <string.h>

struct run_arguments {
    struct command_call call;
    const char *db;
    const char *limits;
    bool each_volume;
    const struct engine_algorithm *algorithm;
    bool lenient;
    struct option_settings settings;
    const char *log;
    int64_t jobs;
};

static const struct option_row rows[] = {
    {"db", 0, OPTION_TEXT, "FILE", offsetof(struct run_arguments, db),
     "store the run in this SQLite file, beside the runs it holds. It is made if it is not there"},
    {"limits", 0, OPTION_TEXT, "KEY=VALUE,...", offsetof(struct run_arguments, limits),
     "no scenario: all traces are members of one group with these limits, named after their files. "
     "'throttlesim limits' lists the keys"},
    {"each-volume", 0, OPTION_FLAG, NULL, offsetof(struct run_arguments, each_volume),
     "only with --limits: every volume in the traces is a member, called as the volume, instead of "
     "every trace. The traces are read once before the run, to know their volumes, so none of them "
     "can be standard input or a pipe"},
    {"engine", 0, OPTION_ENGINE, "NAME", offsetof(struct run_arguments, algorithm),
     "throttle with this algorithm instead of the scenario's; 'throttlesim engines' lists them"},
    {"lenient", 0, OPTION_FLAG, NULL, offsetof(struct run_arguments, lenient),
     "leave out what the engine cannot do, such as limits that it does not have; a notice in the "
     "results says what. Without this it is an error"},
#define ROW(key, kind, field, fallback, option, how, argument, help)                               \
    OPTION(option, how, argument, offsetof(struct run_arguments, settings), help)
    SCENARIO_GROUP_OPTIONS(ROW),
    SCENARIO_MEMBER_OPTIONS(ROW),
    SCENARIO_TRACE_OPTIONS(ROW),
    SCENARIO_OPTIONS(ROW),
    {"volume", 0, OPTION_SETTING_LIST, "NAME", offsetof(struct run_arguments, settings), NULL},
    {"log", 0, OPTION_CHOICE, "requests", offsetof(struct run_arguments, log),
     "store every single request; see the view request_log of the database"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct run_arguments, jobs),
     "how many threads at most: of more than one, one reads the traces; the default is one for "
     "each processor. The results are the same"},
    OPTIONS_TOP("members, and their groups", "how long their requests waited"),
    OPTION_JSON("the results as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

// The run is stored with all that made it what it is.
static bool keep_source(const struct run_arguments *arguments, struct scenario *scenario,
                        struct sim_error *error)
{
    const struct option_settings *settings = &arguments->settings;
    char *options = NULL;
    size_t length;
    if (scenario->source == NULL)
        return scenario_write_source(scenario, error);
    FILE *out = open_memstream(&options, &length);
    if (out == NULL)
        return sim_fail_memory(error);
    if (arguments->algorithm != NULL)
        fprintf(out, " --engine %s", arguments->algorithm->name);
    for (const struct option_row *row = rows; row->name != NULL; row++) {
        for (size_t i = 0; i < settings->count; i++) {
            if (strcmp(settings->options[i].name, row->name) == 0)
                fprintf(out, " --%s %s", row->name, settings->options[i].text);
        }
    }
    if (arguments->lenient)
        fputs(" --lenient", out);
    bool ok = fclose(out) == 0 || sim_fail_memory(error);
    if (ok && length > 0)
        ok = scenario_note_options(scenario, options, error);
    free(options);
    return ok;
}

static struct scenario *quick_scenario(struct run_arguments *arguments,
                                       const struct scenario_settings *settings,
                                       struct sim_error *error)
{
    if (!command_join_traces(&arguments->call, 0, error))
        return NULL;
    struct scenario_quick quick = {
        .settings = *settings,
        .limits = arguments->limits,
        .each_volume = arguments->each_volume,
        .options = arguments->settings.options,
        .option_count = arguments->settings.count,
        .traces = arguments->call.operands,
        .trace_count = arguments->call.operand_count,
    };
    if (quick.trace_count > 0)
        return scenario_quick(&quick, error);
    sim_fail(error, SIM_USAGE, "--limits needs at least one trace");
    return NULL;
}

// Options that are for what a scenario from a file says of its own.
static bool has_others(const struct run_arguments *arguments)
{
    bool found = arguments->each_volume;
    for (size_t i = 0; i < arguments->settings.count; i++)
        found = found || !scenario_has_option(arguments->settings.options[i].name);
    return found;
}

static struct scenario *make_scenario(struct run_arguments *arguments, struct sim_error *error)
{
    const struct scenario_settings settings = {.algorithm = arguments->algorithm,
                                               .lenient = arguments->lenient,
                                               .progress = progress_show,
                                               .progress_context = &arguments->call.progress};
    char **operands = arguments->call.operands;
    size_t count = arguments->call.operand_count;
    struct scenario *scenario = NULL;
    if (arguments->limits != NULL)
        return quick_scenario(arguments, &settings, error);
    if (has_others(arguments)) {
        sim_fail(error, SIM_USAGE,
                 "--levels, --attach, --arrival, --in-flight, --batch-order, --arrivals, "
                 "--start-after, --streams, --device, --each-volume, --format and --layout go with "
                 "--limits; a "
                 "scenario has its own");
    } else if (count == 1) {
        scenario = scenario_load_as(operands[0], &settings, error);
        if (scenario == NULL)
            command_explain_trace(operands[0],
                                  "to replay it under limits: throttlesim run --limits "
                                  "iops-total=300",
                                  error);
    } else if (count == 0) {
        sim_fail(error, SIM_USAGE, "a scenario is needed, or --limits and traces");
    } else {
        sim_fail(error, SIM_USAGE, "one scenario, please, not %zu; traces need --limits", count);
    }
    return scenario;
}

static bool run_and_print(const struct scenario *scenario, struct run_arguments *arguments,
                          struct report_database *database, struct sim_error *error)
{
    struct command_call *call = &arguments->call;
    struct run_options options = {
        .log_requests = arguments->log != NULL,
        .omit_series = arguments->db == NULL,
        .watch.stop = &stop_signal,
        .watch.progress = progress_show,
        .watch.progress_context = &call->progress,
    };
    struct report_error report_error;
    int64_t run_id;
    enum report_status status;
    if (!options_jobs(arguments->jobs, &options.jobs, error))
        return false;
    progress_start(&call->progress, call->eta);
    bool ok = run_scenario(scenario, &options, database, &run_id, &status, error);
    progress_end(&call->progress);
    if (!ok)
        return false;
    const struct report_style style = command_style(call);
    return report_print(database, run_id, &style, &report_error) ||
           sim_fail(error, SIM_FAILED, "%s", report_error.message);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct run_arguments *arguments = opaque;
    struct report_error report_error;
    struct report_database *database = NULL;
    progress_start(&arguments->call.progress, arguments->call.eta);
    struct scenario *scenario = make_scenario(arguments, error);
    progress_end(&arguments->call.progress);
    // What the command line says goes before what the scenario says.
    bool ok = scenario != NULL &&
              scenario_set_options(scenario, arguments->settings.options, arguments->settings.count,
                                   error) &&
              keep_source(arguments, scenario, error);
    if (ok) {
        database = report_database_open(arguments->db, REPORT_WRITE, &report_error);
        ok = database != NULL || stored_run_fail(&report_error, error);
    }
    if (ok) {
        stop_on_signals();
        ok = run_and_print(scenario, arguments, database, error);
    }
    report_database_close(database);
    scenario_free(scenario);
    return ok;
}

const struct command command_run[] = {
    {NULL, "run", "replay a scenario, or traces under given limits",
     "SCENARIO.yaml\n--limits KEY=VALUE,... TRACE...",
     "Replays the scenario, or each trace (with --each-volume: each volume in the traces) as a "
     "member of one group, and prints what happened to every member. Nothing is stored without "
     "--db. 'throttlesim limits' lists the limits.",
     rows, sizeof(struct run_arguments), run},
};
