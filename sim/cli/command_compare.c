// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim compare
#include "sim/cli/command.h"

#include "reports/compare.h"
#include "sim/base/stop.h"
#include "sim/compare/condition.h"
#include "sim/compare/stored_run.h"
#include "sim/replay/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define RUNS_SHARE 0.9 // of the time it takes, where scenarios are run

struct compare_arguments {
    struct command_call call;
    struct option_list fail_if;
    const char *output;
};

static const struct option_row rows[] = {
    {"fail-if", 0, OPTION_LIST, "CONDITION", offsetof(struct compare_arguments, fail_if),
     "exit with 4 if this holds, such as 'db.read.p99 > +5%' (the change), 'db.read.p99 > 20ms' "
     "(the value in B) or 'total.read+write.slower > 1%'; may be given often"},
    {"output", 'o', OPTION_TEXT, "DIR", offsetof(struct compare_arguments, output),
     "draw both runs in one plot, compare, there, as SVG and PNG"},
    OPTIONS_TOP_JSON("members", "how much they changed", "--json has all whatever N is"),
    OPTION_JSON("the comparison as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

// A stored run, or a scenario that is run for it.
struct operand {
    struct report_compare_side side; // of a scenario: its database is NULL before it is run
    struct scenario *scenario;       // NULL: the run is stored
};

// All that is to be freed.
struct compare_work {
    struct compare_arguments *arguments;
    struct operand operands[2];
    struct compare_condition conditions[OPTION_LIST_MAX];
    size_t condition_count;
    struct report_comparison *comparison;
};

// ---- Operands ----

// What is no plain file is not looked into: what is read of a pipe is gone.
static bool is_database(const char *path)
{
    struct stat information;
    static const char magic[] = "SQLite format 3"; // and the NUL
    char start[sizeof magic] = "";
    bool plain = stat(path, &information) == 0 && S_ISREG(information.st_mode);
    FILE *file = plain ? fopen(path, "rb") : NULL;
    bool found = file != NULL && fread(start, 1, sizeof start, file) == sizeof start &&
                 memcmp(start, magic, sizeof magic) == 0;
    if (file != NULL)
        fclose(file);
    const char *ending = strrchr(path, '.');
    return found || (ending != NULL && ending > path &&
                     (strcmp(ending, ".db") == 0 || strcmp(ending, ".sqlite") == 0));
}

// "FILE.db:RUN", "FILE.db" (its newest run) or a scenario, which is loaded.
static bool open_operand(struct operand *operand, const char *text, struct progress *progress,
                         struct sim_error *error)
{
    const struct scenario_settings settings = {.progress = progress_show,
                                               .progress_context = progress};
    struct stored_run stored;
    operand->side.shown = text;
    bool ok = stored_run_parse(&stored, text, error);
    if (ok && (stored.number > 0 || is_database(stored.path)))
        operand->side.database = stored_run_open(&stored, &operand->side.run_id, error);
    else if (ok)
        operand->scenario = scenario_load_as(stored.path, &settings, error);
    stored_run_free(&stored);
    return operand->side.database != NULL || operand->scenario != NULL;
}

// Runs the scenario with the log of requests.
static bool run_operand(struct operand *operand, struct progress_part *part, bool is_drawn,
                        struct sim_error *error)
{
    struct run_options options = {
        .log_requests = true,
        .omit_series = !is_drawn,
        .watch.stop = &stop_signal,
        .watch.progress = progress_tell_part,
        .watch.progress_context = part,
    };
    struct report_compare_side *side = &operand->side;
    struct report_error report_error;
    enum report_status status;
    side->database = report_database_open(NULL, REPORT_TEMPORARY, &report_error);
    if (side->database == NULL)
        return stored_run_fail(&report_error, error);
    bool ok =
        run_scenario(operand->scenario, &options, side->database, &side->run_id, &status, error);
    return ok && (status != REPORT_INTERRUPTED || sim_fail(error, SIM_FAILED, "interrupted"));
}

// ---- The command ----

static bool check_arguments(struct compare_work *work, struct sim_error *error)
{
    const struct compare_arguments *arguments = work->arguments;
    char **operands = arguments->call.operands;
    if (arguments->call.operand_count != 2)
        return sim_fail(error, SIM_USAGE, "two runs are needed, found %zu",
                        arguments->call.operand_count);
    if (strcmp(operands[0], "-") == 0 && strcmp(operands[1], "-") == 0)
        return sim_fail(error, SIM_USAGE, "standard input can be only one of the two");
    for (size_t i = 0; i < arguments->fail_if.count; i++) {
        work->condition_count = i + 1;
        if (!compare_condition_parse(&work->conditions[i], arguments->fail_if.texts[i], error))
            return false;
    }
    return true;
}

// Before a scenario is run for a while: what it would be compared with.
static bool check_stored(const struct compare_work *work, struct sim_error *error)
{
    struct report_error report_error;
    for (int i = 0; i < 2; i++) {
        const struct report_compare_side *side = &work->operands[i].side;
        if (side->database != NULL && work->operands[1 - i].scenario != NULL &&
            !report_compare_check(side, &report_error))
            return stored_run_fail(&report_error, error);
    }
    return true;
}

static void tell(void *part, uint64_t done, uint64_t total)
{
    progress_tell_part(part, &(struct progress_state){progress_share(done, total), done});
}

// The scenarios are run first, which is most of what it takes. The part becomes that of the rest.
static bool run_operands(struct compare_work *work, struct progress_part *part,
                         struct sim_error *error)
{
    int scenarios = (work->operands[0].scenario != NULL) + (work->operands[1].scenario != NULL);
    part->to = 0;
    for (int i = 0; i < 2; i++) {
        if (work->operands[i].scenario == NULL)
            continue;
        part->from = part->to;
        part->to += RUNS_SHARE / scenarios;
        if (!run_operand(&work->operands[i], part, work->arguments->output != NULL, error))
            return false;
    }
    part->from = part->to;
    part->to = 1;
    return true;
}

static bool compare(struct compare_work *work, struct sim_error *error)
{
    struct command_call *call = &work->arguments->call;
    struct progress_part part = {.tell = progress_show, .context = &call->progress};
    struct report_compare_config config = {
        .stop = &stop_signal, .tell = tell, .tell_context = &part};
    struct report_error report_error;
    progress_start(&call->progress, call->eta);
    bool ok = run_operands(work, &part, error);
    for (int i = 0; i < 2; i++)
        config.sides[i] = work->operands[i].side;
    if (ok)
        work->comparison = report_compare(&config, &report_error);
    progress_end(&call->progress);
    return work->comparison != NULL || (ok && stored_run_fail(&report_error, error));
}

static bool print(struct compare_work *work, struct sim_error *error)
{
    struct report_error report_error;
    struct command_call *call = &work->arguments->call;
    const struct report_style style = command_style(call);
    bool ok = report_comparison_print(work->comparison, &style, &report_error);
    if (ok && work->arguments->output != NULL) {
        command_print_path(call, "", 0, 1);
        progress_start(&call->progress, call->eta);
        ok = report_comparison_plot(work->comparison, work->arguments->output, command_print_path,
                                    call, &report_error);
    }
    return ok || sim_fail(error, SIM_FAILED, "%s", report_error.message);
}

// Can the conditions be checked? To be told: a line for each that holds; the last is the error's.
static bool judge(const struct compare_work *work, bool tell, struct sim_error *error)
{
    char numbers[256];
    bool has_told = false;
    for (size_t i = 0; i < work->condition_count; i++) {
        const struct compare_condition *condition = &work->conditions[i];
        bool holds;
        if (!compare_condition_check(condition, work->comparison, &holds, numbers, sizeof numbers,
                                     error))
            return false;
        if (!holds || !tell)
            continue;
        if (has_told)
            command_print_error(error);
        sim_fail(error, SIM_CHECK_FAILED, "--fail-if '%s': %s", condition->text, numbers);
        has_told = true;
    }
    return !has_told;
}

static void release(struct compare_work *work)
{
    report_comparison_free(work->comparison);
    for (int i = 0; i < 2; i++) {
        report_database_close(work->operands[i].side.database);
        scenario_free(work->operands[i].scenario);
    }
    for (size_t i = 0; i < work->condition_count; i++)
        compare_condition_free(&work->conditions[i]);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct compare_arguments *arguments = opaque;
    struct compare_work work = {.arguments = arguments};
    bool ok = check_arguments(&work, error);
    progress_start(&arguments->call.progress, arguments->call.eta);
    for (int i = 0; ok && i < 2; i++)
        ok = open_operand(&work.operands[i], arguments->call.operands[i], &arguments->call.progress,
                          error);
    progress_end(&arguments->call.progress);
    if (ok) {
        stop_on_signals();
        ok = check_stored(&work, error) && compare(&work, error) && judge(&work, false, error) &&
             print(&work, error) && command_flush(error) && judge(&work, true, error);
    }
    release(&work);
    return ok;
}

const struct command command_compare[] = {
    {NULL, "compare", "compare two runs of the same requests", "A B",
     "Compares two runs of the same requests, one by one. A and B are each FILE.db:RUN, stored "
     "with --log requests, FILE.db (its newest run), or a scenario, which is run first. "
     "A condition is MEMBER.DIRECTION.METRIC, one of > >= < <=, and +5% or +2ms (change) or "
     "20ms (in B); MEMBER 'total' is all of them. With --fail-if: exit code 4 if one holds.",
     rows, sizeof(struct compare_arguments), run},
};
