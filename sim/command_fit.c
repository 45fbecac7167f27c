// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace fit
#include "sim/command.h"

#include "sim/fit.h"
#include "sim/options.h"
#include "sim/scenario.h"
#include "sim/stop.h"
#include "sim/synth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct fit_arguments {
    bool help;
    bool json;
    const char *output;
    int64_t volumes;
    int64_t seed;
    const char *arrival;
    const char *device;
    const char *format;
    const char *layout;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct fit_arguments, help), "print this"},
    {"output", 'o', OPTION_TEXT, "SPEC", NULL, offsetof(struct fit_arguments, output),
     "write it there (default: standard output)"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct fit_arguments, json),
     "print how good it is as JSON, with the specification in it"},
    {"volumes", 0, OPTION_NUMBER, "N", NULL, offsetof(struct fit_arguments, volumes),
     "describe N volumes like each of the trace (default 1)"},
    {"seed", 0, OPTION_NUMBER, "N", NULL, offsetof(struct fit_arguments, seed),
     "of the specification (default 1)"},
    {"arrival", 0, OPTION_CHECKED, "POINT", "queue|issue", offsetof(struct fit_arguments, arrival),
     "arrivals are Q (queue, default) or D (issue)"},
    {"device", 0, OPTION_TEXT, "DEVICE", NULL, offsetof(struct fit_arguments, device),
     "only this one, such as 254,48"},
    {"volume", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct fit_arguments, device), "the same"},
    {"format", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct fit_arguments, format),
     "read as this format, whatever it looks like ('throttlesim trace formats')"},
    {"layout", 0, OPTION_TEXT, "TEXT", NULL, offsetof(struct fit_arguments, layout),
     "what a format needs to be told, such as its columns"},
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
    bool ok = json != NULL;
    if (ok) {
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(json);
    free(text);
    return ok;
}

static bool write_text(const char *text, const char *path, struct sim_error *error)
{
    FILE *out = fopen(path, "w");
    bool ok = out != NULL && fputs(text, out) >= 0;
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    return ok || sim_fail(error, SIM_FAILED, "%s: cannot be written: %s", path, strerror(errno));
}

static bool give(const struct fit *fit, const struct fit_arguments *arguments,
                 struct sim_error *error)
{
    bool ok = true;
    if (arguments->output != NULL || !arguments->json) {
        char *text = spec_text(fit, true, error);
        ok = text != NULL;
        if (ok && arguments->output != NULL)
            ok = write_text(text, arguments->output, error);
        else if (ok)
            fputs(text, stdout);
        free(text);
    }
    return ok && (!arguments->json || print_json(fit, error));
}

static bool check(const struct fit_arguments *arguments, int traces, struct sim_error *error)
{
    if (traces != 1)
        return sim_fail(error, SIM_USAGE, "'trace fit' needs one trace, found %d%s", traces,
                        traces > 1 ? "; 'throttlesim trace convert' makes one of several" : "");
    if (arguments->volumes > SYNTH_VOLUMES_MAX)
        return sim_fail(error, SIM_USAGE, "--volumes: at most %d, found %" PRId64,
                        SYNTH_VOLUMES_MAX, arguments->volumes);
    return options_format(arguments->format, error);
}

enum sim_exit command_fit(int argc, char **argv, struct sim_error *error)
{
    struct fit_arguments arguments = {.volumes = 1, .seed = 1};
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        puts("usage: throttlesim trace fit [OPTION...] TRACE\n\n"
             "Estimates a specification for 'throttlesim trace synth' from a recording, and says "
             "how "
             "good\nit is. A trace is a file, a base name (vdc.blktrace), a quoted glob, a "
             "directory, or - for\nstandard input.\n");
        options_help(stdout, rows);
        return command_flush(error);
    }
    if (!check(&arguments, argc - first, error))
        return SIM_USAGE;
    struct trace_config config = {.path = argv[first],
                                  .volume = arguments.device,
                                  .format = arguments.format,
                                  .layout = arguments.layout};
    struct fit_options options = {(uint64_t)arguments.seed, (uint32_t)arguments.volumes};
    struct fit fit;
    if (arguments.arrival != NULL)
        scenario_parse_arrival(arguments.arrival, &config.arrival);
    stop_on_signals();
    bool ok = fit_read(&fit, &config, &options, error) && give(&fit, &arguments, error);
    fit_free(&fit);
    stop_die();
    return ok ? command_flush(error) : error->exit;
}
