// SPDX-License-Identifier: GPL-2.0-or-later
// Binary block traces: the records of all volumes in one file in order of time, as `blkparse -d`
// writes them and fio reads them. Always little-endian, so that it is the same file everywhere.
#include "traces/write/write_events.h"
#include "traces/write/write_text.h"

#define EVENT_QUEUED (1 << 4)
#define EVENT_ISSUED (1 << 6)
#define EVENT_COMPLETED (1 << 7)
#define EVENT_FS (1 << 8)
#define BLKTRACE_NAME_BYTES 16

// As the kernel has it: what is queued is a bio, the rest requests of the file system.
static unsigned action_categories(enum blktrace_action action)
{
    if (action == BLKTRACE_QUEUE)
        return EVENT_QUEUED;
    return EVENT_FS | (action == BLKTRACE_ISSUE ? EVENT_ISSUED : EVENT_COMPLETED);
}

// The fields of a header up to the process, and of what follows them.
static char *put_header(char *to, const struct write_context *context,
                        const struct write_event *event, uint32_t sequence, uint32_t action)
{
    to = write_little(to, BLKTRACE_MAGIC | BLKTRACE_VERSION, 4);
    to = write_little(to, sequence, 4);
    to = write_little(to, event->time_ns, 8);
    to = write_little(to, event->sector, 8);
    to = write_little(to, event->bytes, 4);
    to = write_little(to, action, 4);
    to = write_little(to, 0, 4); // process
    to = write_little(to, event->volume->device, 4);
    return write_little(to, context->cpu, 4);
}

// A record that names the process 0, which does all.
static char *put_name(char *to, const struct write_context *context,
                      const struct write_event *event)
{
    static const char name[BLKTRACE_NAME_BYTES] = WRITE_EVENT_NAME;
    const struct write_event nothing = {.time_ns = event->time_ns, .volume = event->volume};
    to = put_header(to, context, &nothing, 0, (uint32_t)BLKTRACE_NOTIFY << 16);
    to = write_little(to, 0, 2); // error
    to = write_little(to, sizeof name, 2);
    return write_bytes(to, name, sizeof name);
}

static void put_event(struct write_context *context, const struct write_event *event)
{
    unsigned categories = event->op->categories | action_categories(event->action);
    char *to =
        write_output_reserve(&context->output, 2 * BLKTRACE_HEADER_BYTES + BLKTRACE_NAME_BYTES);
    if (context->records++ == 0)
        to = put_name(to, context, event);
    to = put_header(to, context, event, ++event->volume->events, categories << 16 | event->action);
    to = write_little(to, 0, 4); // error, and the length of what follows
    write_output_take(&context->output, to);
}

static void put_stage(struct write_context *context, const struct trace_request *request,
                      enum write_stage stage)
{
    write_events(context, request, stage, put_event);
}

const struct write_format write_format_blktrace = {
    .name = "blktrace",
    .naming = WRITE_NAMES_DEVICE,
    .limits = WRITE_EVENT_LIMITS(1),
    .stage = put_stage,
};
