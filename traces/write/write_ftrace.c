// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's tracepoints as `perf script --ns` prints them.
#include "traces/write/write_events.h"
#include "traces/write/write_text.h"

#define LINE_BYTES_MAX 256

static const char *ftrace_name(enum blktrace_action action)
{
    return action == BLKTRACE_QUEUE   ? "block_bio_queue: "
           : action == BLKTRACE_ISSUE ? "block_rq_issue: "
                                      : "block_rq_complete: ";
}

static void ftrace_put(struct write_context *context, const struct write_event *event)
{
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX);
    to = write_string(to, "     " WRITE_EVENT_NAME "     0 [000] ");
    to = write_number_blanks(to, event->time_ns / 1000000000, 5);
    *to++ = '.';
    to = write_number_zeros(to, event->time_ns % 1000000000, 9);
    to = write_string(to, ": block:");
    to = write_string(to, ftrace_name(event->action));
    to = write_bytes(to, event->volume->text, event->volume->length);
    *to++ = ' ';
    to = write_string(to, event->op->letters);
    *to++ = ' ';
    if (event->action == BLKTRACE_ISSUE) {
        to = write_number(to, event->bytes);
        *to++ = ' ';
    }
    if (event->action != BLKTRACE_QUEUE)
        to = write_string(to, "() ");
    to = write_number(to, event->sector);
    to = write_string(to, " + ");
    to = write_number(to, event->bytes / WRITE_SECTOR_BYTES);
    to = write_string(to,
                      event->action == BLKTRACE_COMPLETE ? " [0]\n" : " [" WRITE_EVENT_NAME "]\n");
    write_output_take(&context->output, to);
}

static void ftrace_stage(struct write_context *context, const struct trace_request *request,
                         enum write_stage stage)
{
    write_events(context, request, stage, ftrace_put);
}

const struct write_format write_format_ftrace = {
    .name = "ftrace",
    .naming = WRITE_NAMES_DEVICE,
    .limits = WRITE_EVENT_LIMITS(WRITE_SECTOR_BYTES),
    .stage = ftrace_stage,
};
