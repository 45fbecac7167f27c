// SPDX-License-Identifier: GPL-2.0-or-later
// The formats of block events: each request is a Q and, at the same time, a D, and when it
// completes a C. So reading it gives the same requests, whatever their arrival is taken to be.
#include "traces/write/write_format.h"
#include "traces/write/write_text.h"

// Who did it, where a name is wanted.
#define EVENT_NAME "throttlesim"

// The lengths of records have 32 bits. Write zeroes have no bit and no letter of their own: they
// are not held.
#define EVENT_LIMITS(step)                                                                         \
    {                                                                                              \
        .operations =                                                                              \
            1U << TRACE_READ | 1U << TRACE_WRITE | 1U << TRACE_DISCARD | 1U << TRACE_FLUSH,        \
        .time_step_ns = 1, .latency_step_ns = 1, .completions = true,                              \
        .offset_step = WRITE_SECTOR_BYTES, .bytes_step = (step),                                   \
        .bytes_max = UINT32_MAX - UINT32_MAX % (step),                                             \
    }

// ---- Requests under way ----

static bool is_before(const void *left, const void *right)
{
    const struct write_flight *a = left;
    const struct write_flight *b = right;
    return a->end_ns != b->end_ns ? a->end_ns < b->end_ns : a->sequence < b->sequence;
}

static const struct trace_heap_kind by_end = {sizeof(struct write_flight), is_before};

bool write_flights_push(struct write_flights *flights, const struct trace_request *request,
                        int64_t end_ns)
{
    struct write_flight flight = {end_ns, flights->pushed++, *request};
    return trace_heap_push(&flights->heap, &by_end, &flight);
}

bool write_flights_pop(struct write_flights *flights, int64_t until_ns,
                       struct trace_request *request)
{
    const struct write_flight *first = flights->heap.entries;
    if (flights->heap.count == 0 || first->end_ns > until_ns)
        return false;
    *request = first->request;
    trace_heap_pop(&flights->heap, &by_end);
    return true;
}

static void put(struct write_context *context, const struct trace_request *request,
                enum blktrace_action action)
{
    int64_t after_ns = action == BLKTRACE_COMPLETE ? request->latency_ns : 0;
    struct write_event event = {
        .action = action,
        .time_ns = (uint64_t)(request->arrival_ns + after_ns),
        .sector = request->offset / WRITE_SECTOR_BYTES,
        .bytes = request->bytes,
        .op = request->op,
        .volume = &context->volumes.items[request->volume],
    };
    context->format->put_event(context, &event);
}

static void complete(struct write_context *context, int64_t until_ns)
{
    struct trace_request request;
    while (write_flights_pop(&context->flights, until_ns, &request))
        put(context, &request, BLKTRACE_COMPLETE);
}

bool write_events_put(struct write_context *context, const struct trace_request *request,
                      struct trace_error *error)
{
    struct trace_request kept = *request;
    complete(context, request->arrival_ns);
    bool known = request->latency_ns != TRACE_LATENCY_UNKNOWN;
    if (known && context->flights.heap.count == WRITE_FLIGHTS_MAX) {
        kept.latency_ns = TRACE_LATENCY_UNKNOWN;
        context->losses.latency_lost++;
        known = false;
    }
    put(context, &kept, BLKTRACE_QUEUE);
    put(context, &kept, BLKTRACE_ISSUE);
    if (!known ||
        write_flights_push(&context->flights, &kept, request->arrival_ns + request->latency_ns))
        return true;
    trace_error_set(error, "%s: out of memory while writing a trace", context->output.path);
    return false;
}

void write_events_finish(struct write_context *context)
{
    complete(context, INT64_MAX);
}

// ---- Text of blkparse ----
// What it would print of the same requests as binary records, up to its statistics.

#define LINE_BYTES_MAX 256
#define LETTERS_WIDTH 3
#define MINOR_WIDTH 3

static char *put_device(char *to, uint32_t device)
{
    to = write_number_blanks(to, device >> 20, 3);
    *to++ = ',';
    const char *start = to;
    to = write_number(to, device & 0xfffff);
    while (to - start < MINOR_WIDTH)
        *to++ = ' ';
    return to;
}

static char letter(enum blktrace_action action)
{
    return action == BLKTRACE_QUEUE ? 'Q' : action == BLKTRACE_ISSUE ? 'D' : 'C';
}

static void put_line(struct write_context *context, const struct write_event *event)
{
    // As a bio that is no more than a flush enters the block layer.
    static const char *const operations[TRACE_OP_COUNT] = {"R", "W", "D", [TRACE_FLUSH] = "FWS"};
    const char *operation = operations[event->op];
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
    *to++ = letter(event->action);
    *to++ = ' ';
    for (size_t length = strlen(operation); length < LETTERS_WIDTH; length++)
        *to++ = ' ';
    to = write_string(to, operation);
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
    to = write_string(to, completes ? "[0]\n" : "[" EVENT_NAME "]\n");
    write_output_take(&context->output, to);
}

const struct write_format write_format_blkparse = {
    .name = "blkparse",
    .naming = WRITE_NAMES_DEVICE,
    .limits = EVENT_LIMITS(WRITE_SECTOR_BYTES),
    .put_event = put_line,
};

// ---- Binary records ----
// Those of all volumes in one file in order of time, as `blkparse -d` writes them and fio reads
// them. Always little-endian, so that it is the same file everywhere.

#define EVENT_READ (1 << 0)
#define EVENT_SYNC (1 << 3)
#define EVENT_QUEUED (1 << 4)
#define EVENT_ISSUED (1 << 6)
#define EVENT_COMPLETED (1 << 7)
#define EVENT_FS (1 << 8)
#define NAME_BYTES 16

static const unsigned op_categories[TRACE_OP_COUNT] = {
    [TRACE_READ] = EVENT_READ,
    [TRACE_WRITE] = BLKTRACE_WRITE,
    [TRACE_DISCARD] = BLKTRACE_WRITE | BLKTRACE_DISCARD,
    [TRACE_FLUSH] = BLKTRACE_WRITE | BLKTRACE_FLUSH | EVENT_SYNC,
};

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
    static const char name[NAME_BYTES] = EVENT_NAME;
    const struct write_event nothing = {.time_ns = event->time_ns, .volume = event->volume};
    to = put_header(to, context, &nothing, 0, (uint32_t)BLKTRACE_NOTIFY << 16);
    to = write_little(to, 0, 2); // error
    to = write_little(to, sizeof name, 2);
    return write_bytes(to, name, sizeof name);
}

static void put_record(struct write_context *context, const struct write_event *event)
{
    unsigned categories = op_categories[event->op] | action_categories(event->action);
    char *to = write_output_reserve(&context->output, 2 * BLKTRACE_HEADER_BYTES + NAME_BYTES);
    if (context->records++ == 0)
        to = put_name(to, context, event);
    to = put_header(to, context, event, ++event->volume->events, categories << 16 | event->action);
    to = write_little(to, 0, 4); // error, and the length of what follows
    write_output_take(&context->output, to);
}

const struct write_format write_format_blktrace = {
    .name = "blktrace",
    .naming = WRITE_NAMES_DEVICE,
    .limits = EVENT_LIMITS(1),
    .put_event = put_record,
};
