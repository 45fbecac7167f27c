// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim verify
#include "sim/cli/command.h"

#include "reports/json_text.h"
#include "reports/spill.h"
#include "sim/base/stop.h"
#include "sim/base/units.h"
#include "sim/verify/report/verify_report.h"
#include "sim/verify/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct verify_arguments {
    struct command_call call;
    struct option_list qemus;
    const char *granularity;
    const char *timeout;
    int64_t random;
    int64_t seed;
    int64_t jobs;
    const char *output;
    const char *report;
};

static const struct option_row rows[] = {
    {"qemu", 0, OPTION_LIST, "PATH", offsetof(struct verify_arguments, qemus),
     "a QEMU to compare with; without a slash it is looked for in PATH. May be given several "
     "times: "
     "each is compared, and one that differs does not keep the next from it. The default is "
     "qemu-system-x86_64"},
    {"timer-granularity", 0, OPTION_TEXT, "TIME", offsetof(struct verify_arguments, granularity),
     "0: timers fire at their deadline; 1ms: the main loop of QEMU sleeps as it wants to. Goes "
     "before what the scenario says; the default is 0"},
    {"timeout", 0, OPTION_TEXT, "TIME", offsetof(struct verify_arguments, timeout),
     "how long QEMU may take for an answer; the default is 30s"},
    {"random", 0, OPTION_NUMBER, "N", offsetof(struct verify_arguments, random),
     "no scenario: make N random ones and verify each. One that fails is written to "
     "verify-SEED.yaml, and, made small, to verify-SEED-small.yaml"},
    {"seed", 0, OPTION_NUMBER, "S", offsetof(struct verify_arguments, seed),
     "only with --random: seed of the first scenario; the next has the next. The default is 1"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct verify_arguments, jobs),
     "only with --random: how many QEMUs run at a time; the default is one for each processor"},
    {"output", 'o', OPTION_TEXT, "DIR", offsetof(struct verify_arguments, output),
     "only with --random: the folder for a failing scenario, made if it is not there; the default "
     "is the current one"},
    {"report", 0, OPTION_TEXT, "DIR", offsetof(struct verify_arguments, report),
     "with one QEMU: if it differs, write to this folder, new or empty, all that somebody else "
     "needs to see it: the scenario, what both decided around the difference, and a script that "
     "does the same to QEMU without throttlesim. Of --random, about the small scenario"},
    OPTION_JSON("the result as one JSON object for each QEMU"),
    OPTION_ETA,
    OPTIONS_END,
};

// What both ways need.
static bool make_config(const struct verify_arguments *arguments,
                        struct verify_random_config *config, struct sim_error *error)
{
    struct qemu_config *qemu = &config->lockstep.qemu;
    *config = (struct verify_random_config){.granularity_ns = -1}; // the scenario's own
    *qemu = (struct qemu_config){
        .patience_ns = INT64_C(30000000000),
        .stop = &stop_signal,
    };
    if (!options_time("timer-granularity", arguments->granularity, 0, &config->granularity_ns,
                      error) ||
        !options_time("timeout", arguments->timeout, 1, &qemu->patience_ns, error))
        return false;
    return config->granularity_ns <= 0 || config->granularity_ns == VERIFY_GRANULARITY_NS ||
           sim_fail(error, SIM_USAGE,
                    "--timer-granularity: 0 or, as in QEMU's main loop, 1ms can be verified");
}

static bool differ(struct sim_error *error, const char *what)
{
    return sim_fail(error, SIM_CHECK_FAILED, "%s: QEMU and the simulator differ", what);
}

// Unless they agree.
static bool write_report(const char *folder, const struct scenario *scenario,
                         const struct verify_random_config *config,
                         const struct lockstep_result *result, struct sim_error *error)
{
    struct verify_report report = {folder, scenario, &config->lockstep, result};
    return folder == NULL || result->agree || verify_report_write(&report, error);
}

static void tell_report(const char *folder, bool agree)
{
    if (folder != NULL)
        printf("%s: %s\n", folder,
               agree ? "nothing is written, since nothing differs" : "the report");
}

// ---- One scenario ----

static bool verify_one(struct verify_arguments *arguments, struct verify_random_config *config,
                       struct sim_error *error)
{
    struct command_call *call = &arguments->call;
    const struct report_style style = command_style(call);
    struct lockstep_result result = {0};
    struct scenario *scenario = scenario_load(call->operands[0], error);
    bool ok = scenario != NULL && verify_prepare(scenario, config->granularity_ns, error);
    if (ok) {
        config->lockstep.progress = progress_show;
        config->lockstep.progress_context = &call->progress;
        progress_start(&call->progress, call->eta);
        ok = verify_scenario(scenario, &config->lockstep, &result, error);
        progress_end(&call->progress);
    }
    if (ok && call->json) {
        ok = command_print_json(verify_json(&result, scenario), error);
    } else if (ok) {
        verify_print(&result, scenario, &style);
    }
    ok = ok && write_report(arguments->report, scenario, config, &result, error);
    if (ok && !call->json)
        tell_report(arguments->report, result.agree);
    if (ok && !result.agree)
        ok = differ(error, scenario->name);
    verify_free(&result);
    scenario_free(scenario);
    return ok;
}

// ---- Random ones ----

