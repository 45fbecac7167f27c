// SPDX-License-Identifier: GPL-2.0-or-later
// The public face: finds the files, recognises the format by content, hands on to its reader.
#include "traces/trace.h"

#include "traces/format.h"
#include "traces/input/input_text.h"
#include "traces/nearest_word.h"
#include "traces/unknown.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// In the order in which they are tried.
static const struct trace_format *const formats[] = {
    &trace_format_blktrace, &trace_format_blkparse,      &trace_format_blkparse_f,
    &trace_format_ftrace,   &trace_format_biosnoop,      &trace_format_iolog,
    &trace_format_hfplayer, &trace_format_blkreplay,     &trace_format_msr,
    &trace_format_alibaba,  &trace_format_tencent,       &trace_format_systor,
    &trace_format_spc,      &trace_format_disksim,       &trace_format_mqsim,
    &trace_format_csv,      &trace_format_columns,       &trace_format_qemu,
    &trace_format_vscsi,    &trace_format_oraclegeneral, NULL,
};
#define TRACE_FORMAT_COUNT (sizeof formats / sizeof formats[0] - 1)

struct trace {
    const struct trace_format *format;
    void *reader;
    struct trace_files files;
    struct trace_context context;
    char *volume;
    char *layout;
    uint64_t total_bytes;
    int64_t last_ns;   // of the request before; at first the origin
    bool has_requests; // or need not have any
};

