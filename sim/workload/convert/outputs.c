// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/convert/convert.h"

#include "sim/parts/trace_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUTS_MAX 500   // each has a file, and a buffer in memory, while it is open
#define SAFE_NAME_MAX 100 // of the 255 bytes that a file's name may have

// ---- Paths ----

void outputs_safe_name(const char *volume, char *text, size_t size)
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
static char *split_path(const struct convert_outputs *outputs, const char *volume)
{
    char name[SAFE_NAME_MAX + 1];
    const char *mark = find_mark(outputs->path);
    size_t size = strlen(outputs->path) + sizeof name + 24;
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    outputs_safe_name(volume, name, sizeof name);
    snprintf(path, size, "%.*s%s%s", (int)(mark - outputs->path), outputs->path, name, mark + 1);
    for (unsigned n = 2; names_find(&outputs->paths, path) != NAMES_NONE; n++)
        snprintf(path, size, "%.*s%s-%u%s", (int)(mark - outputs->path), outputs->path, name, n,
                 mark + 1);
    return path;
}

// ---- Opening ----

static bool open_writer(struct convert_outputs *outputs, struct convert_output *item,
                        struct sim_error *error)
{
    struct trace_error trace_error;
    struct trace_writer_config config = {.path = item->path, .format = outputs->format};
    if (!outputs->allow(outputs->context, item->path, error))
        return false;
    item->writer = trace_writer_open(&config, &trace_error);
    return item->writer != NULL || sim_fail(error, SIM_FAILED, "%s", trace_error.message);
}

// Takes the path and the volume.
static bool add_item(struct convert_outputs *outputs, char *path, char *volume,
                     struct sim_error *error)
{
    uint32_t index = (uint32_t)outputs->count;
    struct convert_output *items = realloc(outputs->items, (index + 1) * sizeof *items);
    if (items == NULL || path == NULL) {
        outputs->items = items == NULL ? outputs->items : items;
        free(path);
        free(volume);
        return sim_fail_memory(error);
    }
    outputs->items = items;
    items[index] = (struct convert_output){.path = path, .volume = volume};
    outputs->count++;
    if (names_add(&outputs->paths, path, index) == NAMES_NONE)
        return sim_fail_memory(error);
    return open_writer(outputs, &items[index], error);
}

bool outputs_check(const struct convert_outputs *outputs, struct sim_error *error)
{
    const char *mark = find_mark(outputs->path);
    if (outputs->is_split && (mark == NULL || strchr(mark + 1, '%') != NULL))
        return sim_fail(error, SIM_USAGE,
                        "%s: --split needs one %% in the name of the output file, in whose place "
                        "the volume's name is put, such as part-%%.csv",
                        outputs->path);
    return formats_check_output(outputs->format, outputs->path, error);
}

bool outputs_open(struct convert_outputs *outputs, struct sim_error *error)
{
    return outputs->is_split || add_item(outputs, strdup(outputs->path), NULL, error);
}

uint32_t outputs_find(struct convert_outputs *outputs, const char *volume, struct sim_error *error)
{
    if (!outputs->is_split)
        return 0;
    uint32_t found = names_find(&outputs->volumes, volume);
    if (found != NAMES_NONE)
        return found;
    if (outputs->count == OUTPUTS_MAX) {
        sim_fail(error, SIM_FAILED,
                 "more than %d volumes, too many files to write at the same time; split off some "
                 "with --device",
                 OUTPUTS_MAX);
        return NAMES_NONE;
    }
    uint32_t index = (uint32_t)outputs->count;
    char *copy = strdup(volume);
    if (copy == NULL) {
        sim_fail_memory(error);
        return NAMES_NONE;
    }
    if (!add_item(outputs, split_path(outputs, volume), copy, error))
        return NAMES_NONE;
    if (names_add(&outputs->volumes, copy, index) == NAMES_NONE) {
        sim_fail_memory(error);
        return NAMES_NONE;
    }
    return index;
}

// ---- Writing ----

