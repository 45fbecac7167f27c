// SPDX-License-Identifier: GPL-2.0-or-later
// The public face: finds the format, names the volumes, cuts requests to what the format can hold
// and hands them on to it.
#include "traces/write.h"

#include "traces/input/files.h"
#include "traces/nearest_word.h"
#include "traces/write/write_format.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS(format, held_names)                                                                \
    &(const struct write_format)                                                                   \
    {                                                                                              \
        .name = #format, .layout = &format##_layout, .naming = (held_names),                       \
        .begin = write_columns_begin, .put = write_columns_put,                                    \
    }

// In the order of docs/traces.md.
static const struct write_format *const formats[] = {
    COLUMNS(csv, WRITE_NAMES_QUOTED),
    &write_format_blktrace,
    &write_format_blkparse,
    &write_format_iolog,
    COLUMNS(msr, WRITE_NAMES_HOST_DISK),
    COLUMNS(alibaba, WRITE_NAMES_NUMBER),
    COLUMNS(tencent, WRITE_NAMES_NUMBER),
    COLUMNS(systor, WRITE_NAMES_NUMBER),
    COLUMNS(spc, WRITE_NAMES_NUMBER),
    COLUMNS(disksim, WRITE_NAMES_NUMBER),
    COLUMNS(mqsim, WRITE_NAMES_NUMBER),
    COLUMNS(blkreplay, WRITE_NAMES_NONE),
    COLUMNS(hfplayer, WRITE_NAMES_NUMBER),
};
#define WRITE_FORMAT_COUNT (sizeof formats / sizeof formats[0])

// Formats that can be read only.
static const struct {
    const char *name;
    const char *why;
} refused[] = {
    {"columns", "its layout is for reading; csv is written with columns of fixed names"},
    {"blkparse-f", "its layout is for reading; blkparse is written as blkparse prints by default"},
};

struct trace_writer {
    struct write_context context;
    struct write_limits limits;
    struct trace_notices notices;
    char *path;
    int64_t last_ns; // arrival of the request before
};

const char *trace_writer_format_at(size_t index)
{
    return index < WRITE_FORMAT_COUNT ? formats[index]->name : NULL;
}

static const struct write_format *find_format(const char *name, size_t length)
{
    for (size_t i = 0; i < WRITE_FORMAT_COUNT; i++)
        if (strlen(formats[i]->name) == length && memcmp(formats[i]->name, name, length) == 0)
            return formats[i];
    return NULL;
}

const char *trace_writer_format_of_path(const char *path)
{
    int cpu;
    size_t length = trace_path_uncompressed_length(path);
    if (trace_path_split(path, &cpu) > 0)
        return "blktrace";
    size_t start = length;
    while (start > 0 && path[start - 1] != '.' && path[start - 1] != '/')
        start--;
    // What is no more than an ending is a hidden file's name.
    if (start < 2 || path[start - 1] != '.' || path[start - 2] == '/')
        return NULL;
    const char *ending = path + start;
    if (length - start == strlen("load") && memcmp(ending, "load", length - start) == 0)
        return "blkreplay";
    const struct write_format *format = find_format(ending, length - start);
    return format != NULL ? format->name : NULL;
}

static const char *format_name_at(const void *words, size_t index)
{
    (void)words;
    return trace_writer_format_at(index);
}

