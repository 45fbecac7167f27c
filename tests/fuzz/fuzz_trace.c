// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer harness: any bytes as a trace of one format (FUZZ_FORMAT), read to its end. Up to the
// first NUL byte of the input there may be a layout, for the formats that take one; then comes the
// trace.
//
// Beside what the sanitizers see, the promises of traces/trace.h are checked: times do not
// decrease, offset and length fit in int64_t, an error says something in one line.
#include "traces/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void read_all(struct trace *trace, struct trace_error *error)
{
    struct trace_request request;
    enum trace_result result;
    int64_t last_ns = INT64_MIN;
    while ((result = trace_read(trace, &request, error)) == TRACE_REQUEST)
        check_request(trace, &request, &last_ns);
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