bool outputs_put(struct convert_outputs *outputs, uint32_t item,
                 const struct trace_request *request, const char *volume, struct sim_error *error)
{
    struct trace_error trace_error;
    struct convert_output *output = &outputs->items[item];
    output->requests++;
    return trace_writer_put(output->writer, request, volume, &trace_error) ||
           sim_fail(error, SIM_FAILED, "%s", trace_error.message);
}

bool outputs_finish(struct convert_outputs *outputs, struct sim_error *error)
{
    struct trace_error trace_error;
    for (size_t i = 0; i < outputs->count; i++) {
        if (!trace_writer_finish(outputs->items[i].writer, &trace_error))
            return sim_fail(error, SIM_FAILED, "%s", trace_error.message);
    }
    return true;
}

void outputs_close(struct convert_outputs *outputs)
{
    names_free(&outputs->volumes);
    names_free(&outputs->paths);
    for (size_t i = 0; i < outputs->count; i++) {
        trace_writer_free(outputs->items[i].writer);
        free(outputs->items[i].path);
        free(outputs->items[i].volume);
    }
    free(outputs->items);
}

// ---- What was done ----

// What a conversion did.

static void nothing_written(const struct convert *convert, cut_notice *notice, void *context)
{
    struct trace_notice nothing = {
        .kind = "nothing-written",
        .source = convert->config->output,
        .count = 1,
        .text = "No request was written: there is none in the piece that was cut out, of the "
                "volumes and operations that were chosen.",
    };
    if (convert->written == 0)
        notice(context, &nothing);
}

void convert_notices(const struct convert *convert, cut_notice *notice, void *context)
{
    for (size_t i = 0; i < convert->merge.count; i++) {
        const struct trace *trace = convert->streams[i].trace;
        size_t count = trace_notice_count(trace);
        for (size_t k = 0; k < count; k++)
            notice(context, trace_notice(trace, k));
    }
    cut_notice_missed(convert->streams, convert->merge.count, notice, context);
    for (size_t i = 0; i < convert->outputs.count; i++) {
        const struct trace_writer *writer = convert->outputs.items[i].writer;
        for (size_t k = 0; k < trace_writer_notice_count(writer); k++)
            notice(context, trace_writer_notice(writer, k));
    }
    nothing_written(convert, notice, context);
}

static json_t *inputs_json(const struct convert *convert)
{
    json_t *array = json_array();
    for (size_t i = 0; i < convert->merge.count; i++) {
        const struct cut_stream *stream = &convert->streams[i];
        json_t *input = json_pack(
            "{s:s, s:s, s:I, s:b}", "path", stream->path, "format", trace_format(stream->trace),
            "requests", (json_int_t)stream->requests_read, "cut_off", (int)stream->is_cut_off);
        if (json_array_append_new(array, input) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *outputs_json(const struct convert *convert)
{
    json_t *array = json_array();
    for (size_t i = 0; i < convert->outputs.count; i++) {
        const struct convert_output *item = &convert->outputs.items[i];
        json_t *output = json_pack("{s:s, s:s?, s:I}", "path", item->path, "volume", item->volume,
                                   "requests", (json_int_t)item->requests);
        if (json_array_append_new(array, output) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static void add_notice(void *context, const struct trace_notice *notice)
{
    json_t **array = context;
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:s}", "kind", notice->kind, "source", notice->source, "count",
                  (json_int_t)notice->count, "text", notice->text);
    if (*array != NULL && json_array_append_new(*array, object) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

json_t *convert_json(const struct convert *convert)
{
    uint64_t filtered = 0;
    json_t *notices = json_array();
    convert_notices(convert, add_notice, &notices);
    for (size_t i = 0; i < convert->merge.count; i++)
        filtered += convert->streams[i].filtered;
    // json_pack takes the references, and fails if one of them is NULL.
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "requests_read",
                     (json_int_t)convert->requests_read, "requests_filtered", (json_int_t)filtered,
                     "requests_written", (json_int_t)convert->written, "inputs",
                     inputs_json(convert), "outputs", outputs_json(convert), "notices", notices);
}
