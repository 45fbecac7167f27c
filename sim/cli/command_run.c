// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim run
#include "sim/cli/command.h"

#include "reports/tables.h"
#include "sim/base/progress.h"
#include "sim/base/stop.h"
#include "sim/base/units.h"
#include "sim/cli/options.h"
#include "sim/replay/run.h"
#include "traces/trace.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct run_arguments {
    bool help;
    const char *db;
    const char *limits;
    bool each_volume;
    const char *engine;
    bool lenient;
    const char *attach;
    const char *arrival;
    struct option_list devices;
    const char *format;
    const char *layout;
    const char *device_model;
    const char *interval;
    const char *end;
    const char *timer_granularity;
    const char *log;
    const char *eta;
    bool json;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct run_arguments, help), "print this"},
    {"db", 0, OPTION_TEXT, "FILE", NULL, offsetof(struct run_arguments, db),
     "store the run in this SQLite file, beside those it holds"},
    {"limits", 0, OPTION_TEXT, "KEY=VALUE,...", NULL, offsetof(struct run_arguments, limits),
     "no scenario: all traces in one group with these limits"},
    {"each-volume", 0, OPTION_FLAG, NULL, NULL, offsetof(struct run_arguments, each_volume),
     "with --limits: every volume in the traces is a member"},
    {"engine", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct run_arguments, engine),
     "throttle with this algorithm ('throttlesim engines' lists them)"},
    {"lenient", 0, OPTION_FLAG, NULL, NULL, offsetof(struct run_arguments, lenient),
     "leave out what the engine cannot do, with a notice"},
    {"attach", 0, OPTION_CHECKED, "WHERE", "filter|drive", offsetof(struct run_arguments, attach),
     "with --limits: filter (default) or drive"},
    {"arrival", 0, OPTION_CHECKED, "POINT", "queue|issue", offsetof(struct run_arguments, arrival),
     "with --limits: arrivals are Q (queue, default) or D (issue)"},
    {"device", 0, OPTION_LIST, "DEVICE", NULL, offsetof(struct run_arguments, devices),
     "with --limits: only this device of each trace, such as 254,48; may be given often"},
    {"volume", 0, OPTION_LIST, "DEVICE", NULL, offsetof(struct run_arguments, devices), "the same"},
    {"format", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct run_arguments, format),
     "with --limits: the traces' format ('throttlesim trace formats' lists them)"},
    {"layout", 0, OPTION_TEXT, "TEXT", NULL, offsetof(struct run_arguments, layout),
     "with --limits: what a format needs to be told, such as its columns"},
    {"device-model", 0, OPTION_TEXT, "MODEL", NULL, offsetof(struct run_arguments, device_model),
     "null (default), fixed:LATENCY or recorded"},
    {"interval", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct run_arguments, interval),
     "of the rows over time (default 1s)"},
    {"end", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct run_arguments, end),
     "stop the virtual clock here (default: when all is done)"},
    {"timer-granularity", 0, OPTION_TEXT, "TIME", NULL,
     offsetof(struct run_arguments, timer_granularity),
     "0 (default): timers fire at their deadline; 1ms: as in QEMU's main loop"},
    {"log", 0, OPTION_CHECKED, "WHAT", "requests", offsetof(struct run_arguments, log),
     "'requests': store every single request"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct run_arguments, json),
     "print the results as JSON"},
    {"eta", 0, OPTION_CHECKED, "WHEN", "auto|always|never", offsetof(struct run_arguments, eta),
     "progress on stderr: auto (default), always, never"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static void print_help(void)
{
    puts(
        "usage: throttlesim run SCENARIO.yaml [--db OUT.db] [OPTION...]\n"
        "       throttlesim run --limits KEY=VALUE,... [OPTION...] TRACE...\n"
        "\n"
        "Replays the scenario, or each trace (with --each-volume: each volume in the traces) as a\n"
        "member of one group, and prints what happened to every member. Nothing is stored "
        "without\n"
        "--db. 'throttlesim limits' lists the limits.\n");
    options_help(stdout, rows);
}

// The run is stored with all that made it what it is.
static bool keep_source(const struct run_arguments *arguments, struct scenario *scenario,
                        struct sim_error *error)
{
    const struct {
        const char *name;
        const char *value;
    } changes[] = {
        {"engine", arguments->engine},
        {"device-model", arguments->device_model},
        {"interval", arguments->interval},
        {"end", arguments->end},
        {"timer-granularity", arguments->timer_granularity},
    };
    char *options = NULL;
    size_t length;
    if (scenario->source == NULL)
        return scenario_write_source(scenario, error);
    FILE *out = open_memstream(&options, &length);
    if (out == NULL)
        return sim_fail_memory(error);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (changes[i].value != NULL)
            fprintf(out, " --%s %s", changes[i].name, changes[i].value);
    }
    if (arguments->lenient)
        fputs(" --lenient", out);
    bool ok = fclose(out) == 0 || sim_fail_memory(error);
    if (ok && length > 0)
        ok = scenario_note_options(scenario, options, error);
    free(options);
    return ok;
}

