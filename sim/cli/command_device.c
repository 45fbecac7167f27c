// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim device fit
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/base/text_file.h"
#include "sim/base/units.h"
#include "sim/workload/device/device_fit.h"

#include <stdlib.h>
#include <string.h>

struct device_arguments {
    struct command_call call;
    const char *output;
    const char *model;
    const char *law;
    int64_t servers;
    const char *bandwidth;
    int64_t seed;
    struct option_settings settings;
};

#define SETTINGS offsetof(struct device_arguments, settings)

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, "FILE", offsetof(struct device_arguments, output),
     "write the device there, as YAML that a scenario takes: devices: [{id: ssd, from: FILE}]"},
    {"model", 0, OPTION_CHOICE, "auto|random|queue", offsetof(struct device_arguments, model),
     "random, on which no request delays another; queue, on which the least part of each waits for "
     "those before it, of whichever member. The default, auto, is the one that is nearer to the "
     "recording"},
    {"law", 0, OPTION_CHOICE, "empirical|lognormal|gamma", offsetof(struct device_arguments, law),
     "how long the requests of a class take: the default, empirical, is as recorded, in up to 1024 "
     "quantiles"},
    {"servers", 0, OPTION_NUMBER, "N", offsetof(struct device_arguments, servers),
     "of model queue; the default is whichever of 1, 2, 4 and 8 is nearest to the recording"},
    {"bandwidth", 0, OPTION_TEXT, "BYTES", offsetof(struct device_arguments, bandwidth),
     "of each server of model queue, a second, such as 200MB; the default is unbounded"},
    {"seed", 0, OPTION_NUMBER, "N", offsetof(struct device_arguments, seed),
     "of what is drawn; the default is 1"},
    OPTION("device", OPTION_SETTING_LIST, "NAME", SETTINGS,
           "only this volume, such as 254,48; may be given often"),
    OPTION("volume", OPTION_SETTING_LIST, "NAME", SETTINGS, NULL),
    OPTION("arrival", OPTION_SETTING, "auto|queue|issue", SETTINGS,
           "which event is the arrival: D (issue), what the driver sends, or Q (queue), before "
           "merging and scheduling. The default, auto, is D of each device that has D events, Q of "
           "others"),
    OPTION("format", OPTION_SETTING, "FORMAT", SETTINGS,
           "read as this format, whatever the file looks like; 'throttlesim trace formats' lists "
           "them"),
    OPTION("layout", OPTION_SETTING, "TEXT", SETTINGS,
           "what some formats need to be told, such as the columns of a CSV file"),
    OPTION_JSON("how good it is as JSON"),
    OPTION_ETA,
    OPTIONS_END,
};

static bool read_options(const struct device_arguments *arguments,
                         struct device_fit_options *options, struct sim_error *error)
{
    static const char *const laws[] = {"empirical", "lognormal", "gamma", NULL};
    bool is_random = arguments->model != NULL && strcmp(arguments->model, "random") == 0;
    for (unsigned i = 0; arguments->law != NULL && laws[i] != NULL; i++) {
        if (strcmp(arguments->law, laws[i]) == 0)
            options->law = (enum scenario_law)i;
    }
    if (arguments->model != NULL && strcmp(arguments->model, "auto") != 0)
        options->model = is_random ? SCENARIO_DEVICE_RANDOM : SCENARIO_DEVICE_QUEUE;
    if (is_random && (arguments->servers > 0 || arguments->bandwidth != NULL))
        return sim_fail(error, SIM_USAGE, "--servers and --bandwidth are of --model queue");
    if (arguments->servers > SCENARIO_SERVERS_MAX)
        return sim_fail(error, SIM_USAGE, "--servers: at most %d", SCENARIO_SERVERS_MAX);
    options->servers = (uint32_t)arguments->servers;
    options->seed = arguments->seed > 0 ? arguments->seed : 1;
    if (arguments->bandwidth != NULL &&
        (!units_parse_size(arguments->bandwidth, &options->bandwidth) || options->bandwidth < 1))
        return sim_fail(error, SIM_USAGE,
                        "--bandwidth: expected bytes per second, such as 200MB, found '%.64s'",
                        arguments->bandwidth);
    return true;
}

