// SPDX-License-Identifier: GPL-2.0-or-later
// The public face: finds the files, recognises the format by content, hands on to its reader.
#include "traces/trace.h"

#include "traces/format.h"
#include "traces/input.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// In the order in which they are tried.
static const struct trace_format *const trace_formats[] = {
    &trace_format_blktrace,
    &trace_format_csv,
};
enum { TRACE_FORMAT_COUNT = sizeof(trace_formats) / sizeof(trace_formats[0]) };

struct trace {
    const struct trace_format *format;
    void *reader;
    struct trace_files files;
    struct trace_context context;
    char *volume;
    uint64_t total_bytes;
};

// "7f 45 4c 46 02 01 01 00"
static void trace_show_bytes(const uint8_t *head, size_t length, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < length && i < 8; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%02x", i > 0 ? " " : "", head[i]);
    }
}

static void trace_unknown(const char *path, const uint8_t *head, size_t length,
                          struct trace_error *error)
{
    char bytes[32];
    char known[400] = "";
    char shown[17];
    for (size_t i = 0; i < TRACE_FORMAT_COUNT; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", or " : "",
                 trace_formats[i]->known_by);
    }
    if (length == 0) {
        trace_error_set(error, "%s: the file is empty; expected %s", path, known);
        return;
    }
    trace_show_bytes(head, length, bytes, sizeof(bytes));
    size_t shown_length = length < sizeof(shown) - 1 ? length : sizeof(shown) - 1;
    for (size_t i = 0; i < shown_length; i++)
        shown[i] = head[i] >= 0x20 && head[i] < 0x7f ? (char)head[i] : '.';
    shown[shown_length] = '\0';
    trace_error_set(error,
                    "%s: not a trace of a known format: it starts with %s (\"%s\"); expected %s",
                    path, bytes, shown, known);
}

// The format of one file, from its first bytes. NULL with no error: the file is empty.
static const struct trace_format *trace_recognise_file(const struct trace_file *file, bool *failed,
                                                       struct trace_error *error)
{
    const struct trace_format *format = NULL;
    struct trace_input input;
    *failed = true;
    if (!trace_input_open(&input, file, error))
        return NULL;
    if (trace_input_peek(&input, TRACE_HEAD_BYTES, error)) {
        size_t length = (size_t)(input.end - input.at);
        *failed = length > 0;
        for (size_t i = 0; length > 0 && format == NULL && i < TRACE_FORMAT_COUNT; i++) {
            if (trace_formats[i]->recognise(input.at, length)) {
                format = trace_formats[i];
                *failed = false;
            }
        }
        if (*failed)
            trace_unknown(file->path, input.at, length, error);
    }
    trace_input_close(&input);
    return format;
}

// The first file that is not empty decides; a CPU on which nothing happened has an empty file.
static const struct trace_format *trace_recognise(const struct trace_files *files,
                                                  struct trace_error *error)
{
    bool failed = false;
    for (size_t i = 0; i < files->count; i++) {
        const struct trace_format *format = trace_recognise_file(&files->items[i], &failed, error);
        if (format != NULL || failed)
            return format;
    }
    if (files->items[0].cpu != TRACE_CPU_NONE)
        return &trace_format_blktrace;
    trace_unknown(files->items[0].path, NULL, 0, error);
    return NULL;
}

static bool trace_find_files(struct trace *trace, const struct trace_config *config,
                             struct trace_error *error)
{
    if (config->text != NULL)
        return trace_files_add_text(&trace->files, config->path, config->text, config->text_size,
                                    error);
    return trace_paths_resolve(&trace->files, config->path, &trace->context.notices, error);
}

struct trace *trace_open(const struct trace_config *config, struct trace_error *error)
{
    struct trace *trace = calloc(1, sizeof(*trace));
    if (trace == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    trace->volume = config->volume != NULL ? strdup(config->volume) : NULL;
    trace->context.files = &trace->files;
    trace->context.volume = trace->volume;
    trace->context.arrival = config->arrival;
    bool good = config->volume == NULL || trace->volume != NULL;
    if (!good)
        trace_error_no_memory(error);
    if (good && trace_find_files(trace, config, error)) {
        trace->context.volumes.source = trace->files.items[0].path;
        trace->format = trace_recognise(&trace->files, error);
    }
    if (trace->format != NULL)
        trace->reader = trace->format->open(&trace->context, error);
    if (trace->reader == NULL) {
        trace_close(trace);
        return NULL;
    }
    for (size_t i = 0; i < trace->files.count; i++)
        trace->total_bytes += trace->files.items[i].bytes;
    return trace;
}

enum trace_result trace_read(struct trace *trace, struct trace_request *request,
                             struct trace_error *error)
{
    return trace->format->read(trace->reader, request, error);
}

void trace_close(struct trace *trace)
{
    if (trace == NULL)
        return;
    if (trace->reader != NULL)
        trace->format->close(trace->reader);
    trace_files_free(&trace->files);
    trace_volumes_free(&trace->context.volumes);
    trace_notices_free(&trace->context.notices);
    free(trace->volume);
    free(trace);
}

const char *trace_format(const struct trace *trace)
{
    return trace->format->name;
}

bool trace_times_are_absolute(const struct trace *trace)
{
    return trace->context.times_are_absolute;
}

int64_t trace_origin_ns(const struct trace *trace)
{
    return trace->context.origin_ns;
}

enum trace_arrival trace_arrival_used(const struct trace *trace)
{
    return trace->context.arrival;
}

size_t trace_volume_count(const struct trace *trace)
{
    return trace->context.volumes.count;
}

const char *trace_volume_name(const struct trace *trace, uint32_t volume)
{
    assert(volume < trace->context.volumes.count);
    return trace->context.volumes.names[volume];
}

// The reader counts as it goes; its notices are put into words when somebody looks.
size_t trace_notice_count(const struct trace *trace)
{
    trace->format->report(trace->reader);
    return trace->context.notices.count;
}

const struct trace_notice *trace_notice(const struct trace *trace, size_t index)
{
    assert(index < trace->context.notices.count);
    return &trace->context.notices.items[index];
}

void trace_progress(const struct trace *trace, uint64_t *consumed, uint64_t *total)
{
    *consumed = trace->format->consumed(trace->reader);
    *total = trace->total_bytes;
}

const char *trace_op_name(enum trace_op op)
{
    static const char *const names[TRACE_OP_COUNT] = {
        [TRACE_READ] = "read",       [TRACE_WRITE] = "write",
        [TRACE_DISCARD] = "discard", [TRACE_WRITE_ZEROES] = "write-zeroes",
        [TRACE_FLUSH] = "flush",
    };
    assert((size_t)op < TRACE_OP_COUNT);
    return names[op];
}
