// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim report, throttlesim plot, throttlesim explain
#include "sim/cli/command.h"

#include "reports/explain.h"
#include "reports/plot.h"
#include "reports/tables.h"
#include "sim/base/stop.h"
#include "sim/compare/stored_run.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct report_arguments {
    struct command_call call;
    int64_t run; // as it was given before DB:RUN
    const char *output;
    const char *member;
    bool split;
};

#define OPTION_RUN OPTION("run", OPTION_NUMBER, "N", offsetof(struct report_arguments, run), NULL)

// What is done with the run that was asked for.
typedef bool use_run(struct report_arguments *arguments, struct report_database *database,
                     int64_t run_id, struct report_error *error);

static bool with_run(struct report_arguments *arguments, use_run *use, struct sim_error *error)
{
    struct report_error report_error = {.is_input = false};
    struct report_database *database = NULL;
    struct stored_run stored;
    int64_t run_id;
    if (arguments->call.operand_count != 1)
        return sim_fail(error, SIM_USAGE, "one database is needed, as written by 'run --db'");
    const char *named = arguments->call.operands[0];
    bool ok = stored_run_parse(&stored, named, error);
    if (ok && stored.number > 0 && arguments->run > 0)
        ok = sim_fail(error, SIM_USAGE, "%s --run %" PRId64 ": the run is given twice", named,
                      arguments->run);
    if (stored.number == 0)
        stored.number = arguments->run;
    if (ok)
        database = stored_run_open(&stored, &run_id, error);
    if (database != NULL) {
        progress_start(&arguments->call.progress, arguments->call.eta);
        ok = use(arguments, database, run_id, &report_error);
        progress_end(&arguments->call.progress);
    }
    ok = database != NULL && ok;
    if (database != NULL && !ok && report_error.is_input) // says which member
        sim_fail(error, SIM_BAD_INPUT, "%s: %s", stored.path, report_error.message);
    else if (database != NULL && !ok)
        sim_fail(error, SIM_FAILED, "%s", report_error.message); // says which file
    report_database_close(database);
    stored_run_free(&stored);
    return ok;
}

// ---- report ----

static bool report(struct report_arguments *arguments, struct report_database *database,
                   int64_t run_id, struct report_error *error)
{
    const struct report_style style = command_style(&arguments->call);
    return report_print(database, run_id, &style, error);
}

static bool run_report(void *arguments, struct sim_error *error)
{
    return with_run(arguments, report, error);
}

static const struct option_row report_rows[] = {
    OPTIONS_TOP("members, and their groups", "how long their requests waited"),
    OPTION_RUN,
    OPTION_JSON("one JSON object"),
    OPTIONS_END,
};

const struct command command_report[] = {
    {NULL, "report", "print the tables of a stored run again", "DB[:RUN]",
     "Prints the tables of a stored run; without RUN, of the newest.", report_rows,
     sizeof(struct report_arguments), run_report},
};

// ---- plot ----

static bool plot(struct report_arguments *arguments, struct report_database *database,
                 int64_t run_id, struct report_error *error)
{
    const char *directory = arguments->output == NULL ? "plots" : arguments->output;
    stop_on_signals();
    return report_plot(database, run_id, arguments->split, directory, command_print_path,
                       &arguments->call, error);
}

static bool run_plot(void *arguments, struct sim_error *error)
{
    return with_run(arguments, plot, error);
}

static const struct option_row plot_rows[] = {
    {"output", 'o', OPTION_TEXT, "DIR", offsetof(struct report_arguments, output),
     "where the plots go; the default is plots. It is made if it is not there. Plots of this run "
     "that are there are replaced"},
    {"split", 0, OPTION_FLAG, NULL, offsetof(struct report_arguments, split),
     "draw demand of reads and of writes also apart, which is done anyway where a limit is of "
     "reads "
     "or of writes only"},
    OPTION_RUN,
    OPTION_ETA,
    OPTIONS_END,
};

const struct command command_plot[] = {
    {NULL, "plot", "draw a stored run with gnuplot", "DB[:RUN]",
     "Draws a stored run (without RUN, the newest) with gnuplot, each plot as SVG and PNG, and "
     "prints their paths.",
     plot_rows, sizeof(struct report_arguments), run_plot},
};

// ---- explain ----

static bool explain(struct report_arguments *arguments, struct report_database *database,
                    int64_t run_id, struct report_error *error)
{
    const struct report_style style = command_style(&arguments->call);
    if (!report_explain(database, run_id, arguments->member, &style, error))
        return false;
    if (arguments->output == NULL)
        return true;
    stop_on_signals();
    command_print_path(&arguments->call, "", 0, 1);
    return report_plot_causes(database, run_id, arguments->member, arguments->output,
                              command_print_path, &arguments->call, error);
}

static bool run_explain(void *arguments, struct sim_error *error)
{
    return with_run(arguments, explain, error);
}

static const struct option_row explain_rows[] = {
    {"member", 0, OPTION_TEXT, "NAME", offsetof(struct report_arguments, member),
     "only this member, and also the intervals in which its requests waited longest, and each time "
     "a burst allowance of its group ran out"},
    {"output", 'o', OPTION_TEXT, "DIR", offsetof(struct report_arguments, output),
     "draw the plot wait-causes there, too; of the one member wait-causes-NAME if one is given"},
    OPTION_RUN,
    OPTIONS_TOP("members", "how long their requests waited"),
    OPTION_JSON("one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

const struct command command_explain[] = {
    {NULL, "explain", "tell why the requests of a stored run waited", "DB[:RUN]",
     "Tells why the requests of a stored run waited; without RUN, of the newest.", explain_rows,
     sizeof(struct report_arguments), run_explain},
};
