// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer harness: any bytes as a trace of one format (FUZZ_FORMAT), read to its end. Up to the
// first NUL byte of the input there may be a layout, for the formats that take one; then comes the
// trace.
//
// Beside what the sanitizers see, the promises of traces/trace.h are checked: times do not
// decrease, offset and length fit in int64_t, an error says something in one line. And of what is
// read those of traces/write.h: written in the same format (in csv if that one is only read), it is
// read again, as many requests as were not said to be lost.
#include "traces/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", FUZZ_FORMAT, what);
    abort();
}

static void check_error(const struct trace_error *error)
{
    require(error->message[0] != '\0', "an error says nothing");
    require(strpbrk(error->message, "\n\r\033") == NULL, "an error has control characters");
}

static void check_request(const struct trace *trace, const struct trace_request *request,
                          int64_t *last_ns)
{
    require(request->arrival_ns >= *last_ns, "times decrease");
    require(request->bytes <= INT64_MAX && request->offset <= INT64_MAX - request->bytes,
            "a request ends beyond 2^63");
    require(request->latency_ns >= TRACE_LATENCY_UNKNOWN, "a latency is negative");
    require(request->op < TRACE_OP_COUNT, "an operation is unknown");
    require(request->volume < trace_volume_count(trace), "a volume has no name");
    *last_ns = request->arrival_ns;
}

static const char *written_format(void)
{
    for (size_t i = 0; trace_writer_format_at(i) != NULL; i++)
        if (strcmp(trace_writer_format_at(i), FUZZ_FORMAT) == 0)
            return FUZZ_FORMAT;
    return "csv";
}

// Where everything is written; removed after it was read.
static const char *written_path(void)
{
    static char path[256];
    const char *directory = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/throttlesim-fuzz-%ld", directory != NULL ? directory : "/tmp",
             (long)getpid());
    return path;
}

static struct trace_writer *write_open(void)
{
    struct trace_error error = {""};
    struct trace_writer_config config = {.path = written_path(), .format = written_format()};
    struct trace_writer *writer = trace_writer_open(&config, &error);
    require(writer != NULL, error.message);
    return writer;
}

static void write_request(struct trace_writer *writer, const struct trace *trace,
                          const struct trace_request *request)
{
    struct trace_error error = {""};
    require(
        trace_writer_put(writer, request, trace_volume_name(trace, request->volume), NULL, &error),
        error.message);
}

static void read_again(uint64_t expected)
{
    struct trace_error error = {""};
    struct trace_request request;
    struct trace_config config = {
        .path = written_path(), .format = written_format(), .may_be_empty = true};
    struct trace *trace = trace_open(&config, &error);
    require(trace != NULL, error.message);
    enum trace_result result;
    uint64_t count = 0;
    while ((result = trace_read(trace, &request, &error)) == TRACE_REQUEST)
        count++;
    require(result == TRACE_END, error.message);
    require(count == expected, "requests that were written are not read again");
    trace_close(trace);
}

// All that went in must come out, but for what is said to be lost.
static void write_finish(struct trace_writer *writer, uint64_t count)
{
    struct trace_error error = {""};
    require(trace_writer_finish(writer, &error), error.message);
    for (size_t i = 0; i < trace_writer_notice_count(writer); i++) {
        const struct trace_notice *notice = trace_writer_notice(writer, i);
        require(notice->count > 0, "a notice of the writer counts nothing");
        if (strcmp(notice->kind, "operation-lost") == 0 || strcmp(notice->kind, "zero-bytes") == 0)
            count -= notice->count;
    }
    trace_writer_free(writer);
    // Nothing is not an empty trace of every format.
    if (count > 0)
        read_again(count);
    unlink(written_path());
}

static void read_all(struct trace *trace, struct trace_error *error)
{
    struct trace_writer *writer = write_open();
    struct trace_request request;
    enum trace_result result;
    int64_t last_ns = INT64_MIN;
    uint64_t count = 0;
    while ((result = trace_read(trace, &request, error)) == TRACE_REQUEST) {
        check_request(trace, &request, &last_ns);
        write_request(writer, trace, &request);
        count++;
    }
    write_finish(writer, count);
    if (result == TRACE_ERROR)
        check_error(error);
    for (size_t i = 0; i < trace_notice_count(trace); i++)
        require(trace_notice(trace, i)->count > 0, "a notice counts nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = FUZZ_LAYOUT && size > 0 ? memchr(bytes, '\0', size) : NULL;
    char *layout = NULL;
    if (end != NULL) {
        layout = strdup((const char *)bytes);
        size -= (size_t)(end + 1 - bytes);
        bytes = end + 1;
    }
    struct trace_error error = {""};
    struct trace_config config = {
        .path = "fuzz",
        .format = FUZZ_FORMAT,
        .layout = layout,
        .text = (const char *)bytes,
        .text_size = size,
    };
    struct trace *trace = trace_open(&config, &error);
    if (trace != NULL)
        read_all(trace, &error);
    else
        check_error(&error);
    trace_close(trace);
    free(layout);
    return 0;
}