static const struct trace_format *find_format(const char *name)
{
    for (size_t i = 0; i < TRACE_FORMAT_COUNT; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

static void fail_empty(const char *path, struct trace_error *error)
{
    trace_error_set(error, "%s: the file is empty; expected a trace", path);
}

// The format whose files start like this; NULL: none.
static const struct trace_format *recognise_head(const uint8_t *head, size_t length)
{
    if (length > 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) { // a byte order mark
        head += 3;
        length -= 3;
    }
    for (size_t i = 0; i < TRACE_FORMAT_COUNT; i++)
        if (formats[i]->recognise != NULL && formats[i]->recognise(formats[i]->how, head, length))
            return formats[i];
    return NULL;
}

// No more than that, so that a file and its text are recognised alike.
static size_t head_length(const struct trace_input *input)
{
    size_t have = (size_t)(input->end - input->at);
    return have < TRACE_HEAD_BYTES ? have : TRACE_HEAD_BYTES;
}

// The format of one file, from its first bytes. NULL with no error: the file is empty.
static const struct trace_format *recognise_file(const struct trace_file *file, bool *failed,
                                                 struct trace_error *error)
{
    const struct trace_format *format = NULL;
    struct trace_input input = {0};
    // A stream stays open: it cannot be read again.
    struct trace_input *looked_at = file->opened != NULL ? file->opened : &input;
    *failed = true;
    if (file->opened == NULL && !trace_input_open(&input, file, error))
        return NULL;
    if (trace_input_peek(looked_at, TRACE_HEAD_BYTES, error)) {
        size_t length = head_length(looked_at);
        format = length > 0 ? recognise_head(looked_at->at, length) : NULL;
        *failed = length > 0 && format == NULL;
        if (*failed)
            trace_unknown_fail(file->path, looked_at->at, length, formats, error);
    }
    trace_input_close(&input);
    return format;
}

// The first file that is not empty decides; a CPU on which nothing happened has an empty file.
static const struct trace_format *recognise(const struct trace_files *files,
                                            struct trace_error *error)
{
    bool failed = false;
    for (size_t i = 0; i < files->count; i++) {
        const struct trace_format *format = recognise_file(&files->items[i], &failed, error);
        if (format != NULL || failed)
            return format;
    }
    if (files->items[0].cpu != TRACE_CPU_NONE)
        return &trace_format_blktrace;
    fail_empty(files->items[0].path, error);
    return NULL;
}

static bool find_files(struct trace *trace, const struct trace_config *config,
                       struct trace_error *error)
{
    if (config->text != NULL) {
        if (!trace_files_add_text(&trace->files, config->path, config->text, config->text_size,
                                  error))
            return false;
        trace->files.items[0].is_whole = config->text_is_whole;
        return true;
    }
    return trace_paths_resolve(&trace->files, config->path, &trace->context.notices, error);
}

static const char *format_name_at(const void *words, size_t index)
{
    (void)words;
    return trace_format_at(index);
}

// By its name if there is one, else by content.
static const struct trace_format *choose(struct trace *trace, const struct trace_config *config,
                                         struct trace_error *error)
{
    if (config->format == NULL)
        return recognise(&trace->files, error);
    const struct trace_format *format = find_format(config->format);
    if (format != NULL)
        return format;
    const char *nearest =
        nearest_word(config->format, strlen(config->format), format_name_at, NULL);
    trace_error_set(error, "%s: unknown format \"%s\"%s%s%s", config->path, config->format,
                    nearest != NULL ? ", did you mean \"" : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "\"?" : "");
    return NULL;
}

// A CSV whose header was not as ours.
static void hint_layout(const struct trace_file *file, struct trace_error *error)
{
    struct trace_input input;
    struct trace_error unused;
    if (file->opened != NULL || !trace_input_open(&input, file, &unused))
        return;
    if (trace_input_peek(&input, TRACE_HEAD_BYTES, &unused))
        trace_unknown_hint(input.at, head_length(&input), error);
    trace_input_close(&input);
}

static bool copy_text(const char *text, char **copy)
{
    *copy = text != NULL ? strdup(text) : NULL;
    return text == NULL || *copy != NULL;
}

struct trace *trace_open(const struct trace_config *config, struct trace_error *error)
{
    struct trace *trace = calloc(1, sizeof *trace);
    if (trace == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    bool good =
        copy_text(config->volume, &trace->volume) && copy_text(config->layout, &trace->layout);
    trace->context.files = &trace->files;
    trace->context.volume = trace->volume;
    trace->context.keeps_stacks = config->keeps_stacks;
    trace->context.in_flight = config->in_flight;
    trace->context.layout = trace->layout;
    trace->context.is_part = config->is_part;
    trace->context.batch_order = config->batch_order;
    trace->context.wants_streams = config->wants_streams;
    trace->context.arrival = config->arrival;
    if (!good)
        trace_error_no_memory(error);
    if (good && find_files(trace, config, error)) {
        trace->context.volumes.source = trace->files.items[0].path;
        trace->context.streams.max = TRACE_STREAMS_MAX;
        trace->context.texts = (struct trace_volumes){.source = trace->files.items[0].path,
                                                      .what = "threads (column stream)",
                                                      .max = TRACE_STREAMS_MAX};
        trace->format = choose(trace, config, error);
    }
    if (trace->format != NULL)
        trace->reader = trace->format->kind->open(&trace->context, trace->format->how, error);
    if (trace->format == &trace_format_csv && trace->reader == NULL && config->format == NULL &&
        !trace->context.knows_columns)
        hint_layout(&trace->files.items[0], error);
    if (trace->reader == NULL) {
        trace_close(trace);
        return NULL;
    }
    for (size_t i = 0; i < trace->files.count; i++)
        trace->total_bytes += trace->files.items[i].bytes;
    trace->last_ns = trace->context.origin_ns;
    trace->has_requests = config->may_be_empty;
    return trace;
}

// What is promised of arrivals, whatever the reader: an engine could not go on without it.
static enum trace_result fail_time(const struct trace *trace, int64_t arrival_ns,
                                   struct trace_error *error)
{
    if (arrival_ns < trace->last_ns)
        trace_error_set(error,
                        "%s: found a request at %lld ns after one at %lld ns, expected times that "
                        "do not decrease; sort the recording by time",
                        trace->files.items[0].path, (long long)arrival_ns,
                        (long long)trace->last_ns);
    else
        trace_error_set(error,
                        "%s: found a request at %lld ns, more than 2^63 ns after the recording's "
                        "start at %lld ns: one of the two times is damaged",
                        trace->files.items[0].path, (long long)arrival_ns,
                        (long long)trace->context.origin_ns);
    return TRACE_ERROR;
}

enum trace_result trace_read(struct trace *trace, struct trace_request *request,
                             struct trace_error *error)
{
    enum trace_result result = trace->format->kind->read(trace->reader, request, error);
    if (result == TRACE_END && !trace->has_requests) {
        trace->format->kind->report(trace->reader);
        return trace_end_empty(&trace->context, trace->format, error);
    }
    if (result != TRACE_REQUEST)
        return result;
    trace->has_requests = true;
    uint64_t since_ns = (uint64_t)request->arrival_ns - (uint64_t)trace->context.origin_ns;
    if (request->arrival_ns < trace->last_ns || since_ns > INT64_MAX)
        return fail_time(trace, request->arrival_ns, error);
    trace->last_ns = request->arrival_ns;
    return TRACE_REQUEST;
}

void trace_close(struct trace *trace)
{
    if (trace == NULL)
        return;
    if (trace->reader != NULL)
        trace->format->kind->close(trace->reader);
    trace_files_free(&trace->files);
    trace_volumes_free(&trace->context.volumes);
    trace_volumes_free(&trace->context.streams);
    trace_volumes_free(&trace->context.texts);
    trace_notices_free(&trace->context.notices);
    free(trace->volume);
    free(trace->layout);
    free(trace);
}

const char *trace_format(const struct trace *trace)
{
    return trace->format->name;
}

const char *trace_format_at(size_t index)
{
    return index < TRACE_FORMAT_COUNT ? formats[index]->name : NULL;
}

const char *trace_format_help(const char *name)
{
    const struct trace_format *format = find_format(name);
    return format == NULL ? NULL : format->known_by;
}

const char *trace_file_at(const struct trace *trace, size_t index)
{
    return index < trace->files.count ? trace->files.items[index].path : NULL;
}

bool trace_reads_file(const struct trace *trace, const char *path)
{
    struct stat wanted, status;
    if (stat(path, &wanted) != 0)
        return false;
    for (size_t i = 0; i < trace->files.count; i++) {
        const char *archive = trace->files.archive;
        const char *file = archive != NULL ? archive : trace->files.items[i].path;
        if (strcmp(file, "-") != 0 && stat(file, &status) == 0 && status.st_dev == wanted.st_dev &&
            status.st_ino == wanted.st_ino)
            return true;
    }
    return false;
}

bool trace_times_are_absolute(const struct trace *trace)
{
    return trace->context.times_are_absolute;
}

int64_t trace_origin_ns(const struct trace *trace)
{
    return trace->context.origin_ns;
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

bool trace_tells_streams(const struct trace *trace)
{
    return trace->context.tells_streams;
}

const char *trace_stream_name(const struct trace *trace, uint32_t stream)
{
    assert(stream <= trace->context.streams.count);
    return stream == 0 ? "" : trace->context.streams.names[stream - 1];
}

const char *trace_stream_text(const struct trace *trace, uint32_t stream,
                              char text[TRACE_STREAM_TEXT])
{
    const struct trace_context *context = &trace->context;
    assert(stream <= context->streams.count);
    if (stream > 0 && context->threads != NULL)
        return trace_threads_text(context->threads, stream, text);
    return stream > 0 ? context->texts.names[stream - 1] : "";
}

const uint32_t *trace_stream_set(const struct trace *trace, uint32_t number, size_t *count)
{
    static const struct trace_stream_sets none;
    const struct trace_threads *threads = trace->context.threads;
    return trace_stream_sets_at(threads != NULL ? &threads->sets : &none, number, count);
}

enum trace_arrival trace_volume_arrival(const struct trace *trace, uint32_t volume)
{
    assert(volume < trace->context.volumes.count);
    return trace->format->kind->arrival(trace->reader, volume);
}

void trace_count_arrivals(const struct trace *trace, size_t volumes[TRACE_ARRIVAL_AUTO + 1])
{
    for (uint32_t i = 0; i < trace->context.volumes.count; i++)
        volumes[trace_volume_arrival(trace, i)]++;
}

// The reader counts as it goes; its notices are put into words when somebody looks.
size_t trace_notice_count(const struct trace *trace)
{
    trace->format->kind->report(trace->reader);
    return trace->context.notices.count;
}

const struct trace_notice *trace_notice(const struct trace *trace, size_t index)
{
    assert(index < trace->context.notices.count);
    return &trace->context.notices.items[index];
}

uint64_t trace_lines_read(const struct trace *trace)
{
    return trace->context.lines != NULL ? trace->context.lines->number : 0;
}

uint64_t trace_line_count(const struct trace *trace, enum trace_line what)
{
    return trace->context.lines != NULL ? trace->context.lines->counts[what] : 0;
}

void trace_progress(const struct trace *trace, uint64_t *consumed, uint64_t *total)
{
    *consumed = trace->format->kind->consumed(trace->reader);
    *total = trace->total_bytes;
}
