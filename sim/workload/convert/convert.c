// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/convert/convert.h"

#include "sim/parts/trace_names.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_PER_LOOK 4096 // between two looks at the progress
#define OUTPUTS_MAX 500        // each has a file, and a buffer in memory, while it is open
#define SAFE_NAME_MAX 100      // of the 255 bytes that a file's name may have

// ---- Inputs ----

// Names of inputs: "vdc", and a second one of that name "vdc-2".
static bool name_inputs(struct convert *convert)
{
    const struct convert_config *config = convert->config;
    struct names taken = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < config->input_count; i++) {
        const char *path = config->inputs[i];
        char *base = strcmp(path, "-") == 0 ? strdup("stdin") : scenario_base_name(path);
        char *name = base == NULL ? NULL : names_unused(&taken, base);
        free(base);
        convert->inputs[i].name = name;
        ok = name != NULL && names_add(&taken, name, (uint32_t)i) != NAMES_NONE;
    }
    names_free(&taken);
    return ok;
}

static bool check_streams(const struct convert_config *config, struct sim_error *error)
{
    const char *repeated =
        streams_find_repeated((const char *const *)config->inputs, config->input_count);
    return repeated == NULL ||
           sim_fail(error, SIM_USAGE, "%s is given twice, and can be read once only",
                    streams_name(repeated));
}

// Looks up now and then, however few of the requests take part.
static bool look(void *context, struct sim_error *error)
{
    struct convert *convert = context;
    const struct convert_config *config = convert->config;
    if (*config->stop != 0)
        return sim_fail(error, SIM_FAILED, "interrupted");
    if (convert->requests_read++ % REQUESTS_PER_LOOK == 0 && config->progress != NULL) {
        struct progress_state state = {merge_share(&convert->merge), convert->requests_read};
        config->progress(config->progress_context, &state);
    }
    return true;
}

static bool open_inputs(struct convert *convert, struct sim_error *error)
{
    const struct convert_config *config = convert->config;
    convert->inputs = calloc(config->input_count, sizeof *convert->inputs);
    convert->streams = calloc(config->input_count, sizeof *convert->streams);
    if (convert->inputs == NULL || convert->streams == NULL || !name_inputs(convert))
        return sim_fail_memory(error);
    convert->cut = config->cut;
    convert->cut.may_miss_volumes = config->input_count > 1;
    convert->merge.streams = convert->streams;
    bool tells_streams = trace_writer_tells_streams(
        &(struct trace_writer_config){.path = config->output, .format = config->format});
    for (size_t i = 0; i < config->input_count; i++) {
        struct trace_config trace_config = config->reading;
        trace_config.path = config->inputs[i];
        trace_config.wants_streams = tells_streams;
        if (!cut_open(&convert->streams[i], &trace_config, &convert->cut, error))
            return false;
        convert->streams[i].look = look;
        convert->streams[i].look_context = convert;
        convert->merge.count++;
    }
    return true;
}

// A volume that was asked for must be in one of several inputs.
static bool check_volumes(const struct convert *convert, struct sim_error *error)
{
    const struct cut *cut = &convert->cut;
    for (size_t i = 0; cut->may_miss_volumes && i < cut->volume_count; i++) {
        bool is_found = false;
        for (size_t k = 0; k < convert->merge.count; k++)
            is_found = is_found || cut_has_found(&convert->streams[k], cut->volumes[i]) ||
                       convert->streams[k].is_cut_off;
        if (!is_found)
            return sim_fail(error, SIM_BAD_INPUT,
                            "no request of volume '%s' in any of the inputs; 'throttlesim trace "
                            "info' lists the volumes",
                            cut->volumes[i]);
    }
    return true;
}

// ---- Paths ----

void convert_safe_name(const char *volume, char *text, size_t size)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "._-+=@,";
    size_t length = 0;
    for (; volume[length] != '\0' && length < size - 1; length++)
        text[length] = strchr(safe, volume[length]) != NULL ? volume[length] : '_';
    text[length] = '\0';
    if (text[0] == '.' || text[0] == '-') // a hidden file, an option
        text[0] = '_';
}

static const char *find_mark(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strchr(slash == NULL ? path : slash, '%');
}

