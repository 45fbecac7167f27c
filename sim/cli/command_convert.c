// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace convert
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/workload/convert/convert.h"

#include <string.h>

struct convert_arguments {
    struct command_call call;
    const char *to;
    const char *speed;
    struct option_cut cut;
    bool split;
    bool prefix;
    struct option_reading reading;
};

static const struct option_row rows[] = {
    {"to", 0, OPTION_OUTPUT_FORMAT, "NAME", offsetof(struct convert_arguments, to),
     "write this format; the default is the one that the name of OUT ends with, as in out.csv, "
     "out.iolog.gz, out.blktrace.0. With .gz, .zst or .xz behind that it is compressed"},
    OPTIONS_CUT(offsetof(struct convert_arguments, cut)),
    {"speed", 0, OPTION_TEXT, "FACTOR", offsetof(struct convert_arguments, speed),
     "2: requests arrive twice as fast. 1.5 and 1/3 are taken exactly. Latencies stay"},
    {"split", 0, OPTION_FLAG, NULL, offsetof(struct convert_arguments, split),
     "write a file for each volume: OUT has a % in its name, which that of the volume replaces"},
    {"prefix", 0, OPTION_FLAG, NULL, offsetof(struct convert_arguments, prefix),
     "keep volumes of the same name in different IN apart: each is called FILE-VOLUME. Otherwise "
     "equal names are the same volume"},
    OPTIONS_READING(offsetof(struct convert_arguments, reading)),
    OPTION_JSON("what was done, with all notices, as one JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

static bool fill_config(struct convert_arguments *arguments, struct convert_config *config,
                        struct sim_error *error)
{
    struct command_call *call = &arguments->call;
    if (call->operand_count < 2)
        return sim_fail(error, SIM_USAGE,
                        "traces to read and a file to write are needed, as in: trace convert "
                        "vdc.blktrace vdc.csv");
    if (!command_join_traces(call, 1, error))
        return false;
    *config = (struct convert_config){
        .inputs = call->operands,
        .input_count = call->operand_count - 1,
        .output = call->operands[call->operand_count - 1],
        .format = arguments->to,
        .cut = cut_of_all(),
        .is_split = arguments->split,
        .is_prefixed = arguments->prefix,
        .stop = &stop_signal,
        .progress = progress_show,
        .progress_context = &call->progress,
    };
    if (call->json && strcmp(config->output, "-") == 0)
        return sim_fail(error, SIM_USAGE,
                        "--json and the trace cannot both be on standard output; write the trace "
                        "to a file");
    if (arguments->speed != NULL && !fraction_parse(arguments->speed, &config->cut.speed))
        return sim_fail(error, SIM_USAGE, "--speed: expected " FRACTION_EXPECTED ", found '%s'",
                        arguments->speed);
    options_reading(&arguments->reading, &config->reading);
    return options_cut(&arguments->cut, &config->cut, error);
}

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

static bool run(void *opaque, struct sim_error *error)
{
    struct convert_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct convert_config config;
    struct convert convert;
    if (!fill_config(arguments, &config, error))
        return false;
    stop_on_signals();
    progress_start(&call->progress, call->eta);
    bool ok = convert_run(&convert, &config, error);
    progress_end(&call->progress);
    ok = ok && print_summary(&convert, call->json, error);
    convert_close(&convert);
    return ok;
}

const struct command command_convert[] = {
    {"trace", "trace convert", "write traces in another format, cut, merged or split", "IN... OUT",
     "Writes the requests of the traces IN, merged by time, to OUT; '-' is standard input or "
     "output. OUT's name says the format, as in out.csv, out.iolog.gz or out.blktrace.0, or "
     "--to does. What the format cannot hold is told on stderr. A csv of one IN keeps which "
     "threads sent the "
     "requests.",
     rows, sizeof(struct convert_arguments), run},
};
