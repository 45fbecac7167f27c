// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim validate
#include "sim/cli/command.h"

#include "reports/grid.h"
#include "sim/base/stop.h"
#include "sim/compare/condition.h"
#include "sim/validate/validate.h"

#include <string.h>

#define RUNS_DEFAULT 20
#define RUNS_MAX 10000
#define JITTER_DEFAULT_NS 50000
#define JITTER_MAX_NS 1000000000

struct validate_arguments {
    struct command_call call;
    const char *arrival;
    const char *fit;
    const char *runs;
    const char *jitter;
    int64_t jobs;
    struct option_list fail_if;
    const char *plots;
};

static const struct option_row rows[] = {
    {"arrival", 0, OPTION_CHOICE, "issue|dependent", offsetof(struct validate_arguments, arrival),
     "issue: requests come as recorded, which is the default; dependent: when what their threads "
     "waited for is complete, a second opinion where the first drifts, as under bps limits"},
    {"fit", 0, OPTION_TEXT, "WHAT,...", offsetof(struct validate_arguments, fit),
     "what is fitted to the recording: device (one time for all requests, and whether timers have "
     "steps of 1 ms), levels (how full each group's buckets were at the start), stalls (how often "
     "and how long the event loop stood still, of a busy host), or none, which "
     "shows what the scenario alone gives. The default is device,levels"},
    {"runs", 0, OPTION_TEXT, "N", offsetof(struct validate_arguments, runs),
     "so many runs in which each request comes a little earlier or later, for the band that a "
     "figure is to be expected in; the default is 20. Each keeps 224 bytes of each member: 10000 "
     "runs of 1000 members need 2.2 GB"},
    {"jitter", 0, OPTION_TEXT, "TIME", offsetof(struct validate_arguments, jitter),
     "how much earlier or later at most; the default is 50us. 0: there are no such runs"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct validate_arguments, jobs),
     "how many of these runs at a time; the default is one for each processor"},
    {"fail-if", 0, OPTION_LIST, "CONDITION", offsetof(struct validate_arguments, fail_if),
     "exit with 4 if this holds, such as 'db.p99 > +5%' (predicted longer than measured), "
     "'total.w1 > 3%' or 'total.outside > 0'; may be given often"},
    {"plots", 0, OPTION_TEXT, "DIR", offsetof(struct validate_arguments, plots),
     "draw both distributions, and the error over time, there, as SVG and PNG"},
    OPTIONS_TOP("members", "their order in the scenario"),
    OPTION_JSON("all as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

static const struct condition_metrics metrics = {
    validation_figures,
    VALIDATION_FIGURE_COUNT,
    VALIDATION_MEDIAN_ERROR,
    false,
    "MEMBER.METRIC, such as db.p99 or total.w1",
    "measured",
    "predicted",
};

struct work {
    struct validate_arguments *arguments;
    struct compare_condition conditions[OPTION_LIST_MAX];
    size_t condition_count;
    struct report_validation validation;
};

static bool read_fits(const char *text, unsigned *fits, struct sim_error *error)
{
    static const struct {
        const char *name;
        unsigned fits;
    } names[] = {
        {"device", VALIDATE_DEVICE}, {"levels", VALIDATE_LEVELS}, {"stalls", VALIDATE_STALLS}};
    *fits = 0;
    if (strcmp(text, "none") == 0)
        return true;
    const char *next = text;
    do {
        size_t length = strcspn(next, ","), i = 0;
        while (i < COUNT_OF(names) &&
               (strlen(names[i].name) != length || strncmp(names[i].name, next, length) != 0))
            i++;
        if (i == COUNT_OF(names))
            return sim_fail(error, SIM_USAGE,
                            "--fit: expected none alone, or some of device, levels and stalls, "
                            "separated by commas, found '%.64s'",
                            text);
        *fits |= names[i].fits;
        next += length + 1;
    } while (next[-1] != '\0');
    return true;
}

static bool read_runs(const char *text, uint64_t *runs, struct sim_error *error)
{
    char hint[UNITS_HINT_MAX];
    int64_t found;
    if (!units_parse_integer(text, &found) || found < 0)
        return sim_fail(error, SIM_USAGE, "--runs: expected a number above 0, found '%s'%s", text,
                        units_meant(UNITS_COUNT, text, hint, sizeof hint));
    if (found == 0)
        return sim_fail(error, SIM_USAGE,
                        "--runs: expected a number above 0; without such runs: --jitter 0");
    if (found > RUNS_MAX)
        return sim_fail(error, SIM_USAGE, "--runs: at most %d", RUNS_MAX);
    *runs = (uint64_t)found;
    return true;
}

static bool read_options(struct work *work, struct validate_options *options,
                         struct sim_error *error)
{
    const struct validate_arguments *arguments = work->arguments;
    if (arguments->call.operand_count != 1)
        return sim_fail(error, SIM_USAGE, "one scenario is needed, found %zu",
                        arguments->call.operand_count);
    options->is_dependent =
        arguments->arrival != NULL && strcmp(arguments->arrival, "dependent") == 0;
    if (arguments->runs != NULL && !read_runs(arguments->runs, &options->runs, error))
        return false;
    for (size_t i = 0; i < arguments->fail_if.count; i++) {
        work->condition_count = i + 1;
        if (!condition_parse(&work->conditions[i], &metrics, arguments->fail_if.texts[i], error))
            return false;
    }
    if (!options_time("jitter", arguments->jitter, 0, &options->jitter_ns, error))
        return false;
    if (options->jitter_ns > JITTER_MAX_NS)
        return sim_fail(error, SIM_USAGE, "--jitter: at most 1s");
    return (arguments->fit == NULL || read_fits(arguments->fit, &options->fits, error)) &&
           options_jobs(arguments->jobs, &options->jobs, error);
}

// Are there such members? To be told: a line for each that holds; the last is the error's.
static bool judge(const struct work *work, bool tell, struct sim_error *error)
{
    char numbers[256];
    bool has_told = false;
    for (size_t i = 0; i < work->condition_count; i++) {
        const struct compare_condition *condition = &work->conditions[i];
        const struct validation_member *member =
            validation_find(&work->validation, condition->name);
        if (member == NULL)
            return condition_fail_member(condition, validation_member_at, &work->validation, error);
        if (!condition_holds(condition, &member->figures[condition->metric].value, 0, numbers,
                             sizeof numbers) ||
            !tell)
            continue;
        if (has_told)
            command_print_error(error);
        sim_fail(error, SIM_CHECK_FAILED, "--fail-if '%s': %s", condition->text, numbers);
        has_told = true;
    }
    return !has_told;
}

static bool print(struct work *work, struct sim_error *error)
{
    struct report_error report_error;
    struct command_call *call = &work->arguments->call;
    const struct report_style style = command_style(call);
    if (call->json && !command_print_json(report_validation_json(&work->validation), error))
        return false;
    if (!call->json && !report_validation_print(&work->validation, &style))
        return sim_fail_memory(error);
    if (work->arguments->plots == NULL)
        return true;
    command_print_path(call, "", 0, 1);
    progress_start(&call->progress, call->eta);
    return report_validation_plot(&work->validation, work->arguments->plots, command_print_path,
                                  call, &report_error) ||
           sim_fail(error, SIM_FAILED, "%s", report_error.message);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct validate_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct work work = {.arguments = arguments};
    struct validate_options options = {
        .fits = VALIDATE_DEVICE | VALIDATE_LEVELS,
        .runs = RUNS_DEFAULT,
        .jitter_ns = JITTER_DEFAULT_NS,
        .watch = {&stop_signal, progress_show, &call->progress},
    };
    struct scenario *scenario = NULL;
    bool ok = read_options(&work, &options, error);
    if (ok) {
        progress_start(&call->progress, call->eta);
        scenario = scenario_load(call->operands[0], error);
        if (scenario == NULL)
            command_explain_trace(call->operands[0],
                                  "it needs one, which says what the limits were and names", error);
        stop_on_signals();
        ok = scenario != NULL && validate(&work.validation, scenario, &options, error);
        progress_end(&call->progress);
    }
    ok = ok && judge(&work, false, error) && print(&work, error) && command_flush(error) &&
         judge(&work, true, error);
    for (size_t i = 0; i < work.condition_count; i++)
        compare_condition_free(&work.conditions[i]);
    report_validation_free(&work.validation);
    scenario_free(scenario);
    return ok;
}

const struct command command_validate[] = {
    {NULL, "validate", "replay a recording made under limits, and say how near it comes",
     "SCENARIO.yaml",
     "The scenario's traces are recordings made under its limits, in the guest or in the host "
     "above "
     "the throttle. They are replayed through the same limits, and the latencies that were "
     "measured "
     "are set beside those predicted. Each request is kept in memory: some 150 bytes, and 80 for "
     "each run at a time. A condition "
     "is as for 'throttlesim compare', without a direction: MEMBER.METRIC, one of > >= < <=, and "
     "+5% or +2ms (predicted against measured) or 20ms (predicted); MEMBER 'total' is all of them.",
     rows, sizeof(struct validate_arguments), run},
};
