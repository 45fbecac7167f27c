// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace fit
#include "sim/cli/command.h"

#include "sim/base/progress.h"
#include "sim/base/stop.h"
#include "sim/base/text_file.h"
#include "sim/cli/options.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/fit/fit.h"
#include "sim/workload/synth/synth_spec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct fit_arguments {
    bool help;
    bool json;
    const char *output;
    int64_t count;
    int64_t seed;
    struct option_cut cut;
    const char *arrival;
    const char *format;
    const char *layout;
    const char *eta;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct fit_arguments, help), "print this"},
    {"output", 'o', OPTION_TEXT, "SPEC", NULL, offsetof(struct fit_arguments, output),
     "write it there (default: standard output, -)"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct fit_arguments, json),
     "print how good it is as JSON, with the specification in it"},
    {"volumes", 0, OPTION_NUMBER, "N", NULL, offsetof(struct fit_arguments, count),
     "describe N volumes like each of the trace (default 1)"},
    {"seed", 0, OPTION_NUMBER, "N", NULL, offsetof(struct fit_arguments, seed),
     "of the specification (default 1)"},
    {"start", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct fit_arguments, cut.start),
     "leave out what was recorded before"},
    {"duration", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct fit_arguments, cut.duration),
     "of the recording, from the start on; the rest is not read"},
    {"volume", 0, OPTION_LIST, "NAME", NULL, offsetof(struct fit_arguments, cut.volumes),
     "only this one, such as 254,48; may be given often"},
    {"device", 0, OPTION_LIST, "NAME", NULL, offsetof(struct fit_arguments, cut.volumes),
     "the same"},
    {"op", 0, OPTION_TEXT, "NAME,...", NULL, offsetof(struct fit_arguments, cut.op),
     "only these operations, such as read,write"},
    {"arrival", 0, OPTION_CHECKED, "POINT", "queue|issue", offsetof(struct fit_arguments, arrival),
     "arrivals are Q (queue, default) or D (issue)"},
    {"format", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct fit_arguments, format),
     "read as this format, whatever it looks like ('throttlesim trace formats')"},
    {"layout", 0, OPTION_TEXT, "TEXT", NULL, offsetof(struct fit_arguments, layout),
     "what a format needs to be told, such as its columns"},
    {"eta", 0, OPTION_CHECKED, "WHEN", "auto|always|never", offsetof(struct fit_arguments, eta),
     "progress on stderr: auto (default), always, never"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

// The specification as text, to be freed; NULL with the error filled.
static char *spec_text(const struct fit *fit, bool with_comments, struct sim_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool ok = out != NULL;
    if (ok && with_comments)
        fit_print(fit, out);
    ok = ok && synth_spec_write(&fit->spec, out);
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    if (ok)
        return text;
    free(text);
    sim_fail_memory(error);
    return NULL;
}

static bool print_json(const struct fit *fit, struct sim_error *error)
{
    char *text = spec_text(fit, false, error);
    json_t *json = text == NULL ? NULL : fit_json(fit, text);
    if (text != NULL && json == NULL)
        sim_fail(error, SIM_FAILED, "%s: a name in it is not UTF-8, which JSON needs", fit->path);
    free(text);
    return json != NULL && command_print_json(json, error);
}

static bool is_stdout(const struct fit_arguments *arguments)
{
    return arguments->output == NULL || strcmp(arguments->output, "-") == 0;
}

// A recording must not be replaced by what is read of it.
static bool allow_output(const struct fit *fit, const char *path, struct sim_error *error)
{
    return !trace_reads_file(fit->stream.trace, path) ||
           sim_fail(error, SIM_USAGE,
                    "%s is what was read; write to another file, so that the recording stays",
                    path);
}

static bool give(const struct fit *fit, const struct fit_arguments *arguments,
                 struct sim_error *error)
{
    bool ok = true;
    if (!is_stdout(arguments) || !arguments->json) {
        char *text = spec_text(fit, true, error);
        ok = text != NULL;
        if (ok && is_stdout(arguments))
            fputs(text, stdout);
        else if (ok)
            ok = allow_output(fit, arguments->output, error) &&
                 text_file_write(arguments->output, text, error);
        free(text);
    }
    return ok && (!arguments->json || print_json(fit, error));
}

// ---- Arguments ----

static bool check(const struct fit_arguments *arguments, int traces, struct sim_error *error)
{
    if (traces != 1)
        return sim_fail(error, SIM_USAGE, "'trace fit' needs one trace, found %d%s", traces,
                        traces > 1 ? "; 'throttlesim trace convert' makes one of several" : "");
    if (arguments->count > SYNTH_VOLUMES_MAX)
        return sim_fail(error, SIM_USAGE, "--volumes: at most %d, found %" PRId64,
                        SYNTH_VOLUMES_MAX, arguments->count);
    if (arguments->json && arguments->output != NULL && is_stdout(arguments))
        return sim_fail(error, SIM_USAGE,
                        "--json and the specification cannot both be on standard output; it is in "
                        "the JSON, too");
    return options_format(arguments->format, error);
}

static bool fill_options(const struct fit_arguments *arguments, struct fit_options *options,
                         struct sim_error *error)
{
    options->seed = (uint64_t)arguments->seed;
    options->count = (uint32_t)arguments->count;
    return options_cut(&arguments->cut, &options->cut, error);
}

static bool fit_and_give(const struct fit_arguments *arguments, const struct trace_config *config,
                         struct fit_options *options, struct sim_error *error)
{
    struct fit fit;
    struct progress progress;
    options->progress = progress_show;
    options->progress_context = &progress;
    stop_on_signals();
    progress_start(&progress, arguments->eta);
    bool ok = fit_read(&fit, config, options, error);
    progress_end(&progress);
    ok = ok && give(&fit, arguments, error);
    fit_free(&fit);
    stop_die();
    return ok;
}

enum sim_exit command_fit(int argc, char **argv, struct sim_error *error)
{
    struct fit_arguments arguments = {.count = 1, .seed = 1, .eta = "auto"};
    struct fit_options options = fit_options_of_all();
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        puts("usage: throttlesim trace fit [OPTION...] TRACE\n\n"
             "Estimates a specification for 'throttlesim trace synth' from a recording, and says "
             "how good\nit is. A trace is a file, a base name (vdc.blktrace), a quoted glob, a "
             "directory, or - for\nstandard input.\n");
        options_help(stdout, rows);
        return command_flush(error);
    }
    if (!check(&arguments, argc - first, error) || !fill_options(&arguments, &options, error))
        return SIM_USAGE;
    struct trace_config config = {
        .path = argv[first], .format = arguments.format, .layout = arguments.layout};
    if (arguments.arrival != NULL)
        scenario_parse_arrival(arguments.arrival, &config.arrival);
    return fit_and_give(&arguments, &config, &options, error) ? command_flush(error) : error->exit;
}
