// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace info
#include "sim/command.h"

#include "sim/options.h"
#include "sim/scenario.h"
#include "sim/trace_info.h"

#include <string.h>

struct trace_arguments {
    bool help;
    bool json;
    const char *arrival;
    const char *device;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct trace_arguments, help), "print this"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct trace_arguments, json),
     "print a JSON array, one object a trace"},
    {"arrival", 0, OPTION_CHECKED, "POINT", "queue|issue",
     offsetof(struct trace_arguments, arrival), "arrivals are Q (queue, default) or D (issue)"},
    {"device", 0, OPTION_TEXT, "DEVICE", NULL, offsetof(struct trace_arguments, device),
     "only this one, such as 254,48"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static bool tell_one(const struct trace_arguments *arguments, const char *path, json_t *array,
                     struct sim_error *error)
{
    struct trace_config config = {.path = path, .volume = arguments->device};
    struct trace_info info;
    if (arguments->arrival != NULL)
        scenario_parse_arrival(arguments->arrival, &config.arrival);
    bool ok = trace_info_read(&info, &config, error);
    if (ok && !arguments->json)
        trace_info_print(&info, stdout);
    // Names that are not UTF-8 cannot be put into JSON.
    if (ok && arguments->json && json_array_append_new(array, trace_info_json(&info)) != 0)
        ok = sim_fail(error, SIM_FAILED, "%s: a name in it is not UTF-8, which JSON needs", path);
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
             "A trace is a file, a base name (vdc.blktrace), a quoted glob or a directory.\n");
        options_help(stdout, rows);
        return command_flush(error);
    }
    if (first == argc) {
        sim_fail(error, SIM_USAGE, "at least one trace is needed");
        return SIM_USAGE;
    }
    json_t *array = json_array();
    bool ok = true;
    for (int i = first; ok && i < argc; i++)
        ok = tell_one(&arguments, argv[i], array, error);
    if (ok && arguments.json)
        json_dumpf(array, stdout, JSON_INDENT(2));
    if (ok && arguments.json)
        putchar('\n');
    json_decref(array);
    return ok ? command_flush(error) : error->exit;
}

enum sim_exit command_trace(int argc, char **argv, struct sim_error *error)
{
    if (argc >= 2 && strcmp(argv[1], "info") == 0)
        return info(argc - 1, argv + 1, error);
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        puts("usage: throttlesim trace info [OPTION...] TRACE...\n\n"
             "'throttlesim trace info --help' lists the options.");
        return command_flush(error);
    }
    if (argc < 2)
        sim_fail(error, SIM_USAGE, "'trace' needs to know what to do: trace info TRACE...");
    else
        sim_fail(error, SIM_USAGE, "unknown command 'trace %s'; there is 'trace info'", argv[1]);
    return SIM_USAGE;
}
