// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace streams
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/base/text_file.h"
#include "sim/workload/streams/trace_streams.h"

#include <stdlib.h>

struct streams_arguments {
    struct command_call call;
    struct option_cut cut;
    struct option_reading reading;
    const char *output;
};

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, "FILE", offsetof(struct streams_arguments, output),
     "write what was inferred there, as a file to be edited and given to a trace with the key "
     "'streams', or to 'throttlesim run --streams'"},
    OPTIONS_CUT(offsetof(struct streams_arguments, cut)),
    OPTIONS_READING(offsetof(struct streams_arguments, reading)),
    OPTION_JSON("a JSON object"),
    OPTION_ETA,
    OPTIONS_END,
};

static bool print(const struct streams_arguments *arguments, const struct trace_streams *read,
                  struct sim_error *error)
{
    const struct report_style style = command_style(&arguments->call);
    if (!arguments->call.json)
        return trace_streams_print(read, &style) || sim_fail_memory(error);
    json_t *json = trace_streams_json(read);
    if (json == NULL)
        return sim_fail(error, SIM_FAILED, "a name in it is not UTF-8, which JSON needs");
    return command_print_json(json, error);
}

static bool write_file(const struct streams_arguments *arguments, const struct trace_streams *read,
                       struct sim_error *error)
{
    if (arguments->output == NULL)
        return true;
    char *text = trace_streams_text(read);
    bool ok =
        text != NULL ? text_file_write(arguments->output, text, error) : sim_fail_memory(error);
    free(text);
    return ok;
}

static bool run(void *opaque, struct sim_error *error)
{
    struct streams_arguments *arguments = opaque;
    struct command_call *call = &arguments->call;
    struct trace_streams_config config = {
        .cut = cut_of_all(),
        .watch = {&stop_signal, progress_show, &call->progress},
    };
    struct trace_streams read;
    if (call->operand_count != 1)
        return sim_fail(error, SIM_USAGE, "one trace is needed, found %zu", call->operand_count);
    config.reading.path = call->operands[0];
    options_reading(&arguments->reading, &config.reading);
    if (!options_cut(&arguments->cut, &config.cut, error))
        return false;
    stop_on_signals();
    progress_start(&call->progress, call->eta);
    bool ok = trace_streams_read(&read, &config, error);
    progress_end(&call->progress);
    ok = ok && write_file(arguments, &read, error) && print(arguments, &read, error);
    trace_streams_close(&read);
    return ok;
}

const struct command command_streams[] = {
    {"trace", "trace streams", "tell which threads sent the requests, and how", "TRACE",
     "Tells of each thread in the trace how it goes about its requests: sync, it waits for all "
     "that it has sent; async, it keeps its clock and never has more than so many outstanding; "
     "paced, sync but by a clock. That is what 'arrivals: dependent' goes by.",
     rows, sizeof(struct streams_arguments), run},
};
