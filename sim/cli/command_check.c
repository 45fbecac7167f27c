// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim check
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/check/check.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct check_arguments {
    struct command_call call;
    bool accept;
    int64_t jobs;
};

static const struct option_row rows[] = {
    {"accept", 0, OPTION_FLAG, NULL, offsetof(struct check_arguments, accept),
     "write what differs from what was accepted, or is new"},
    {"jobs", 'j', OPTION_NUMBER, "J", offsetof(struct check_arguments, jobs),
     "how many scenarios run at a time; the default is one for each processor"},
    OPTION_JSON("the results as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

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

static const char *write_summary(const struct summary *summary, size_t scenarios, char *text,
                                 size_t size)
{
    int length = snprintf(text, size, "%zu scenario%s", scenarios, scenarios == 1 ? "" : "s");
    for (int i = CHECK_SAME; i < CHECK_STATUS_COUNT; i++) {
        if (i == CHECK_SAME || summary->counts[i] > 0)
            length += snprintf(text + length, size - (size_t)length, ", %zu %s", summary->counts[i],
                               check_statuses[i].name);
    }
    return text;
}

static bool print_json(const struct suite *suite, struct check_result *results,
                       const struct summary *summary, struct sim_error *error)
{
    json_t *all = json_array();
    json_t *object = json_pack("{sI}", "scenarios", (json_int_t)suite->scenario_count);
    for (int i = CHECK_SAME; i < CHECK_STATUS_COUNT; i++)
        json_object_set_new(object, check_statuses[i].key,
                            json_integer((json_int_t)summary->counts[i]));
    for (size_t i = 0; i < suite->count; i++)
        json_array_append(all, results[i].json);
    json_object_set_new(object, "results", all);
    return command_print_json(object, error);
}

static bool print_results(const struct suite *suite, struct check_result *results, bool as_json,
                          struct sim_error *error)
{
    char text[256];
    struct summary summary = summarise(suite, results);
    size_t not_held = summary.counts[CHECK_DIFFERENT] + summary.counts[CHECK_MISSING] +
                      summary.counts[CHECK_STALE];
    const struct report_style style = terminal_style(stdout);
    write_summary(&summary, suite->scenario_count, text, sizeof text);
    if (as_json) {
        if (!print_json(suite, results, &summary, error))
            return false;
    } else {
        for (size_t i = 0; i < suite->count; i++)
            report_fold(stdout, style.width, results[i].text != NULL ? results[i].text : "");
        report_say(&style, not_held > 0 ? REPORT_BAD : REPORT_PLAIN, "%s", text);
    }
    if (summary.worst != SIM_DONE)
        return sim_fail(error, summary.worst, "%s", text);
    return not_held == 0 || sim_fail(error, SIM_CHECK_FAILED, "%s", text);
}

// ---- The command ----

static bool check_all(const struct suite *suite, const struct check_options *options,
                      struct command_call *call, struct sim_error *error)
{
    struct check_result *results = calloc(suite->count + 1, sizeof *results);
    if (results == NULL)
        return sim_fail_memory(error);
    stop_on_signals();
    progress_start(&call->progress, call->eta);
    bool ok = check_suite(suite, options, results, error);
    progress_end(&call->progress);
    ok = ok && print_results(suite, results, call->json, error);
    for (size_t i = 0; i < suite->count; i++)
        check_result_free(&results[i]);
    free(results);
    return ok;
}

static bool run(void *opaque, struct sim_error *error)
{
    struct check_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct check_options options = {
        .accept = arguments->accept,
        .progress = progress_show,
        .progress_context = &call->progress,
    };
    struct suite suite;
    if (!options_jobs(arguments->jobs, &options.jobs, error))
        return false;
    if (call->operand_count == 0)
        return sim_fail(error, SIM_USAGE,
                        "a suite is needed: a folder with scenarios, or scenarios");
    bool ok = suite_find(&suite, call->operands, call->operand_count, error) &&
              check_all(&suite, &options, call, error);
    suite_free(&suite);
    return ok;
}

const struct command command_check[] = {
    {NULL, "check", "compare scenarios with what was accepted of them", "SUITE...",
     "Replays the scenarios of a suite, a folder or single files, and compares every decision "
     "with what was accepted, NAME.accepted beside NAME.yaml. Exit code 4 if anything differs.",
     rows, sizeof(struct check_arguments), run},
};
