// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim verify
#include "sim/cli/command.h"

#include "reports/json_text.h"
#include "sim/base/progress.h"
#include "sim/base/stop.h"
#include "sim/base/units.h"
#include "sim/cli/options.h"
#include "sim/verify/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX 256

struct verify_arguments {
    bool help;
    const char *qemu;
    const char *granularity;
    const char *timeout;
    int64_t random;
    int64_t seed;
    int64_t jobs;
    const char *output;
    bool json;
    const char *eta;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct verify_arguments, help), "print this"},
    {"qemu", 0, OPTION_TEXT, "PATH", NULL, offsetof(struct verify_arguments, qemu),
     "the QEMU to compare with (default qemu-system-x86_64)"},
    {"timer-granularity", 0, OPTION_TEXT, "TIME", NULL,
     offsetof(struct verify_arguments, granularity),
     "0: timers fire at their deadline; 1ms: as in QEMU's main loop"},
    {"random", 0, OPTION_NUMBER, "N", NULL, offsetof(struct verify_arguments, random),
     "no scenario: make N random ones and verify each"},
    {"seed", 0, OPTION_NUMBER, "S", NULL, offsetof(struct verify_arguments, seed),
     "with --random: seed of the first, the next has the next (default 1)"},
    {"jobs", 'j', OPTION_NUMBER, "J", NULL, offsetof(struct verify_arguments, jobs),
     "with --random: QEMUs at a time (default: one for each processor)"},
    {"output", 'o', OPTION_TEXT, "DIR", NULL, offsetof(struct verify_arguments, output),
     "with --random: where a failing scenario is written to (default: here)"},
    {"timeout", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct verify_arguments, timeout),
     "how long QEMU may take for an answer (default 30s)"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct verify_arguments, json),
     "print the result as JSON"},
    {"eta", 0, OPTION_CHECKED, "WHEN", "auto|always|never", offsetof(struct verify_arguments, eta),
     "progress on stderr: auto (default), always, never"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static void print_help(void)
{
    puts("usage: throttlesim verify SCENARIO.yaml [--qemu PATH] [OPTION...]\n"
         "       throttlesim verify --random N [--seed S] [OPTION...]\n"
         "\n"
         "Runs the scenario's requests and operations through a real QEMU whose clock is under\n"
         "control, and compares when each request leaves the throttle. Exit code 4 if QEMU and "
         "the\n"
         "simulator differ.\n");
    options_help(stdout, rows);
}

// What both ways need.
struct verify_setting {
    const struct verify_arguments *arguments;
    struct lockstep_config lockstep;
    int64_t granularity_ns; // below 0: the scenario's own
};

static bool make_setting(const struct verify_arguments *arguments, struct verify_setting *setting,
                         struct sim_error *error)
{
    int64_t patience_ns = INT64_C(30000000000);
    *setting = (struct verify_setting){.arguments = arguments, .granularity_ns = -1};
    if (!options_time("timer-granularity", arguments->granularity, 0, &setting->granularity_ns,
                      error) ||
        !options_time("timeout", arguments->timeout, 1, &patience_ns, error))
        return false;
    if (setting->granularity_ns > 0 && setting->granularity_ns != VERIFY_GRANULARITY_NS)
        return sim_fail(error, SIM_USAGE,
                        "--timer-granularity: 0 or, as in QEMU's main loop, 1ms can be verified");
    setting->lockstep.qemu = (struct qemu_config){
        .path = arguments->qemu == NULL ? "qemu-system-x86_64" : arguments->qemu,
        .patience_ns = patience_ns,
        .stop = &stop_signal,
    };
    return true;
}

static enum sim_exit differ(struct sim_error *error, const char *what)
{
    sim_fail(error, SIM_CHECK_FAILED, "%s: QEMU and the simulator differ", what);
    return SIM_CHECK_FAILED;
}

// ---- One scenario ----

static enum sim_exit verify_one(struct verify_setting *setting, const char *path,
                                struct sim_error *error)
{
    struct lockstep_result result = {0};
    struct progress progress;
    struct scenario *scenario = scenario_load(path, error);
    bool ok = scenario != NULL && verify_prepare(scenario, setting->granularity_ns, error);
    if (ok) {
        setting->lockstep.progress = progress_show;
        setting->lockstep.progress_context = &progress;
        progress_start(&progress, setting->arguments->eta);
        ok = verify_scenario(scenario, &setting->lockstep, &result, error);
        progress_end(&progress);
    }
    enum sim_exit exit = ok ? SIM_DONE : error->exit;
    if (ok && setting->arguments->json) {
        if (!command_print_json(verify_json(&result, scenario), error))
            exit = error->exit;
    } else if (ok) {
        verify_print(&result, scenario, stdout);
    }
    if (exit == SIM_DONE && !result.agree)
        exit = differ(error, scenario->name);
    verify_free(&result);
    scenario_free(scenario);
    return exit;
}

// ---- Random ones ----

static void show_random(void *context, uint64_t done, uint64_t count, uint64_t requests)
{
    progress_show(context,
                  &(struct progress_state){.consumed = done, .total = count, .requests = requests});
}

static enum sim_exit tell_failure(const struct verify_random_config *config,
                                  const struct verify_random_result *result, bool as_json,
                                  struct sim_error *error)
{
    struct verify_failure failure;
    if (!as_json)
        printf("random scenario %" PRIu64 ": QEMU and the simulator differ; making it small\n",
               result->failing_seed);
    fflush(stdout);
    enum sim_exit exit = SIM_CHECK_FAILED;
    if (!verify_shrink(config, result->failing_seed, &failure, error)) {
        exit = error->exit;
    } else if (as_json) {
        json_t *object = verify_random_json(result, config);
        json_object_set_new(object, "failing_seed", json_integer((json_int_t)result->failing_seed));
        json_object_set_new(object, "written", report_json_text(failure.path));
        json_object_set_new(object, "small", verify_json(&failure.result, failure.small));
        if (!command_print_json(object, error))
            exit = error->exit;
    } else {
        printf("%s: as it was drawn\n%s: small\n", failure.path, failure.small_path);
        verify_print(&failure.result, failure.small, stdout);
    }
    if (exit == SIM_CHECK_FAILED)
        exit = differ(error, failure.small_path);
    verify_failure_free(&failure);
    return exit;
}

static int64_t default_jobs(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : processors;
}

static enum sim_exit verify_many(const struct verify_setting *setting, struct sim_error *error)
{
    const struct verify_arguments *arguments = setting->arguments;
    int64_t jobs = arguments->jobs == 0 ? default_jobs() : arguments->jobs;
    struct progress progress;
    struct verify_random_result result;
    struct verify_random_config config = {
        .lockstep = setting->lockstep,
        .seed = (uint64_t)arguments->seed,
        .count = (uint64_t)arguments->random,
        .jobs = (unsigned)(jobs < arguments->random ? jobs : arguments->random),
        .granularity_ns = setting->granularity_ns,
        .directory = arguments->output,
        .progress = show_random,
        .progress_context = &progress,
    };
    // Better now than when there is something to be written.
    if (config.directory != NULL && access(config.directory, W_OK | X_OK) != 0) {
        sim_fail(error, SIM_FAILED, "--output: %s: %s", config.directory, strerror(errno));
        return SIM_FAILED;
    }
    progress_start(&progress, arguments->eta);
    bool ok = verify_random(&config, &result, error);
    progress_end(&progress);
    if (!ok)
        return error->exit;
    if (!result.agree)
        return tell_failure(&config, &result, arguments->json, error);
    if (!arguments->json)
        verify_random_print(&result, stdout);
    else if (!command_print_json(verify_random_json(&result, &config), error))
        return error->exit;
    return SIM_DONE;
}

// ---- The command ----

static bool check_arguments(const struct verify_arguments *arguments, int operands,
                            struct sim_error *error)
{
    if (arguments->random == 0 && operands != 1)
        return sim_fail(error, SIM_USAGE, "%s",
                        operands == 0 ? "a scenario is needed, or --random N"
                                      : "one scenario, please");
    if (arguments->random != 0 && operands != 0)
        return sim_fail(error, SIM_USAGE, "--random makes its own scenarios");
    if (arguments->jobs > JOBS_MAX)
        return sim_fail(error, SIM_USAGE, "--jobs: expected at most %d", JOBS_MAX);
    if (arguments->random > 0 && arguments->seed > INT64_MAX - (arguments->random - 1))
        return sim_fail(error, SIM_USAGE,
                        "--seed: the last of %" PRId64 " scenarios would have one above %" PRId64,
                        arguments->random, INT64_MAX);
    if (arguments->random == 0 &&
        (arguments->jobs != 0 || arguments->output != NULL || arguments->seed != 0))
        return sim_fail(error, SIM_USAGE, "--seed, --jobs and --output go with --random");
    return true;
}

enum sim_exit command_verify(int argc, char **argv, struct sim_error *error)
{
    struct verify_arguments arguments = {.eta = "auto"};
    struct verify_setting setting;
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        print_help();
        return command_flush(error);
    }
    if (!check_arguments(&arguments, argc - first, error) ||
        !make_setting(&arguments, &setting, error))
        return SIM_USAGE;
    if (arguments.seed == 0)
        arguments.seed = 1;
    stop_on_signals();
    enum sim_exit exit = arguments.random > 0 ? verify_many(&setting, error)
                                              : verify_one(&setting, argv[first], error);
    stop_die();
    return exit == SIM_DONE ? command_flush(error) : exit;
}
