// SPDX-License-Identifier: GPL-2.0-or-later
// What biosnoop -Q would print: a row when a request completes. The time in the queue is 0.
#include "traces/formats/biosnoop_row.h"
#include "traces/write/write_format.h"
#include "traces/write/write_text.h"

#define LINE_BYTES_MAX 256 // without the disk

static void biosnoop_begin(struct write_context *context)
{
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX);
    to = write_string(to, "TIME(s) COMM PID DISK T SECTOR BYTES QUE(ms) LAT(ms)\n");
    write_output_take(&context->output, to);
}

// A latency that is unknown is below 0, which cannot be taken for one.
static void biosnoop_stage(struct write_context *context, const struct trace_request *request,
                           enum write_stage stage)
{
    static const char letters[TRACE_OP_COUNT] = {
        [TRACE_READ] = 'R',
        [TRACE_WRITE] = 'W',
        [TRACE_DISCARD] = 'D',
        [TRACE_FLUSH] = 'F',
    };
    const struct write_volume *volume = &context->volumes.items[request->volume];
    bool known = request->latency_ns != TRACE_LATENCY_UNKNOWN;
    if (known && stage == WRITE_ARRIVAL)
        return;
    uint64_t latency_ns = known ? (uint64_t)request->latency_ns : 0;
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX + volume->length);
    to = write_decimal(to, (uint64_t)request->arrival_ns + latency_ns, 9, 9);
    to = write_string(to, " throttlesim 0 ");
    to = write_bytes(to, volume->text, volume->length);
    *to++ = ' ';
    *to++ = letters[request->op];
    *to++ = ' ';
    to = write_number(to, request->offset / WRITE_SECTOR_BYTES);
    *to++ = ' ';
    to = write_number(to, request->bytes);
    to = write_string(to, " 0.000 ");
    to = known ? write_decimal(to, latency_ns, 6, 6) : write_string(to, "-1.000");
    *to++ = '\n';
    write_output_take(&context->output, to);
}

const struct write_format write_format_biosnoop = {
    .name = "biosnoop",
    .naming = WRITE_NAMES_WORD,
    .limits =
        {
            .operations =
                1U << TRACE_READ | 1U << TRACE_WRITE | 1U << TRACE_DISCARD | 1U << TRACE_FLUSH,
            .time_step_ns = 1,
            .latency_step_ns = 1,
            .latency_max_ns = BIOSNOOP_LATENCY_MAX_NS,
            .completions = true,
            .offset_step = WRITE_SECTOR_BYTES,
            .bytes_step = 1,
            .bytes_max = INT64_MAX,
        },
    .begin = biosnoop_begin,
    .stage = biosnoop_stage,
};