// Each is read several times.
static bool check_traces(const struct command_call *call, struct sim_error *error)
{
    if (call->operand_count == 0)
        return sim_fail(error, SIM_USAGE, "'device fit' needs a trace");
    for (size_t i = 0; i < call->operand_count; i++) {
        if (trace_path_is_stream(call->operands[i]))
            return sim_fail(error, SIM_USAGE,
                            "%s can be read once only, and a device is tried on what was recorded: "
                            "save it in a file",
                            strcmp(call->operands[i], "-") == 0 ? "standard input"
                                                                : call->operands[i]);
    }
    return true;
}

// A recording must not be replaced by what is read of it.
static bool allow_output(const struct device_arguments *arguments, struct scenario *scenario,
                         struct sim_error *error)
{
    size_t count = scenario->trace_count + scenario->member_count;
    for (size_t i = 0; i < count && arguments->output != NULL; i++) {
        const struct scenario_trace *trace =
            i < scenario->trace_count ? &scenario->traces[i]
                                      : &scenario->members[i - scenario->trace_count].trace;
        struct cut_stream stream;
        if (trace->path == NULL)
            continue;
        if (!scenario_open_trace(scenario, trace, &stream, error))
            return false;
        bool is_read = trace_reads_file(stream.trace, arguments->output);
        cut_close(&stream);
        if (is_read)
            return sim_fail(error, SIM_USAGE,
                            "%s is what was read; write to another file, so that the recording "
                            "stays",
                            arguments->output);
    }
    return true;
}

static bool write_device(const struct device_fit *fit, const char *path, struct sim_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool ok = out != NULL && scenario_write_device(&fit->device, out);
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    ok = ok ? text_file_write(path, text, error) : sim_fail_memory(error);
    free(text);
    return ok;
}

static bool give(const struct device_fit *fit, const struct device_arguments *arguments,
                 struct sim_error *error)
{
    const struct command_call *call = &arguments->call;
    const struct report_style style = command_style(call);
    if (arguments->output != NULL && !write_device(fit, arguments->output, error))
        return false;
    if (call->json)
        return command_print_json(device_fit_json(fit), error);
    return device_fit_print(fit, &style) || sim_fail_memory(error);
}

static bool run(void *opaque, struct sim_error *error)
{
    struct device_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct device_fit fit = {.scenario = NULL};
    struct device_fit_options options = {
        .stop = &stop_signal,
        .progress = progress_show,
        .progress_context = &call->progress,
    };
    struct scenario_quick quick = {
        .limits = "",
        .each_volume = call->operand_count == 1,
        .options = arguments->settings.options,
        .option_count = arguments->settings.count,
        .traces = call->operands,
        .trace_count = call->operand_count,
    };
    if (!read_options(arguments, &options, error) || !check_traces(call, error))
        return false;
    struct scenario *scenario = scenario_quick(&quick, error);
    bool ok = scenario != NULL && allow_output(arguments, scenario, error);
    if (ok) {
        stop_on_signals();
        progress_start(&call->progress, call->eta);
        ok = device_fit(&fit, scenario, &options, error);
        progress_end(&call->progress);
    }
    ok = ok && give(&fit, arguments, error);
    device_fit_free(&fit);
    scenario_free(scenario);
    return ok;
}

const struct command command_device[] = {
    {"device", "device fit", "fit a device to a recording, and say how good it is", "TRACE...",
     "Fits a device to the latencies of a recording that was made without limits, replays the "
     "recording's arrivals on it, and says how near it comes: alone, while others are busy, and to "
     "a queue of its own. Each volume of one trace is a member, or each of several traces.",
     rows, sizeof(struct device_arguments), run},
};