static bool print_failure(const struct verify_random_config *config,
                          const struct verify_random_result *result,
                          const struct verify_failure *failure, bool as_json,
                          struct sim_error *error)
{
    if (as_json) {
        json_t *object = verify_random_json(result, config);
        json_object_set_new(object, "failing_seed", json_integer((json_int_t)result->failing_seed));
        json_object_set_new(object, "written", report_json_text(failure->path));
        json_object_set_new(object, "small", verify_json(&failure->result, failure->small));
        return command_print_json(object, error);
    }
    printf("%s: as it was drawn\n%s: small\n", failure->path, failure->small_path);
    const struct report_style style = terminal_style(stdout);
    verify_print(&failure->result, failure->small, &style);
    return true;
}

static bool tell_failure(const struct verify_arguments *arguments,
                         const struct verify_random_config *config,
                         const struct verify_random_result *result, struct sim_error *error)
{
    bool as_json = arguments->call.json;
    struct verify_failure failure;
    if (!as_json)
        printf("random scenario %" PRIu64 ": QEMU and the simulator differ; making it small\n",
               result->failing_seed);
    fflush(stdout);
    bool ok = verify_shrink(config, result->failing_seed, &failure, error) &&
              print_failure(config, result, &failure, as_json, error) &&
              write_report(arguments->report, failure.small, config, &failure.result, error);
    if (ok && !as_json)
        tell_report(arguments->report, false);
    ok = ok && differ(error, failure.small_path);
    verify_failure_free(&failure);
    return ok;
}

static bool verify_many(struct verify_arguments *arguments, struct verify_random_config *config,
                        struct sim_error *error)
{
    struct command_call *call = &arguments->call;
    struct verify_random_result result;
    config->seed = arguments->seed > 0 ? (uint64_t)arguments->seed : 1;
    config->count = (uint64_t)arguments->random;
    config->directory = arguments->output;
    config->progress = progress_show;
    config->progress_context = &call->progress;
    // Better now than when there is something to be written.
    if (config->directory != NULL &&
        (!report_make_folder(config->directory) || access(config->directory, W_OK | X_OK) != 0))
        return sim_fail(error, SIM_FAILED, "--output: %s: %s", config->directory, strerror(errno));
    progress_start(&call->progress, call->eta);
    bool ok = verify_random(config, &result, error);
    progress_end(&call->progress);
    if (!ok)
        return false;
    if (!result.agree)
        return tell_failure(arguments, config, &result, error);
    if (call->json)
        return command_print_json(verify_random_json(&result, config), error);
    const struct report_style style = command_style(call);
    verify_random_print(&result, &style);
    tell_report(arguments->report, true);
    return true;
}

// ---- The command ----

static bool check_arguments(const struct verify_arguments *arguments, struct sim_error *error)
{
    size_t operands = arguments->call.operand_count;
    if (arguments->random == 0 && operands != 1)
        return sim_fail(error, SIM_USAGE, "%s",
                        operands == 0 ? "a scenario is needed, or --random N"
                                      : "one scenario, please");
    if (arguments->random != 0 && operands != 0)
        return sim_fail(error, SIM_USAGE, "--random makes its own scenarios");
    if (arguments->random > 0 && arguments->seed > INT64_MAX - (arguments->random - 1))
        return sim_fail(error, SIM_USAGE,
                        "--seed: the last of %" PRId64 " scenarios would have one above %" PRId64,
                        arguments->random, INT64_MAX);
    if (arguments->random == 0 &&
        (arguments->jobs != 0 || arguments->output != NULL || arguments->seed != 0))
        return sim_fail(error, SIM_USAGE, "--seed, --jobs and --output go with --random");
    if (arguments->report != NULL && arguments->qemus.count > 1)
        return sim_fail(error, SIM_USAGE, "--report goes with one QEMU");
    return arguments->report == NULL || verify_report_can(arguments->report, error);
}

static bool verify_with(struct verify_arguments *arguments, struct verify_random_config *config,
                        const char *qemu, struct sim_error *error)
{
    config->lockstep.qemu.path = qemu;
    return arguments->random > 0 ? verify_many(arguments, config, error)
                                 : verify_one(arguments, config, error);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct verify_arguments *arguments = opaque;
    struct verify_random_config config;
    struct sim_error difference = {.message = ""};
    if (!check_arguments(arguments, error) || !make_config(arguments, &config, error) ||
        !options_jobs(arguments->jobs, &config.jobs, error))
        return false;
    if (arguments->qemus.count == 0)
        arguments->qemus.texts[arguments->qemus.count++] = "qemu-system-x86_64";
    stop_on_signals();
    for (size_t i = 0; i < arguments->qemus.count; i++) {
        if (verify_with(arguments, &config, arguments->qemus.texts[i], error))
            continue;
        if (error->exit != SIM_CHECK_FAILED)
            return false;
        difference = *error;
    }
    *error = difference;
    return difference.message[0] == '\0';
}

const struct command command_verify[] = {
    {NULL, "verify", "compare the simulator with a real QEMU", "SCENARIO.yaml\n--random N",
     "Runs the scenario's requests and operations through a real QEMU whose clock is under "
     "control, and compares when each request leaves the throttle. Exit code 4 if QEMU and the "
     "simulator differ.",
     rows, sizeof(struct verify_arguments), run},
};
