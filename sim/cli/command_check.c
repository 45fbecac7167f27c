// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim check
#include "sim/cli/command.h"

#include "sim/base/progress.h"
#include "sim/base/stop.h"
#include "sim/check/check.h"
#include "sim/cli/options.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX 256

struct check_arguments {
    bool help;
    bool accept;
    bool json;
    int64_t jobs;
    const char *eta;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct check_arguments, help), "print this"},
    {"accept", 0, OPTION_FLAG, NULL, NULL, offsetof(struct check_arguments, accept),
     "write what differs from what was accepted, or is new"},
    {"jobs", 'j', OPTION_NUMBER, "J", NULL, offsetof(struct check_arguments, jobs),
     "scenarios at a time (default: one for each processor)"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct check_arguments, json),
     "print the results as JSON"},
    {"eta", 0, OPTION_CHECKED, "WHEN", "auto|always|never", offsetof(struct check_arguments, eta),
     "progress on stderr: auto (default), always, never"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static void print_help(void)
{
    puts("usage: throttlesim check [--accept] [OPTION...] SUITE...\n"
         "\n"
         "Replays the scenarios of a suite, a folder or single files, and compares every decision\n"
         "with what was accepted, NAME.accepted beside NAME.yaml. Exit code 4 if anything "
         "differs.\n");
    options_help(stdout, rows);
}

// ---- Results ----

struct summary {
    size_t counts[CHECK_STATUS_COUNT];
    enum sim_exit worst; // of those that could not be checked
};

static struct summary summarise(const struct suite *suite, const struct check_result *results)
{
    struct summary summary = {.worst = SIM_DONE};
    for (size_t i = 0; i < suite->count; i++) {
        summary.counts[results[i].status]++;
        if (results[i].status == CHECK_BROKEN && summary.worst != SIM_FAILED)
            summary.worst = results[i].error.exit;
    }
    return summary;
}

// Names and messages may come from a file: no control characters for the terminal.
static void print_lines(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        putchar(iscntrl((unsigned char)*text) && *text != '\n' ? '?' : *text);
}

static const char *write_summary(const struct summary *summary, size_t scenarios, char *text,
                                 size_t size)
{
    int length = snprintf(text, size, "%zu scenario%s", scenarios, scenarios == 1 ? "" : "s");
    for (int i = CHECK_SAME; i < CHECK_STATUS_COUNT; i++) {
        if (i == CHECK_SAME || summary->counts[i] > 0)
            length += snprintf(text + length, size - (size_t)length, ", %zu %s", summary->counts[i],
                               check_status_name((enum check_status)i));
    }
    return text;
}

static bool print_json(const struct suite *suite, struct check_result *results,
                       const struct summary *summary, struct sim_error *error)
{
    json_t *all = json_array();
    json_t *object = json_pack("{sI}", "scenarios", (json_int_t)suite->scenario_count);
    for (int i = CHECK_SAME; i < CHECK_STATUS_COUNT; i++)
        json_object_set_new(object, check_status_key((enum check_status)i),
                            json_integer((json_int_t)summary->counts[i]));
    for (size_t i = 0; i < suite->count; i++)
        json_array_append(all, results[i].json);
    json_object_set_new(object, "results", all);
    return command_print_json(object, error);
}

static enum sim_exit print_results(const struct suite *suite, struct check_result *results,
                                   bool as_json, struct sim_error *error)
{
    char text[256];
    struct summary summary = summarise(suite, results);
    write_summary(&summary, suite->scenario_count, text, sizeof text);
    if (as_json) {
        if (!print_json(suite, results, &summary, error))
            return error->exit;
    } else {
        for (size_t i = 0; i < suite->count; i++)
            print_lines(results[i].text);
        puts(text);
    }
    size_t not_held = summary.counts[CHECK_DIFFERENT] + summary.counts[CHECK_MISSING] +
                      summary.counts[CHECK_STALE];
    if (summary.worst == SIM_DONE && not_held == 0)
        return command_flush(error);
    sim_fail(error, summary.worst != SIM_DONE ? summary.worst : SIM_CHECK_FAILED, "%s", text);
    return error->exit;
}

// ---- The command ----

static void show(void *context, const struct check_state *state)
{
    progress_show(context, &(struct progress_state){.consumed = state->done,
                                                    .total = state->count,
                                                    .requests = state->requests});
}

static unsigned jobs_of(const struct check_arguments *arguments)
{
    long jobs = arguments->jobs > 0 ? (long)arguments->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    return jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : (unsigned)jobs;
}

static enum sim_exit check_all(const struct suite *suite, const struct check_arguments *arguments,
                               struct sim_error *error)
{
    struct progress progress;
    struct check_options options = {
        .accept = arguments->accept,
        .jobs = jobs_of(arguments),
        .stop = &stop_signal,
        .progress = show,
        .progress_context = &progress,
    };
    struct check_result *results = calloc(suite->count + 1, sizeof *results);
    if (results == NULL) {
        sim_fail_memory(error);
        return SIM_FAILED;
    }
    stop_on_signals();
    progress_start(&progress, arguments->eta);
    bool ok = check_suite(suite, &options, results, error);
    progress_end(&progress);
    enum sim_exit exit = ok ? print_results(suite, results, arguments->json, error) : error->exit;
    for (size_t i = 0; i < suite->count; i++)
        check_result_free(&results[i]);
    free(results);
    return exit;
}

enum sim_exit command_check(int argc, char **argv, struct sim_error *error)
{
    struct check_arguments arguments = {.eta = "auto"};
    struct suite suite;
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        print_help();
        return command_flush(error);
    }
    if (arguments.jobs > JOBS_MAX)
        sim_fail(error, SIM_USAGE, "--jobs: expected at most %d", JOBS_MAX);
    else if (first == argc)
        sim_fail(error, SIM_USAGE, "a suite is needed: a folder with scenarios, or scenarios");
    if (error->exit != SIM_DONE)
        return error->exit;
    enum sim_exit exit = suite_find(&suite, argv + first, (size_t)(argc - first), error)
                             ? check_all(&suite, &arguments, error)
                             : error->exit;
    suite_free(&suite);
    stop_die();
    return exit;
}
