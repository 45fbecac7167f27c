// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace info
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/workload/info/trace_info.h"

#include <string.h>

struct info_arguments {
    struct command_call call;
    const char *device;
    struct option_reading reading;
    unsigned ops; // 0: not given
    const char *attach;
    const char *discard;
    const char *output;
};

static const struct option_row rows[] = {
    {"device", 0, OPTION_TEXT, "NAME", offsetof(struct info_arguments, device),
     "only this volume, such as 254,48, or in a CSV file this member"},
    {"volume", 0, OPTION_TEXT, "NAME", offsetof(struct info_arguments, device), NULL},
    OPTIONS_READING(offsetof(struct info_arguments, reading)),
    {"op", 0, OPTION_OPS, "NAME,...", offsetof(struct info_arguments, ops),
     "tell of these operations only: read, write, discard, write-zeroes, flush"},
    {"attach", 0, OPTION_CHOICE, "drive|filter", offsetof(struct info_arguments, attach),
     "where the throttle sits whose limits are looked for; the default is drive"},
    {"discard", 0, OPTION_CHOICE, "ignore|unmap", offsetof(struct info_arguments, discard),
     "what a filter does with discards: unmap, it throttles them; the default, ignore, is that "
     "they never come to it, nor to a drive's throttle"},
    {"output", 'o', OPTION_TEXT, "DIR", offsetof(struct info_arguments, output),
     "draw rates, sizes, times between arrivals, and latencies if they are known, there, each as "
     "SVG and PNG: trace-rates, trace-sizes, trace-gaps, trace-latency. Only with one trace"},
    OPTIONS_TOP_JSON("devices", "how many requests they have", "--json has all whatever N is"),
    OPTION_JSON("a JSON array, one object for each trace"),
    OPTION_ETA,
    OPTIONS_END,
};

static bool tell_one(struct info_arguments *arguments, const char *path, json_t *array,
                     struct sim_error *error)
{
    struct trace_config config = {.path = path, .volume = arguments->device};
    struct trace_info_options options = {
        .wants_series = arguments->output != NULL,
        .ops = arguments->ops == 0 ? CUT_ALL_OPS : arguments->ops,
        .progress = progress_show,
        .progress_context = &arguments->call.progress,
    };
    struct scenario_member member = {.attach = ENGINE_DRIVE};
    struct trace_info info;
    bool as_json = arguments->call.json;
    const struct report_style style = command_style(&arguments->call);
    options_reading(&arguments->reading, &config);
    if (arguments->attach != NULL)
        scenario_parse_attach(arguments->attach, &member.attach);
    if (arguments->discard != NULL && strcmp(arguments->discard, "unmap") == 0)
        member.discard = SCENARIO_DISCARD_UNMAP;
    options.attach = scenario_engine_attach(&member);
    progress_start(&arguments->call.progress, arguments->call.eta);
    bool ok = trace_info_read(&info, &config, &options, error);
    progress_end(&arguments->call.progress);
    if (ok && !as_json)
        ok = trace_info_print(&info, &style) || sim_fail_memory(error);
    // Names that are not UTF-8 cannot be put into JSON.
    if (ok && as_json && json_array_append_new(array, trace_info_json(&info)) != 0)
        ok = sim_fail(error, SIM_FAILED, "%s: a name in it is not UTF-8, which JSON needs", path);
    if (ok && arguments->output != NULL)
        ok = info_draw(&info, arguments->output, command_print_path, &arguments->call, error);
    trace_info_free(&info);
    return ok;
}

// Of files in a directory or an archive that are a trace each, those that are none are told.
static bool tell_within(struct info_arguments *arguments, char **paths, json_t *array,
                        struct sim_error *error)
{
    bool any = false;
    if (arguments->output != NULL)
        return sim_fail(error, SIM_USAGE, "--output draws one trace, such as %s", paths[0]);
    for (size_t i = 0; paths[i] != NULL; i++) {
        bool told = tell_one(arguments, paths[i], array, error);
        any = any || told;
        if (!told &&
            (stop_signal != 0 || error->exit == SIM_USAGE || (paths[i + 1] == NULL && !any)))
            return false;
        if (!told)
            command_print_error(error);
    }
    return true;
}

static bool tell(struct info_arguments *arguments, const char *path, json_t *array,
                 struct sim_error *error)
{
    char **paths = trace_paths_within(path);
    bool ok = paths != NULL ? tell_within(arguments, paths, array, error)
                            : tell_one(arguments, path, array, error);
    trace_paths_free(paths);
    return ok;
}

static bool run(void *opaque, struct sim_error *error)
{
    struct info_arguments *arguments = opaque;
    if (arguments->call.operand_count == 0)
        return sim_fail(error, SIM_USAGE, "at least one trace is needed");
    if (!command_join_traces(&arguments->call, 0, error))
        return false;
    size_t count = arguments->call.operand_count;
    if (arguments->output != NULL && count > 1)
        return sim_fail(error, SIM_USAGE, "--output draws one trace, found %zu", count);
    stop_on_signals();
    json_t *array = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = tell(arguments, arguments->call.operands[i], array, error);
    if (ok && arguments->call.json)
        return command_print_json(array, error);
    json_decref(array);
    return ok;
}

const struct command command_info[] = {
    {"trace", "trace info", "tell what is in a recording", "TRACE...",
     "Tells what is in each trace. A trace is a file, a base name (vdc.blktrace), a quoted "
     "glob, a directory, an archive of files (tar, zip) or one of them (a.zip/vdc.csv), or - for "
     "standard input.",
     rows, sizeof(struct info_arguments), run},
};
