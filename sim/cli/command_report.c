// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim report, throttlesim plot, throttlesim explain
#include "sim/cli/command.h"

#include "reports/explain.h"
#include "reports/plot.h"
#include "reports/tables.h"
#include "sim/base/stored_run.h"
#include "sim/cli/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct report_arguments {
    bool help;
    int64_t run;
    int64_t top;
    bool json;
    const char *output;
    const char *member;
};

static const struct option_row report_rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct report_arguments, help), "print this"},
    {"run", 0, OPTION_NUMBER, "N", NULL, offsetof(struct report_arguments, run),
     "this run, as DB:N (default: the newest)"},
    {"top", 0, OPTION_NUMBER, "N", NULL, offsetof(struct report_arguments, top),
     "only the N members whose requests waited longest"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct report_arguments, json),
     "print the results as JSON"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static const struct option_row plot_rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct report_arguments, help), "print this"},
    {"run", 0, OPTION_NUMBER, "N", NULL, offsetof(struct report_arguments, run),
     "this run, as DB:N (default: the newest)"},
    {"output", 'o', OPTION_TEXT, "DIR", NULL, offsetof(struct report_arguments, output),
     "where the plots go (default: plots)"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static const struct option_row explain_rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct report_arguments, help), "print this"},
    {"run", 0, OPTION_NUMBER, "N", NULL, offsetof(struct report_arguments, run),
     "this run, as DB:N (default: the newest)"},
    {"member", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct report_arguments, member),
     "only this member, and when it waited longest"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct report_arguments, json),
     "print the results as JSON"},
    {"output", 'o', OPTION_TEXT, "DIR", NULL, offsetof(struct report_arguments, output),
     "draw the plot wait-causes there, too"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

// What is done with the run that was asked for.
typedef bool use_run(const struct report_arguments *arguments, struct report_database *database,
                     int64_t run_id, struct report_error *error);

static bool use_stored(const struct report_arguments *arguments, const struct stored_run *stored,
                       use_run *use, struct sim_error *error)
{
    struct report_error report_error = {.is_input = false};
    int64_t run_id;
    struct report_database *database = stored_run_open(stored, &run_id, error);
    if (database == NULL)
        return false;
    bool ok = use(arguments, database, run_id, &report_error);
    if (!ok && report_error.is_input) // says which member
        sim_fail(error, SIM_BAD_INPUT, "%s: %s", stored->path, report_error.message);
    else if (!ok)
        sim_fail(error, SIM_FAILED, "%s", report_error.message); // says which file
    report_database_close(database);
    return ok;
}

static enum sim_exit with_run(int argc, char **argv, const struct option_row *rows,
                              const char *usage, use_run *use, struct sim_error *error)
{
    struct report_arguments arguments = {0};
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        puts(usage);
        options_help(stdout, rows);
        return command_flush(error);
    }
    if (argc - first != 1) {
        sim_fail(error, SIM_USAGE, "one database is needed, as written by 'run --db'");
        return SIM_USAGE;
    }
    struct stored_run stored;
    bool ok = stored_run_parse(&stored, argv[first], error);
    if (ok && stored.number > 0 && arguments.run > 0)
        ok = sim_fail(error, SIM_USAGE, "%s --run %" PRId64 ": the run is given twice", argv[first],
                      arguments.run);
    if (ok && stored.number == 0)
        stored.number = arguments.run;
    ok = ok && use_stored(&arguments, &stored, use, error);
    stored_run_free(&stored);
    return ok ? command_flush(error) : error->exit;
}

static bool print_run(const struct report_arguments *arguments, struct report_database *database,
                      int64_t run_id, struct report_error *error)
{
    return report_print_top(database, run_id, arguments->top,
                            arguments->json ? REPORT_JSON : REPORT_TEXT, stdout, error);
}

enum sim_exit command_report(int argc, char **argv, struct sim_error *error)
{
    return with_run(argc, argv, report_rows,
                    "usage: throttlesim report DB[:RUN] [OPTION...]\n\n"
                    "Prints the tables of a stored run.\n",
                    print_run, error);
}

static void print_path(void *context, const char *path)
{
    (void)context;
    puts(path);
}

static bool plot_run(const struct report_arguments *arguments, struct report_database *database,
                     int64_t run_id, struct report_error *error)
{
    const char *directory = arguments->output == NULL ? "plots" : arguments->output;
    return report_plot(database, run_id, directory, print_path, NULL, error);
}

enum sim_exit command_plot(int argc, char **argv, struct sim_error *error)
{
    return with_run(argc, argv, plot_rows,
                    "usage: throttlesim plot DB[:RUN] [OPTION...]\n\n"
                    "Draws a stored run with gnuplot, each plot as SVG and PNG, and prints their "
                    "paths.\n",
                    plot_run, error);
}

static bool explain_run(const struct report_arguments *arguments, struct report_database *database,
                        int64_t run_id, struct report_error *error)
{
    enum report_format format = arguments->json ? REPORT_JSON : REPORT_TEXT;
    if (!report_explain(database, run_id, arguments->member, format, stdout, error))
        return false;
    if (arguments->output == NULL)
        return true;
    if (!arguments->json)
        putchar('\n');
    return report_plot_causes(database, run_id, arguments->member, arguments->output,
                              arguments->json ? NULL : print_path, NULL, error);
}

enum sim_exit command_explain(int argc, char **argv, struct sim_error *error)
{
    return with_run(argc, argv, explain_rows,
                    "usage: throttlesim explain DB[:RUN] [OPTION...]\n\n"
                    "Tells why the requests of a stored run waited.\n",
                    explain_run, error);
}