// The path with the volume's name in place of the mark, and a number if another one has that
// already. NULL: out of memory.
static char *split_path(const struct convert *convert, const char *volume)
{
    char name[SAFE_NAME_MAX + 1];
    const char *pattern = convert->config->output, *mark = find_mark(pattern);
    size_t size = strlen(pattern) + sizeof name + 24;
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    convert_safe_name(volume, name, sizeof name);
    snprintf(path, size, "%.*s%s%s", (int)(mark - pattern), pattern, name, mark + 1);
    for (unsigned n = 2; names_find(&convert->paths, path) != NAMES_NONE; n++)
        snprintf(path, size, "%.*s%s-%u%s", (int)(mark - pattern), pattern, name, n, mark + 1);
    return path;
}

// ---- Outputs ----

// Of several inputs some may have threads of one name.
bool convert_keeps_streams(const struct convert *convert)
{
    return convert->merge.count == 1 && trace_tells_streams(convert->streams[0].trace);
}

static bool check_output(const struct convert_config *config, struct sim_error *error)
{
    const char *mark = find_mark(config->output);
    if (config->is_split && (mark == NULL || strchr(mark + 1, '%') != NULL))
        return sim_fail(error, SIM_USAGE,
                        "%s: --split needs one %% in the name of the output file, in whose place "
                        "the volume's name is put, such as part-%%.csv",
                        config->output);
    return formats_check_output(config->format, config->output, error);
}

static bool open_writer(const struct convert *convert, struct convert_output *output,
                        struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_writer_config config = {.path = output->path,
                                         .format = convert->config->format,
                                         .has_streams = convert_keeps_streams(convert)};
    // A file that is read must not be replaced by what is read of it.
    for (size_t i = 0; strcmp(output->path, "-") != 0 && i < convert->merge.count; i++) {
        if (trace_reads_file(convert->streams[i].trace, output->path))
            return sim_fail(error, SIM_USAGE,
                            "%s is one of the inputs; write to another file, so that the recording "
                            "stays",
                            output->path);
    }
    output->writer = trace_writer_open(&config, &trace_error);
    return output->writer != NULL || sim_fail(error, SIM_FAILED, "%s", trace_error.message);
}

// Takes the path. The volume's name must stay; NULL: of all.
static bool add_output(struct convert *convert, char *path, const char *volume,
                       struct sim_error *error)
{
    uint32_t index = (uint32_t)convert->output_count;
    struct convert_output *outputs = realloc(convert->outputs, (index + 1) * sizeof *outputs);
    if (outputs == NULL) {
        free(path);
        return sim_fail_memory(error);
    }
    convert->outputs = outputs;
    convert->output_count++;
    outputs[index] = (struct convert_output){.path = path, .volume = volume};
    if (path == NULL || names_add(&convert->paths, path, index) == NAMES_NONE ||
        (volume != NULL && names_add(&convert->volumes, volume, index) == NAMES_NONE))
        return sim_fail_memory(error);
    return open_writer(convert, &outputs[index], error);
}

// The one file, or that of all volumes of this name, which is opened if need be.
static bool find_output(struct convert *convert, struct convert_volume *volume,
                        struct sim_error *error)
{
    bool is_split = convert->config->is_split;
    volume->output = is_split ? names_find(&convert->volumes, volume->name) : 0;
    if (volume->output != NAMES_NONE)
        return true;
    if (convert->output_count == OUTPUTS_MAX)
        return sim_fail(error, SIM_FAILED,
                        "more than %d volumes, too many files to write at the same time; split "
                        "off some with --device",
                        OUTPUTS_MAX);
    volume->output = (uint32_t)convert->output_count;
    return add_output(convert, split_path(convert, volume->name), volume->name, error);
}

static bool finish_outputs(struct convert *convert, struct sim_error *error)
{
    struct trace_error trace_error;
    for (size_t i = 0; i < convert->output_count; i++) {
        if (!trace_writer_finish(convert->outputs[i].writer, &trace_error))
            return sim_fail(error, SIM_FAILED, "%s", trace_error.message);
    }
    return true;
}

// ---- Volumes ----

// As the volume is written: with several inputs or outputs each has a name.
static char *volume_name(const struct convert *convert, size_t input, const char *recorded)
{
    const struct convert_config *config = convert->config;
    const char *own = convert->inputs[input].name;
    bool is_needed = config->input_count > 1 || config->is_split || config->is_prefixed;
    if (recorded[0] == '\0')
        return strdup(is_needed ? own : "");
    if (!config->is_prefixed)
        return strdup(recorded);
    size_t size = strlen(own) + strlen(recorded) + 2;
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "%s-%s", own, recorded);
    return name;
}

