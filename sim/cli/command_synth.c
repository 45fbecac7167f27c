// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim trace synth
#include "sim/cli/command.h"

#include "sim/base/stop.h"
#include "sim/base/units.h"
#include "sim/parts/trace_names.h"
#include "sim/workload/synth/synth_spec.h"
#include "traces/write.h"

#include <inttypes.h>
#include <string.h>

struct synth_arguments {
    struct command_call call;
    const char *output;
    const char *to;
    int64_t seed;
    const char *duration;
    int64_t volumes;
};

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, "FILE", offsetof(struct synth_arguments, output),
     "write the trace there; - is standard output. The file gets its name when it is whole, so "
     "half a trace is never left"},
    {"to", 0, OPTION_OUTPUT_FORMAT, "NAME", offsetof(struct synth_arguments, to),
     "write this format; the default is the one that the name of FILE ends with, such as .csv or "
     ".iolog.gz, and csv on standard output"},
    {"seed", 0, OPTION_NUMBER, "N", offsetof(struct synth_arguments, seed),
     "instead of the specification's: another workload of the same kind"},
    {"duration", 0, OPTION_TEXT, "TIME", offsetof(struct synth_arguments, duration),
     "instead of the specification's"},
    {"volumes", 0, OPTION_NUMBER, "N", offsetof(struct synth_arguments, volumes),
     "so many of each entry, instead of the specification's counts"},
    OPTION_JSON("what was made as JSON"),
    OPTION_ETA,
    OPTIONS_END,
};

// What was made.
struct made {
    uint64_t requests;
    uint64_t bytes;
    size_t volumes;
};

static bool is_stdout(const struct synth_arguments *arguments)
{
    return strcmp(arguments->output, "-") == 0;
}

static bool check_arguments(const struct synth_arguments *arguments, struct sim_error *error)
{
    if (arguments->call.operand_count != 1)
        return sim_fail(error, SIM_USAGE, "one specification is needed, found %zu",
                        arguments->call.operand_count);
    if (arguments->output == NULL)
        return sim_fail(error, SIM_USAGE,
                        "where to? -o FILE, such as -o out.csv; -o - is standard output");
    if (arguments->call.json && is_stdout(arguments))
        return sim_fail(error, SIM_USAGE, "--json and the trace cannot both be on standard output");
    return true;
}

// What the command line says goes before what the specification says.
static bool apply_options(const struct synth_arguments *arguments, struct synth_spec *spec,
                          struct sim_error *error)
{
    if (arguments->seed > 0)
        spec->seed = (uint64_t)arguments->seed;
    if (arguments->volumes > SYNTH_VOLUMES_MAX)
        return sim_fail(error, SIM_USAGE, "--volumes: at most %d are possible, found %" PRId64,
                        SYNTH_VOLUMES_MAX, arguments->volumes);
    for (size_t i = 0; arguments->volumes > 0 && i < spec->volume_count; i++)
        spec->volumes[i].count = (uint32_t)arguments->volumes;
    return options_time("duration", arguments->duration, 1, &spec->duration_ns, error);
}

static bool write_all(struct synth *synth, const struct synth_spec *spec,
                      struct trace_writer *writer, struct progress *progress, struct made *made,
                      struct trace_error *error)
{
    struct trace_request request;
    enum trace_result result;
    synth_stop_on(synth, &stop_signal);
    while ((result = synth_read(synth, &request, error)) == TRACE_REQUEST) {
        const char *name = synth_volume_name(synth, request.volume);
        const char *stream = synth_stream_name(synth, &request);
        if (!trace_writer_put(writer, &request, name, stream, error))
            return false;
        made->bytes += request.bytes;
        if (++made->requests % 4096 == 0) {
            const struct progress_state state = {
                .share = (double)request.arrival_ns / (double)spec->duration_ns,
                .requests = made->requests,
            };
            progress_show(progress, &state);
        }
    }
    return result != TRACE_ERROR;
}