static void refuse(const char *path, const char *name, struct trace_error *error)
{
    char list[400] = "";
    for (size_t i = 0, used = 0; i < WRITE_FORMAT_COUNT && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 formats[i]->name);
    if (name == NULL) {
        trace_error_set(error,
                        "%s: its ending does not say in which format to write; name one of: %s",
                        path, list);
        return;
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (strcmp(refused[i].name, name) == 0) {
            trace_error_set(error, "%s: format %s cannot be written: %s", path, name,
                            refused[i].why);
            return;
        }
    const char *nearest = nearest_word(name, strlen(name), format_name_at, NULL);
    trace_error_set(error, "%s: unknown format \"%.40s\"%s%s%s; one of these can be written: %s",
                    path, name, nearest != NULL ? ", did you mean \"" : "",
                    nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "", list);
}

static const struct write_format *choose(const struct trace_writer_config *config)
{
    const char *name =
        config->format != NULL ? config->format : trace_writer_format_of_path(config->path);
    return name != NULL ? find_format(name, strlen(name)) : NULL;
}

static struct write_limits limits_of(const struct write_format *format)
{
    return format->layout != NULL ? write_columns_limits(format->layout) : format->limits;
}

bool trace_writer_tells_streams(const struct trace_writer_config *config)
{
    const struct write_format *format = choose(config);
    return format != NULL && limits_of(format).streams;
}

static bool start_writer(struct trace_writer *writer, const struct trace_writer_config *config,
                         struct trace_error *error)
{
    struct write_context *context = &writer->context;
    int cpu = 0;
    context->format = choose(config);
    if (context->format == NULL) {
        refuse(config->path, config->format, error);
        return false;
    }
    writer->limits = limits_of(context->format);
    context->has_streams = config->has_streams && writer->limits.streams;
    writer->path = strdup(config->path);
    if (writer->path == NULL) {
        trace_error_set(error, "%s: out of memory while writing a trace", config->path);
        return false;
    }
    context->cpu = trace_path_split(writer->path, &cpu) > 0 ? (uint32_t)cpu : 0;
    context->volumes.path = writer->path;
    context->volumes.naming = context->format->naming;
    if (!write_output_open(&context->output, writer->path, error))
        return false;
    if (context->format->begin != NULL)
        context->format->begin(context);
    return true;
}

struct trace_writer *trace_writer_open(const struct trace_writer_config *config,
                                       struct trace_error *error)
{
    struct trace_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        trace_error_set(error, "%s: out of memory while writing a trace", config->path);
        return NULL;
    }
    writer->last_ns = INT64_MIN;
    if (!start_writer(writer, config, error)) {
        trace_writer_free(writer);
        return NULL;
    }
    return writer;
}

static bool holds_stream(const struct write_context *context, const char *stream)
{
    return context->has_streams && stream != NULL && strchr(stream, '\n') == NULL &&
           strlen(stream) <= WRITE_STREAM_BYTES_MAX;
}

bool trace_writer_put(struct trace_writer *writer, const struct trace_request *request,
                      const char *volume, const char *stream, struct trace_error *error)
{
    struct write_context *context = &writer->context;
    struct trace_request clipped = *request;
    assert(request->arrival_ns >= writer->last_ns);
    assert(request->offset <= INT64_MAX && request->bytes <= INT64_MAX - request->offset);
    assert(request->op != TRACE_FLUSH || request->bytes == 0);
    writer->last_ns = request->arrival_ns;
    if (!write_clip(&writer->limits, &clipped, &context->losses))
        return true;
    clipped.volume = write_volumes_find(&context->volumes, volume, error);
    if (clipped.volume == TRACE_VOLUME_NONE)
        return false;
    context->losses.volume_lost += context->format->naming == WRITE_NAMES_NONE && *volume != '\0';
    context->stream = holds_stream(context, stream) ? stream : "";
    context->losses.stream_lost += stream != NULL && strlen(stream) != strlen(context->stream);
    if (context->format->put != NULL)
        context->format->put(context, &clipped);
    else if (!write_events_put(context, &clipped, error))
        return false;
    return write_output_good(&context->output, error);
}

bool trace_writer_finish(struct trace_writer *writer, struct trace_error *error)
{
    struct write_context *context = &writer->context;
    write_events_finish(context);
    write_losses_report(&context->losses, &writer->limits, writer->path, &writer->notices);
    write_volumes_report(&context->volumes, &writer->notices);
    return write_output_finish(&context->output, error);
}

void trace_writer_free(struct trace_writer *writer)
{
    if (writer == NULL)
        return;
    write_output_close(&writer->context.output);
    write_volumes_free(&writer->context.volumes);
    trace_heap_free(&writer->context.flights.heap);
    trace_notices_free(&writer->notices);
    free(writer->path);
    free(writer);
}

size_t trace_writer_notice_count(const struct trace_writer *writer)
{
    return writer->notices.count;
}

const struct trace_notice *trace_writer_notice(const struct trace_writer *writer, size_t index)
{
    assert(index < writer->notices.count);
    return &writer->notices.items[index];
}
