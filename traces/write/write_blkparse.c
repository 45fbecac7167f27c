// SPDX-License-Identifier: GPL-2.0-or-later
// What blkparse would print of the same requests as binary records, up to its statistics.
#include "traces/write/write_events.h"
#include "traces/write/write_text.h"

#define LINE_BYTES_MAX 256
#define LETTERS_WIDTH 3
#define MINOR_WIDTH 3

static char *put_device(char *to, uint32_t device)
{
    to = write_number_blanks(to, write_device_major(device), 3);
    *to++ = ',';
    const char *start = to;
    to = write_number(to, write_device_minor(device));
    while (to - start < MINOR_WIDTH)
        *to++ = ' ';
    return to;
}

static char letters(enum blktrace_action action)
{
    return action == BLKTRACE_QUEUE ? 'Q' : action == BLKTRACE_ISSUE ? 'D' : 'C';
}

static void put_event(struct write_context *context, const struct write_event *event)
{
    bool completes = event->action == BLKTRACE_COMPLETE;
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX);
    to = put_device(to, event->volume->device);
    *to++ = ' ';
    to = write_number_blanks(to, context->cpu, 2);
    *to++ = ' ';
    to = write_number_blanks(to, ++event->volume->events, 8);
    *to++ = ' ';
    to = write_number_blanks(to, event->time_ns / 1000000000, 5);
    *to++ = '.';
    to = write_number_zeros(to, event->time_ns % 1000000000, 9);
    to = write_string(to, "     0  "); // process
    *to++ = letters(event->action);
    *to++ = ' ';
    for (size_t length = strlen(event->op->letters); length < LETTERS_WIDTH; length++)
        *to++ = ' ';
    to = write_string(to, event->op->letters);
    *to++ = ' ';
    // Where a flush goes is not shown when it arrives, so to be found again it completes at 0.
    if (completes || event->bytes > 0)
        to = write_number(to, event->bytes > 0 ? event->sector : 0);
    if (event->bytes > 0) {
        to = write_string(to, " + ");
        to = write_number(to, event->bytes / WRITE_SECTOR_BYTES);
    }
    if (completes || event->bytes > 0)
        *to++ = ' ';
    to = write_string(to, completes ? "[0]\n" : "[" WRITE_EVENT_NAME "]\n");
    write_output_take(&context->output, to);
}

static void put_stage(struct write_context *context, const struct trace_request *request,
                      enum write_stage stage)
{
    write_events(context, request, stage, put_event);
}

const struct write_format write_format_blkparse = {
    .name = "blkparse",
    .naming = WRITE_NAMES_DEVICE,
    .limits = WRITE_EVENT_LIMITS(WRITE_SECTOR_BYTES),
    .stage = put_stage,
};