static bool print_json(const struct synth_arguments *arguments, const struct synth_spec *spec,
                       const struct made *made, const struct trace_writer *writer,
                       struct sim_error *error)
{
    json_t *notices = json_array();
    for (size_t i = 0; i < trace_writer_notice_count(writer); i++) {
        const struct trace_notice *notice = trace_writer_notice(writer, i);
        json_array_append_new(notices, json_pack("{s:s, s:I, s:s}", "kind", notice->kind, "count",
                                                 (json_int_t)notice->count, "text", notice->text));
    }
    json_t *root =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "trace", arguments->output, "seed",
                  (json_int_t)spec->seed, "duration_ns", (json_int_t)spec->duration_ns, "volumes",
                  (json_int_t)made->volumes, "requests", (json_int_t)made->requests, "bytes",
                  (json_int_t)made->bytes, "notices", notices);
    if (root == NULL)
        return sim_fail(error, SIM_FAILED, "%s: not UTF-8, which JSON needs", arguments->output);
    return command_print_json(root, error);
}

static bool print_result(const struct synth_arguments *arguments, const struct synth_spec *spec,
                         const struct made *made, const struct trace_writer *writer,
                         struct sim_error *error)
{
    char size[32];
    if (arguments->call.json)
        return print_json(arguments, spec, made, writer, error);
    for (size_t i = 0; i < trace_writer_notice_count(writer); i++)
        command_tell_notice(NULL, trace_writer_notice(writer, i));
    if (!is_stdout(arguments))
        printf("%s: %" PRIu64 " requests, %s, of %zu volume%s\n", arguments->output, made->requests,
               units_format_size((double)made->bytes, size, sizeof size), made->volumes,
               made->volumes == 1 ? "" : "s");
    return true;
}

static bool make(struct synth_arguments *arguments, const struct synth_spec *spec,
                 struct synth *synth, struct sim_error *error)
{
    struct command_call *call = &arguments->call;
    struct trace_error problem;
    struct made made = {.volumes = synth_volume_total(synth)};
    struct trace_writer_config config = {
        .path = arguments->output,
        .format = arguments->to != NULL  ? arguments->to
                  : is_stdout(arguments) ? "csv"
                                         : NULL,
        .has_streams = synth_has_clients(synth),
    };
    if (!formats_check_output(config.format, config.path, error))
        return false;
    stop_on_signals(); // before there is a file that would be left
    struct trace_writer *writer = trace_writer_open(&config, &problem);
    if (writer == NULL)
        return sim_fail(error, SIM_FAILED, "%s", problem.message);
    progress_start(&call->progress, call->eta);
    bool ok = write_all(synth, spec, writer, &call->progress, &made, &problem);
    progress_end(&call->progress);
    if (ok && stop_signal == 0)
        ok = trace_writer_finish(writer, &problem);
    if (!ok)
        sim_fail(error, SIM_FAILED, "%s", problem.message);
    else if (stop_signal == 0)
        ok = print_result(arguments, spec, &made, writer, error);
    trace_writer_free(writer);
    return ok;
}

static bool run(void *opaque, struct sim_error *error)
{
    struct synth_arguments *arguments = opaque;
    const char *path = arguments->call.operands[0];
    struct trace_error problem;
    struct synth_spec spec;
    if (!check_arguments(arguments, error) || !synth_spec_load(&spec, path, error))
        return false;
    struct synth *synth = NULL;
    bool ok = apply_options(arguments, &spec, error);
    if (ok) {
        synth = synth_open(&spec, &problem);
        ok = synth != NULL ||
             sim_fail(error, SIM_BAD_INPUT, "%s: %s",
                      strcmp(path, "-") == 0 ? "standard input" : path, problem.message);
    }
    ok = ok && make(arguments, &spec, synth, error);
    synth_close(synth);
    synth_spec_free(&spec);
    return ok;
}

const struct command command_synth[] = {
    {"trace", "trace synth", "make a workload from a specification", "SPEC -o FILE",
     "Makes a workload from a specification of its volumes: arrivals, bursts, sizes, places. "
     "The same specification makes the same trace everywhere. SPEC is a YAML or JSON file, or "
     "- for standard input; docs/trace-synth.md tells its keys, and a short one is\n\n"
     "  volumes: [{id: a, arrivals: {process: poisson, rate: 500}}]\n\n"
     "What the format cannot hold is told on stderr.",
     rows, sizeof(struct synth_arguments), run},
};
