// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim advise
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/tune/advise.h"

#include <stdlib.h>

struct advise_arguments {
    struct command_call call;
    struct option_list slos;
    bool each_volume;
    struct option_settings settings;
    int64_t jobs;
};

#define SETTINGS offsetof(struct advise_arguments, settings)

static const struct option_row rows[] = {
    {"slo", 0, OPTION_LIST, "CONDITION", offsetof(struct advise_arguments, slos),
     "what is to hold, such as 'wait.p99 < 10ms' or 'read.p99 < 20ms'; may be given often. All are "
     "to hold"},
    {"each-volume", 0, OPTION_FLAG, NULL, offsetof(struct advise_arguments, each_volume),
     "every volume in the traces is a member of the group, instead of every trace"},
    {"device", 0, OPTION_SETTING_LIST, "NAME", SETTINGS,
     "take only the requests of this device, such as 254,48, from each trace"},
    {"attach", 0, OPTION_SETTING, "drive|filter", SETTINGS,
     "where the throttle sits; the default is drive"},
    {"arrival", 0, OPTION_SETTING, "auto|queue|issue", SETTINGS,
     "which event of a block trace is a request's arrival, as for 'throttlesim run'"},
    {"arrivals", 0, OPTION_SETTING, "auto|open|closed|dependent", SETTINGS,
     "how requests come, as for 'throttlesim run': open, as recorded, or dependent, when what "
     "their threads waited for has completed"},
    {"device-model", 0, OPTION_SETTING, "MODEL", SETTINGS,
     "how long requests take at the device, as for 'throttlesim run'"},
    {"format", 0, OPTION_SETTING, "FORMAT", SETTINGS,
     "read the traces as this format; 'throttlesim trace formats' lists them"},
    {"layout", 0, OPTION_SETTING, "TEXT", SETTINGS, "what some formats need to be told"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct advise_arguments, jobs),
     "how many runs at a time; the default is one for each processor. The advice is the same"},
    OPTION_JSON("all as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

// All that is to be freed.
struct work {
    struct advise_arguments *arguments;
    struct advice advice;
};

static bool read_options(struct work *work, struct sim_error *error)
{
    struct advise_arguments *arguments = work->arguments;
    struct tuner *tuner = &work->advice.tuner;
    if (arguments->call.operand_count == 0)
        return sim_fail(error, SIM_USAGE, "at least one trace is needed");
    if (!tuner_read_slos(tuner, arguments->slos.texts, arguments->slos.count, "wait.p99 < 10ms",
                         error))
        return false;
    return command_join_traces(&arguments->call, 0, error) &&
           options_jobs(arguments->jobs, &tuner->jobs, error);
}

static bool search(struct work *work, const struct progress_watch *watch, struct sim_error *error)
{
    struct advise_arguments *arguments = work->arguments;
    const struct scenario_settings settings = {.progress = progress_show,
                                               .progress_context = &arguments->call.progress};
    const struct scenario_quick quick = {
        .settings = settings,
        .limits = "iops-total=0",
        .each_volume = arguments->each_volume,
        .options = arguments->settings.options,
        .option_count = arguments->settings.count,
        .traces = arguments->call.operands,
        .trace_count = arguments->call.operand_count,
    };
    return tuner_open(&work->advice.tuner, scenario_quick(&quick, error), NULL, &settings, watch,
                      error) &&
           advise(&work->advice, error);
}

static bool print(struct work *work, struct sim_error *error)
{
    struct command_call *call = &work->arguments->call;
    const struct report_style style = command_style(call);
    if (call->json)
        return command_print_json(advice_json(&work->advice), error);
    return advice_print(&work->advice, &style) || sim_fail_memory(error);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct advise_arguments *arguments = opaque;
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
        ok = search(work, &watch, error);
        progress_end(&call->progress);
    }
    ok = ok && print(work, error) && command_flush(error) &&
         (work->advice.is_found ||
          sim_fail(error, SIM_CHECK_FAILED, "no limit that was tried satisfies all SLOs"));
    tuner_close(&work->advice.tuner);
    free(work);
    return ok;
}

const struct command command_advise[] = {
    {NULL, "advise", "find few and different limits for a trace with which SLOs hold",
     "TRACE... --slo CONDITION",
     "Replays the traces, members of one group, under limits, and prints a few different ones with "
     "which all SLOs hold: without burst, with a short and a long one, and all at once, with what "
     "each costs. A condition is as for 'throttlesim tune'. Exit code 4 if no limit satisfies all.",
     rows, sizeof(struct advise_arguments), run},
};