// What the command line says goes before what the scenario says.
static bool apply_options(const struct run_arguments *arguments, struct scenario *scenario,
                          struct sim_error *error)
{
    if (arguments->device_model != NULL &&
        !scenario_parse_device(arguments->device_model, &scenario->device))
        return sim_fail(error, SIM_USAGE,
                        "--device-model: expected null, fixed:LATENCY (fixed:200us) or recorded, "
                        "found '%s'",
                        arguments->device_model);
    return options_time("interval", arguments->interval, 1, &scenario->interval_ns, error) &&
           options_time("end", arguments->end, 0, &scenario->end_ns, error) &&
           options_time("timer-granularity", arguments->timer_granularity, 0,
                        &scenario->timer_granularity_ns, error) &&
           keep_source(arguments, scenario, error);
}

static struct scenario *quick_scenario(const struct run_arguments *arguments,
                                       const struct scenario_settings *settings, int count,
                                       char **traces, struct sim_error *error)
{
    struct scenario_quick quick = {
        .settings = *settings,
        .limits = arguments->limits,
        .each_volume = arguments->each_volume,
        .devices = arguments->devices.texts,
        .device_count = arguments->devices.count,
        .format = arguments->format,
        .layout = arguments->layout,
        .traces = traces,
        .trace_count = (size_t)count,
    };
    if (arguments->attach != NULL)
        scenario_parse_attach(arguments->attach, &quick.attach);
    if (arguments->arrival != NULL)
        scenario_parse_arrival(arguments->arrival, &quick.arrival);
    if (!options_format(arguments->format, error))
        return NULL;
    if (count > 0)
        return scenario_quick(&quick, error);
    sim_fail(error, SIM_USAGE, "--limits needs at least one trace");
    return NULL;
}

// A trace given where a scenario belongs is a mistake with a better answer than "not valid YAML".
static void explain_trace(const char *path, struct sim_error *error)
{
    struct trace_error unused;
    struct trace_config config = {.path = path};
    if (trace_path_is_stream(path)) // it has been read
        return;
    struct trace *trace = trace_open(&config, &unused);
    if (trace != NULL)
        sim_fail(
            error, SIM_USAGE,
            "%s is a trace, not a scenario; to replay it under limits: throttlesim run --limits "
            "iops-total=300 %s",
            path, path);
    trace_close(trace);
}

static struct scenario *make_scenario(const struct run_arguments *arguments, int count,
                                      char **operands, struct sim_error *error)
{
    struct scenario_settings settings = {.lenient = arguments->lenient};
    struct scenario *scenario = NULL;
    if (!options_engine(arguments->engine, &settings.algorithm, error))
        return NULL;
    if (arguments->limits != NULL)
        return quick_scenario(arguments, &settings, count, operands, error);
    if (arguments->attach != NULL || arguments->arrival != NULL || arguments->devices.count > 0 ||
        arguments->format != NULL || arguments->layout != NULL || arguments->each_volume) {
        sim_fail(error, SIM_USAGE,
                 "--attach, --arrival, --device, --each-volume, --format and --layout go with "
                 "--limits; a scenario has its own");
    } else if (count == 1) {
        scenario = scenario_load_as(operands[0], &settings, error);
        if (scenario == NULL)
            explain_trace(operands[0], error);
    } else if (count == 0) {
        sim_fail(error, SIM_USAGE, "a scenario is needed, or --limits and traces");
    } else {
        sim_fail(error, SIM_USAGE, "one scenario, please, not %d; traces need --limits", count);
    }
    return scenario;
}

static bool run_and_print(const struct scenario *scenario, const struct run_arguments *arguments,
                          struct report_database *database, struct sim_error *error)
{
    struct progress progress;
    struct run_options options = {
        .log_requests = arguments->log != NULL,
        .omit_series = arguments->db == NULL,
        .watch.stop = &stop_signal,
        .watch.progress = progress_show,
        .watch.progress_context = &progress,
    };
    struct report_error report_error;
    int64_t run_id;
    enum report_status status;
    progress_start(&progress, arguments->eta == NULL ? "auto" : arguments->eta);
    bool ok = run_scenario(scenario, &options, database, &run_id, &status, error);
    progress_end(&progress);
    if (!ok)
        return false;
    if (!report_print(database, run_id, arguments->json ? REPORT_JSON : REPORT_TEXT, stdout,
                      &report_error))
        return sim_fail(error, SIM_FAILED, "%s", report_error.message);
    return true;
}

enum sim_exit command_run(int argc, char **argv, struct sim_error *error)
{
    struct run_arguments arguments = {0};
    struct report_error report_error;
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        print_help();
        return command_flush(error);
    }
    struct scenario *scenario = make_scenario(&arguments, argc - first, argv + first, error);
    bool ok = scenario != NULL && apply_options(&arguments, scenario, error);
    struct report_database *database = NULL;
    if (ok) {
        database = report_database_open(arguments.db, REPORT_WRITE, &report_error);
        ok = database != NULL || sim_fail(error, report_error.is_input ? SIM_BAD_INPUT : SIM_FAILED,
                                          "%s", report_error.message);
    }
    if (ok) {
        stop_on_signals();
        ok = run_and_print(scenario, &arguments, database, error);
    }
    report_database_close(database);
    scenario_free(scenario);
    stop_die();
    return ok ? command_flush(error) : error->exit;
}
