// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace info, throttlesim trace formats
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/base/suggest.h"
#include "sim/cli/options.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/info/trace_info.h"

#include <string.h>

struct trace_arguments {
    bool help;
    bool json;
    const char *arrival;
    const char *device;
    const char *format;
    const char *layout;
    const char *output;
};

// ---- trace info ----

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct trace_arguments, help), "print this"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct trace_arguments, json),
     "print a JSON array, one object a trace"},
    {"arrival", 0, OPTION_CHECKED, "POINT", "queue|issue",
     offsetof(struct trace_arguments, arrival), "arrivals are Q (queue, default) or D (issue)"},
    {"device", 0, OPTION_TEXT, "DEVICE", NULL, offsetof(struct trace_arguments, device),
     "only this one, such as 254,48"},
    {"volume", 0, OPTION_TEXT, "DEVICE", NULL, offsetof(struct trace_arguments, device),
     "the same"},
    {"format", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct trace_arguments, format),
     "read as this format, whatever it looks like ('throttlesim trace formats')"},
    {"layout", 0, OPTION_TEXT, "TEXT", NULL, offsetof(struct trace_arguments, layout),
     "what a format needs to be told, such as its columns"},
    {"output", 'o', OPTION_TEXT, "DIR", NULL, offsetof(struct trace_arguments, output),
     "draw plots of one trace there"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static void print_path(void *context, const char *path)
{
    const struct trace_arguments *arguments = context;
    if (!arguments->json)
        puts(path);
}

static bool tell_one(struct trace_arguments *arguments, const char *path, json_t *array,
                     struct sim_error *error)
{
    struct trace_config config = {
        .path = path,
        .volume = arguments->device,
        .format = arguments->format,
        .layout = arguments->layout,
    };
    struct trace_info info;
    if (arguments->arrival != NULL)
        scenario_parse_arrival(arguments->arrival, &config.arrival);
    bool ok = trace_info_read(&info, &config, arguments->output != NULL, error);
    if (ok && !arguments->json)
        ok = trace_info_print(&info, stdout) || sim_fail_memory(error);
    // Names that are not UTF-8 cannot be put into JSON.
    if (ok && arguments->json && json_array_append_new(array, trace_info_json(&info)) != 0)
        ok = sim_fail(error, SIM_FAILED, "%s: a name in it is not UTF-8, which JSON needs", path);
    if (ok && arguments->output != NULL)
        ok = info_draw(&info, arguments->output, print_path, arguments, error);
    trace_info_free(&info);
    return ok;
}

static enum sim_exit info(int argc, char **argv, struct sim_error *error)
{
    struct trace_arguments arguments = {0};
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        puts("usage: throttlesim trace info [OPTION...] TRACE...\n\n"
             "A trace is a file, a base name (vdc.blktrace), a quoted glob, a directory, "
             "or -\nfor standard input.\n");
        options_help(stdout, rows);
        return command_flush(error);
    }
    if (!options_format(arguments.format, error))
        return SIM_USAGE;
    if (first == argc) {
        sim_fail(error, SIM_USAGE, "at least one trace is needed");
        return SIM_USAGE;
    }
    if (arguments.output != NULL && argc - first > 1) {
        sim_fail(error, SIM_USAGE, "--output draws one trace, found %d", argc - first);
        return SIM_USAGE;
    }
    stop_on_signals();
    json_t *array = json_array();
    bool ok = true;
    for (int i = first; ok && i < argc; i++)
        ok = tell_one(&arguments, argv[i], array, error);
    if (ok && arguments.json)
        ok = command_print_json(array, error);
    else
        json_decref(array);
    stop_die();
    return ok ? command_flush(error) : error->exit;
}

// ---- trace formats ----

static const struct option_row formats_rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct trace_arguments, help), "print this"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct trace_arguments, json),
     "print a JSON array, one object a format"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static bool print_formats_json(struct sim_error *error)
{
    json_t *array = json_array();
    const char *name;
    bool ok = array != NULL;
    for (size_t i = 0; ok && (name = trace_format_at(i)) != NULL; i++)
        ok = json_array_append_new(array, json_pack("{s:s, s:s}", "name", name, "help",
                                                    trace_format_help(name))) == 0;
    if (ok)
        return command_print_json(array, error);
    json_decref(array);
    return sim_fail_memory(error);
}

static void print_formats(void)
{
    const char *name;
    for (size_t i = 0; (name = trace_format_at(i)) != NULL; i++)
        printf("%-10s %s\n", name, trace_format_help(name));
}

static enum sim_exit formats(int argc, char **argv, struct sim_error *error)
{
    struct trace_arguments arguments = {0};
    int first;
    if (!options_parse(argc, argv, formats_rows, &arguments, &first, error))
        return SIM_USAGE;
    if (first < argc) {
        sim_fail(error, SIM_USAGE, "'trace formats' takes nothing more, found '%s'", argv[first]);
        return SIM_USAGE;
    }
    if (arguments.help) {
        puts("usage: throttlesim trace formats [OPTION...]\n\n"
             "Lists the formats of traces that can be read, in the order in which they are tried, "
             "with\nwhat a file of each looks like.\n");
        options_help(stdout, formats_rows);
    } else if (!arguments.json) {
        print_formats();
    } else if (!print_formats_json(error)) {
        return error->exit;
    }
    return command_flush(error);
}

// ---- trace ----

static const struct trace_command {
    const char *name;
    command_function *function;
    const char *usage;
} commands[] = {
    {"info", info, "info [OPTION...] TRACE..."},
    {"convert", command_convert, "convert [OPTION...] IN... OUT"},
    {"formats", formats, "formats [--json]"},
    {"fit", command_fit, "fit [OPTION...] TRACE"},
    {"synth", command_synth, "synth [OPTION...] SPEC -o FILE"},
    {NULL, NULL, NULL},
};

static const char *command_at(const void *words, size_t index)
{
    return ((const struct trace_command *)words)[index].name;
}

static enum sim_exit print_overview(struct sim_error *error)
{
    for (const struct trace_command *command = commands; command->name != NULL; command++)
        printf("%s throttlesim trace %s\n", command == commands ? "usage:" : "      ",
               command->usage);
    puts("\n'throttlesim trace COMMAND --help' explains a command and lists its options.");
    return command_flush(error);
}

enum sim_exit command_trace(int argc, char **argv, struct sim_error *error)
{
    char hint[128];
    if (argc < 2) {
        sim_fail(error, SIM_USAGE, "'trace' needs to know what to do, such as: trace info TRACE");
        return SIM_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_overview(error);
    for (const struct trace_command *command = commands; command->name != NULL; command++) {
        if (strcmp(argv[1], command->name) == 0)
            return command->function(argc - 1, argv + 1, error);
    }
    sim_fail(error, SIM_USAGE, "unknown command 'trace %s'%s", argv[1],
             suggest(argv[1], command_at, commands, hint, sizeof hint));
    return SIM_USAGE;
}
