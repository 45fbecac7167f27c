// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace convert
#include "sim/cli/command.h"

#include "sim/base/progress.h"
#include "sim/base/stop.h"
#include "sim/cli/options.h"
#include "sim/scenario/scenario.h"
#include "sim/workload/convert/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct convert_arguments {
    bool help;
    bool json;
    const char *to;
    const char *speed;
    struct option_cut cut;
    bool split;
    bool prefix;
    const char *arrival;
    const char *format;
    const char *layout;
    const char *eta;
};

static const struct option_row rows[] = {
    {"help", 'h', OPTION_FLAG, NULL, NULL, offsetof(struct convert_arguments, help), "print this"},
    {"to", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct convert_arguments, to),
     "write this format (default: as the name of OUT ends)"},
    {"start", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct convert_arguments, cut.start),
     "leave out what was recorded before; times count from there"},
    {"duration", 0, OPTION_TEXT, "TIME", NULL, offsetof(struct convert_arguments, cut.duration),
     "of the recording, from the start on; the rest is not read"},
    {"speed", 0, OPTION_TEXT, "FACTOR", NULL, offsetof(struct convert_arguments, speed),
     "2: requests arrive twice as fast; latencies stay"},
    {"volume", 0, OPTION_LIST, "NAME", NULL, offsetof(struct convert_arguments, cut.volumes),
     "only this one, such as 254,48; may be given often"},
    {"device", 0, OPTION_LIST, "NAME", NULL, offsetof(struct convert_arguments, cut.volumes),
     "the same"},
    {"op", 0, OPTION_TEXT, "NAME,...", NULL, offsetof(struct convert_arguments, cut.op),
     "only these operations, such as read,write"},
    {"split", 0, OPTION_FLAG, NULL, NULL, offsetof(struct convert_arguments, split),
     "a file for each volume: OUT has a % where its name goes"},
    {"prefix", 0, OPTION_FLAG, NULL, NULL, offsetof(struct convert_arguments, prefix),
     "put the name of IN before those of its volumes"},
    {"arrival", 0, OPTION_CHECKED, "POINT", "queue|issue",
     offsetof(struct convert_arguments, arrival), "arrivals are Q (queue, default) or D (issue)"},
    {"format", 0, OPTION_TEXT, "NAME", NULL, offsetof(struct convert_arguments, format),
     "read as this format, whatever it looks like ('throttlesim trace formats')"},
    {"layout", 0, OPTION_TEXT, "TEXT", NULL, offsetof(struct convert_arguments, layout),
     "what a format that is read needs to be told, such as its columns"},
    {"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct convert_arguments, json),
     "print what was done as JSON"},
    {"eta", 0, OPTION_CHECKED, "WHEN", "auto|always|never", offsetof(struct convert_arguments, eta),
     "progress on stderr: auto (default), always, never"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, 0, NULL},
};

static void print_help(void)
{
    puts("usage: throttlesim trace convert [OPTION...] IN... OUT\n\n"
         "Writes the requests of the traces IN, merged by time, to OUT; '-' is standard input or\n"
         "output. OUT's name says the format, as in out.csv, out.iolog.gz or out.blktrace.0, or\n"
         "--to does. What the format cannot hold is told on stderr.\n");
    options_help(stdout, rows);
    fputs("\nFormats that can be written:", stdout);
    for (size_t i = 0; trace_writer_format_at(i) != NULL; i++)
        printf("%s %s", i > 0 ? "," : "", trace_writer_format_at(i));
    putchar('\n');
}

// ---- Arguments ----

static bool fill_config(const struct convert_arguments *arguments, struct convert_config *config,
                        struct sim_error *error)
{
    struct cut *cut = &config->cut;
    *cut = cut_of_all();
    if (arguments->speed != NULL && !fraction_parse(arguments->speed, &cut->speed))
        return sim_fail(error, SIM_USAGE, "--speed: expected " FRACTION_EXPECTED ", found '%s'",
                        arguments->speed);
    if (arguments->arrival != NULL)
        scenario_parse_arrival(arguments->arrival, &config->reading.arrival);
    return options_cut(&arguments->cut, cut, error) && options_format(arguments->format, error);
}

static bool check_operands(const struct convert_arguments *arguments, int count, char **operands,
                           struct sim_error *error)
{
    if (count < 2)
        return sim_fail(error, SIM_USAGE,
                        "traces to read and a file to write are needed, as in: trace convert "
                        "vdc.blktrace vdc.csv");
    if (arguments->json && strcmp(operands[count - 1], "-") == 0)
        return sim_fail(error, SIM_USAGE,
                        "--json and the trace cannot both be on standard output; write the trace "
                        "to a file");
    return true;
}

// ---- Running ----

static bool print_summary(const struct convert *convert, bool json, struct sim_error *error)
{
    if (!json) {
        convert_notices(convert, command_tell_notice, NULL);
        return true;
    }
    json_t *summary = convert_json(convert);
    if (summary == NULL)
        return sim_fail(error, SIM_FAILED, "a name is not UTF-8, which JSON needs");
    return command_print_json(summary, error);
}

enum sim_exit command_convert(int argc, char **argv, struct sim_error *error)
{
    struct convert_arguments arguments = {0};
    struct convert convert;
    struct progress progress;
    int first;
    if (!options_parse(argc, argv, rows, &arguments, &first, error))
        return SIM_USAGE;
    if (arguments.help) {
        print_help();
        return command_flush(error);
    }
    struct convert_config config = {
        .inputs = argv + first,
        .reading = {.format = arguments.format, .layout = arguments.layout},
        .output = argv[argc - 1],
        .format = arguments.to,
        .is_split = arguments.split,
        .is_prefixed = arguments.prefix,
        .stop = &stop_signal,
        .progress = progress_show,
        .progress_context = &progress,
    };
    if (!check_operands(&arguments, argc - first, argv + first, error) ||
        !fill_config(&arguments, &config, error))
        return SIM_USAGE;
    config.input_count = (size_t)(argc - first - 1);
    stop_on_signals();
    progress_start(&progress, arguments.eta == NULL ? "auto" : arguments.eta);
    bool ok = convert_run(&convert, &config, error);
    progress_end(&progress);
    ok = ok && print_summary(&convert, arguments.json, error);
    convert_close(&convert);
    stop_die();
    return ok ? command_flush(error) : error->exit;
}
