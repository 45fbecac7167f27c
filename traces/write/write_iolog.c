// SPDX-License-Identifier: GPL-2.0-or-later
// fio's iolog, version 3, as fio writes it.
#include "traces/write/write_format.h"
#include "traces/write/write_text.h"

#define LINE_BYTES_MAX 256 // without the file
#define IOLOG_NS_PER_US 1000

static void begin(struct write_context *context)
{
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX);
    write_output_take(&context->output, write_string(to, "fio version 3 iolog\n"));
}

static char *put_start(char *to, const struct trace_request *request,
                       const struct write_volume *volume)
{
    to = write_number(to, (uint64_t)request->arrival_ns / IOLOG_NS_PER_US);
    *to++ = ' ';
    to = write_bytes(to, volume->text, volume->length);
    *to++ = ' ';
    return to;
}

static void put_request(struct write_context *context, const struct trace_request *request)
{
    static const char *const words[TRACE_OP_COUNT] = {
        [TRACE_READ] = "read ",
        [TRACE_WRITE] = "write ",
        [TRACE_DISCARD] = "trim ",
        [TRACE_FLUSH] = "sync ",
    };
    struct write_volume *volume = &context->volumes.items[request->volume];
    char *to = write_output_reserve(&context->output, 3 * (LINE_BYTES_MAX + volume->length));
    // fio wants to have heard of a file before it uses it.
    if (volume->events++ == 0) {
        to = write_string(put_start(to, request, volume), "add\n");
        to = write_string(put_start(to, request, volume), "open\n");
    }
    to = write_string(put_start(to, request, volume), words[request->op]);
    to = write_number(to, request->op == TRACE_FLUSH ? 0 : request->offset);
    *to++ = ' ';
    to = write_number(to, request->bytes);
    *to++ = '\n';
    write_output_take(&context->output, to);
}

// To fio a timestamp of 0 is none, and the wait after it is lost: the earliest is 1 us.
const struct write_format write_format_iolog = {
    .name = "iolog",
    .naming = WRITE_NAMES_WORD,
    .limits =
        {
            .operations =
                1U << TRACE_READ | 1U << TRACE_WRITE | 1U << TRACE_DISCARD | 1U << TRACE_FLUSH,
            .time_step_ns = IOLOG_NS_PER_US,
            .time_min_ns = IOLOG_NS_PER_US,
            .offset_step = 1,
            .bytes_step = 1,
            .bytes_max = UINT32_MAX,
        },
    .begin = begin,
    .put = put_request,
};