static bool learn_volumes(struct convert *convert, size_t index, struct sim_error *error)
{
    struct convert_input *input = &convert->inputs[index];
    const struct trace *trace = convert->streams[index].trace;
    size_t count = trace_volume_count(trace);
    struct convert_volume *volumes = realloc(input->volumes, count * sizeof *volumes);
    if (volumes == NULL)
        return sim_fail_memory(error);
    input->volumes = volumes;
    for (; input->volume_count < count; input->volume_count++) {
        uint32_t volume = (uint32_t)input->volume_count;
        volumes[volume].name = volume_name(convert, index, trace_volume_name(trace, volume));
        volumes[volume].output = NAMES_NONE;
        if (volumes[volume].name == NULL)
            return sim_fail_memory(error);
    }
    return true;
}

// ---- Senders ----

// Who sent the next request, different for each thread, which may get another name later on.
// NULL: out of memory.
static const char *name_sender(struct convert *convert, size_t index)
{
    char text[TRACE_STREAM_TEXT];
    struct convert_input *input = &convert->inputs[index];
    const struct cut_stream *stream = &convert->streams[index];
    uint32_t number = stream->next.stream;
    if (number >= input->sender_count) {
        size_t count = 2 * ((size_t)number + 1);
        char **senders = realloc(input->senders, count * sizeof *senders);
        if (senders == NULL)
            return NULL;
        for (size_t i = input->sender_count; i < count; i++)
            senders[i] = NULL;
        input->senders = senders;
        input->sender_count = count;
    }
    if (input->senders[number] == NULL)
        input->senders[number] = strdup(trace_stream_text(stream->trace, number, text));
    return input->senders[number];
}

// ---- Requests ----

static bool write_next(struct convert *convert, size_t index, struct sim_error *error)
{
    const struct cut_stream *stream = &convert->streams[index];
    struct convert_input *input = &convert->inputs[index];
    struct trace_request request = stream->next;
    struct trace_error trace_error;
    request.arrival_ns = stream->next_ns;
    if (request.bytes > INT64_MAX || request.offset > INT64_MAX - request.bytes)
        return sim_fail(error, SIM_BAD_INPUT, "%s: a request ends beyond 2^63 bytes", stream->path);
    if (request.volume >= input->volume_count && !learn_volumes(convert, index, error))
        return false;
    struct convert_volume *volume = &input->volumes[request.volume];
    if (volume->output == NAMES_NONE && !find_output(convert, volume, error))
        return false;
    struct convert_output *output = &convert->outputs[volume->output];
    const char *sender = convert_keeps_streams(convert) ? name_sender(convert, index) : "";
    if (sender == NULL)
        return sim_fail_memory(error);
    convert->written++;
    convert->shared += request.also != 0;
    output->requests++;
    return trace_writer_put(output->writer, &request, volume->name, sender, &trace_error) ||
           sim_fail(error, SIM_FAILED, "%s", trace_error.message);
}

static bool write_all(struct convert *convert, struct sim_error *error)
{
    struct merge *merge = &convert->merge;
    for (size_t i = merge_next(merge); i < merge->count; i = merge_next(merge)) {
        if (!write_next(convert, i, error) || !merge_advance(merge, error))
            return false;
    }
    return true;
}

bool convert_run(struct convert *convert, const struct convert_config *config,
                 struct sim_error *error)
{
    *convert = (struct convert){.config = config};
    return check_output(config, error) && check_streams(config, error) &&
           open_inputs(convert, error) &&
           (config->is_split || add_output(convert, strdup(config->output), NULL, error)) &&
           merge_start(&convert->merge, error) && write_all(convert, error) &&
           check_volumes(convert, error) && finish_outputs(convert, error);
}

void convert_close(struct convert *convert)
{
    names_free(&convert->volumes);
    names_free(&convert->paths);
    for (size_t i = 0; i < convert->output_count; i++) {
        trace_writer_free(convert->outputs[i].writer);
        free(convert->outputs[i].path);
    }
    free(convert->outputs);
    merge_free(&convert->merge);
    for (size_t i = 0; i < convert->merge.count; i++)
        cut_close(&convert->streams[i]);
    for (size_t i = 0; convert->inputs != NULL && i < convert->config->input_count; i++) {
        struct convert_input *input = &convert->inputs[i];
        for (size_t k = 0; k < input->volume_count; k++)
            free(input->volumes[k].name);
        free(input->volumes);
        for (size_t k = 0; k < input->sender_count; k++)
            free(input->senders[k]);
        free(input->senders);
        free(input->name);
    }
    free(convert->inputs);
    free(convert->streams);
}
