// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace fit
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/base/text_file.h"
#include "sim/workload/fit/fit.h"
#include "sim/workload/synth/synth_spec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct fit_arguments {
    struct command_call call;
    const char *output;
    const char *plots;
    int64_t count;
    int64_t seed;
    struct option_cut cut;
    struct option_reading reading;
};

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, "SPEC", offsetof(struct fit_arguments, output),
     "write it there instead of on standard output (-). The file gets its name when it is whole"},
    {"plots", 0, OPTION_TEXT, "DIR", offsetof(struct fit_arguments, plots),
     "draw rates, sizes, times between arrivals, and latencies if they are known, recorded and "
     "made, "
     "there, each as SVG and PNG: fit-rates, fit-sizes, fit-gaps, fit-latency"},
    {"volumes", 0, OPTION_NUMBER, "N", offsetof(struct fit_arguments, count),
     "describe N volumes like each of the trace, so that it can be scaled up; the default is 1"},
    {"seed", 0, OPTION_NUMBER, "N", offsetof(struct fit_arguments, seed),
     "of the specification; the default is 1"},
    OPTIONS_CUT(offsetof(struct fit_arguments, cut)),
    OPTIONS_READING(offsetof(struct fit_arguments, reading)),
    OPTION_JSON("how good it is as JSON, with the specification in it"),
    OPTION_ETA,
    OPTIONS_END,
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
    if (!is_stdout(arguments) || !arguments->call.json) {
        char *text = spec_text(fit, true, error);
        ok = text != NULL;
        if (ok && is_stdout(arguments))
            fputs(text, stdout);
        else if (ok)
            ok = allow_output(fit, arguments->output, error) &&
                 text_file_write(arguments->output, text, error);
        free(text);
    }
    return ok && (!arguments->call.json || print_json(fit, error));
}

// ---- Arguments ----

static bool check(struct fit_arguments *arguments, struct sim_error *error)
{
    if (!command_join_traces(&arguments->call, 0, error))
        return false;
    size_t traces = arguments->call.operand_count;
    if (traces != 1)
        return sim_fail(error, SIM_USAGE, "'trace fit' needs one trace, found %zu%s", traces,
                        traces > 1 ? "; 'throttlesim trace convert' makes one of several" : "");
    if (arguments->count > SYNTH_VOLUMES_MAX)
        return sim_fail(error, SIM_USAGE, "--volumes: at most %d, found %" PRId64,
                        SYNTH_VOLUMES_MAX, arguments->count);
    if (arguments->call.json && arguments->output != NULL && is_stdout(arguments))
        return sim_fail(error, SIM_USAGE,
                        "--json and the specification cannot both be on standard output; it is in "
                        "the JSON, too");
    return true;
}

static bool run(void *opaque, struct sim_error *error)
{
    struct fit_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct fit_options options = fit_options_of_all();
    struct trace_config config = {.path = call->operands[0]};
    struct fit fit;
    if (!check(arguments, error) || !options_cut(&arguments->cut, &options.cut, error))
        return false;
    if (arguments->count > 0)
        options.count = (uint32_t)arguments->count;
    if (arguments->seed > 0)
        options.seed = (uint64_t)arguments->seed;
    options.progress = progress_show;
    options.progress_context = &call->progress;
    options_reading(&arguments->reading, &config);
    stop_on_signals();
    progress_start(&call->progress, call->eta);
    bool ok = fit_read(&fit, &config, &options, error);
    progress_end(&call->progress);
    ok = ok && give(&fit, arguments, error);
    if (ok && arguments->plots != NULL)
        ok = fit_draw(&fit, arguments->plots, is_stdout(arguments) ? NULL : command_print_path,
                      call, error);
    fit_free(&fit);
    return ok;
}

const struct command command_fit[] = {
    {"trace", "trace fit", "estimate a specification for 'trace synth' from a recording", "TRACE",
     "Estimates a specification for 'throttlesim trace synth' from a recording, and says how "
     "good it is. A trace is a file, a base name (vdc.blktrace), a quoted glob, a directory, "
     "or - for standard input.",
     rows, sizeof(struct fit_arguments), run},
};
