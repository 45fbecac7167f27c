// SPDX-License-Identifier: GPL-2.0-or-later
// What QEMU's trace events of virtio-blk print (-trace 'virtio_blk_*', backend log):
//     PID@SECONDS.MICROSECONDS:virtio_blk_handle_read vdev P req P sector N nsectors N
//     YYYY-MM-DDTHH:MM:SS.MICROSECONDSZ virtio_blk_rw_complete vdev P req P ret N
// or, by its backend ftrace, behind what ftrace prints. A request is handed on when it is complete,
// and put in order.
#include "traces/columns/split.h"
#include "traces/events/event_prefix.h"
#include "traces/input/clock_text.h"
#include "traces/input/flow.h"
#include "traces/map.h"

#include <stdlib.h>
#include <string.h>

#define QEMU_EVENT "virtio_blk_"
#define QEMU_SECTOR_BYTES 512
#define QEMU_PENDING_MAX (1 << 18) // more than all queues of a machine hold
#define QEMU_FREE (-2)             // a latency

enum qemu_kind { QEMU_READS, QEMU_WRITES, QEMU_DATA_DONE, QEMU_DONE, QEMU_OTHER };

static const char *const event_names[] = {
    [QEMU_READS] = "virtio_blk_handle_read ",
    [QEMU_WRITES] = "virtio_blk_handle_write ",
    [QEMU_DATA_DONE] = "virtio_blk_rw_complete ",
    [QEMU_DONE] = "virtio_blk_req_complete ", // follows the other, and ends flushes as well
};

struct qemu_event {
    enum qemu_kind kind;
    int64_t time_ns;
    struct columns_field device;
    int64_t device_at; // its address
    int64_t request_at;
    int64_t sector;
    int64_t sectors;
};

struct qemu_reader {
    struct trace_flow flow;
    struct trace_lines lines;
    struct trace_map index;        // by addresses: the place in `pending`
    struct trace_request *pending; // without a completion yet
    uint32_t count;
    uint32_t capacity;
    uint32_t free_place; // whose volume is the next; TRACE_MAP_NONE: there is none
    uint32_t drained;    // places looked at, at the end
    bool ended;
    int64_t last_ns; // of the line before
    uint64_t events;
    uint64_t aliens;
    uint64_t alien_first;
    uint64_t zero_bytes;
    uint64_t unpaired;  // requests
    uint64_t unclaimed; // completions
};

static const char *find_event(const struct trace_lines *lines)
{
    const char *at = lines->text;
    const char *end = at + lines->length;
    size_t length = strlen(QEMU_EVENT);
    for (; (size_t)(end - at) >= length; at++) {
        at = memchr(at, QEMU_EVENT[0], (size_t)(end - at) - length + 1);
        if (at == NULL)
            return NULL;
        if (memcmp(at, QEMU_EVENT, length) == 0)
            return at;
    }
    return NULL;
}

// What stands before the event.
static bool take_time(const char *line, const char *event, int64_t *last_ns, int64_t *time_ns)
{
    struct events_cursor cursor = {event, event};
    struct events_prefix prefix;
    while (cursor.at > line && cursor.at[-1] != '@' && cursor.at[-1] != ' ')
        cursor.at--;
    if (cursor.at > line && cursor.at[-1] == '@' && events_take_time(&cursor, &prefix.time)) {
        *time_ns = (int64_t)prefix.time;
        return cursor.at + 1 == event;
    }
    cursor.at = line;
    if (trace_clock_take(&cursor.at, event, time_ns)) {
        *time_ns = trace_clock_continue(last_ns, *time_ns);
        return true;
    }
    if (!events_take_prefix(&cursor, &prefix) || prefix.is_counted)
        return false;
    *time_ns = (int64_t)prefix.time;
    return true;
}

// `NAME 0x55d0`, or `NAME 8`.
static bool take_argument(struct events_cursor *cursor, const char *name,
                          struct columns_field *field, int64_t *value)
{
    const char *word;
    events_skip_blanks(cursor);
    size_t length = events_take_word(cursor, &word);
    if (!columns_field_is(&(struct columns_field){word, length}, name))
        return false;
    events_skip_blanks(cursor);
    field->length = events_take_word(cursor, &field->text);
    bool hex = field->length > 2 && field->text[1] == 'x';
    return hex ? trace_text_hex(field->text, field->length, value)
               : trace_text_number(field->text, field->length, value);
}

static bool take_arguments(struct events_cursor *cursor, struct qemu_event *event)
{
    struct columns_field unused;
    return take_argument(cursor, "vdev", &event->device, &event->device_at) &&
           take_argument(cursor, "req", &unused, &event->request_at) &&
           (event->kind >= QEMU_DATA_DONE ||
            (take_argument(cursor, "sector", &unused, &event->sector) &&
             take_argument(cursor, "nsectors", &unused, &event->sectors) &&
             event->sectors <= UINT32_MAX &&
             event->sector <= INT64_MAX / QEMU_SECTOR_BYTES - event->sectors));
}

static enum qemu_kind kind_of(const char *event, const char *end)
{
    const struct events_cursor cursor = {event, end};
    enum qemu_kind kind = QEMU_READS;
    while (kind < QEMU_OTHER && !events_starts_with(&cursor, event_names[kind]))
        kind++;
    return kind;
}

static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    struct trace_lines lines = {.text = (const char *)head};
    const char *end = lines.text + length;
    for (; lines.text < end; lines.text += lines.length + 1) {
        const char *newline = memchr(lines.text, '\n', (size_t)(end - lines.text));
        lines.length = (size_t)((newline != NULL ? newline : end) - lines.text);
        const char *event = find_event(&lines);
        if (event != NULL && kind_of(event, lines.text + lines.length) <= QEMU_WRITES)
            return true;
    }
    return false;
}

// The slot of an event's request; NULL: out of memory.
static struct trace_map_slot *find_slot(struct qemu_reader *reader, const struct qemu_event *event)
{
    return trace_map_slot(&reader->index, (uint64_t)event->request_at,
                          (uint32_t)(event->device_at >> 4));
}

// A free place among the pending ones; TRACE_MAP_NONE: there is no memory, or too many wait.
static uint32_t find_place(struct qemu_reader *reader)
{
    uint32_t place = reader->free_place;
    if (place != TRACE_MAP_NONE) {
        reader->free_place = reader->pending[place].volume;
        return place;
    }
    if (reader->count == reader->capacity) {
        uint32_t capacity = reader->capacity == 0 ? 64 : 2 * reader->capacity;
        struct trace_request *pending =
            capacity > QEMU_PENDING_MAX
                ? NULL
                : realloc(reader->pending, capacity * sizeof *reader->pending);
        if (pending == NULL)
            return TRACE_MAP_NONE;
        reader->pending = pending;
        reader->capacity = capacity;
    }
    return reader->count++;
}

// The request, whose place is free then.
static struct trace_request take_pending(struct qemu_reader *reader, uint32_t place)
{
    struct trace_request request = reader->pending[place];
    reader->pending[place] =
        (struct trace_request){.latency_ns = QEMU_FREE, .volume = reader->free_place};
    reader->free_place = place;
    return request;
}

// TRACE_REQUEST: another one at its address was never completed, or there is no room for it: that
// is the one to hand on.
static enum trace_result begin(struct qemu_reader *reader, const struct qemu_event *event,
                               struct trace_request *request, struct trace_error *error)
{
    struct trace_request begun = {
        .arrival_ns = event->time_ns,
        .latency_ns = TRACE_LATENCY_UNKNOWN,
        .offset = (uint64_t)event->sector * QEMU_SECTOR_BYTES,
        .bytes = (uint64_t)event->sectors * QEMU_SECTOR_BYTES,
        .op = event->kind == QEMU_READS ? TRACE_READ : TRACE_WRITE,
    };
    reader->zero_bytes += begun.bytes == 0;
    trace_lines_count(&reader->lines, begun.bytes > 0 ? TRACE_LINE_TAKEN : TRACE_LINE_EMPTY);
    begun.volume = trace_volumes_intern(&reader->flow.context->volumes, event->device.text,
                                        event->device.length, error);
    if (begun.volume == TRACE_VOLUME_NONE)
        return TRACE_ERROR;
    struct trace_map_slot *slot = find_slot(reader, event);
    bool waits = slot != NULL && slot->value != TRACE_MAP_NONE;
    uint32_t place = slot == NULL ? TRACE_MAP_NONE : waits ? slot->value : find_place(reader);
    *request = waits ? reader->pending[place] : begun;
    if (place != TRACE_MAP_NONE)
        reader->pending[place] = begun;
    if (place != TRACE_MAP_NONE && !waits)
        trace_map_fill(&reader->index, slot, (uint64_t)event->request_at,
                       (uint32_t)(event->device_at >> 4), place);
    if ((place != TRACE_MAP_NONE && !waits) || request->bytes == 0)
        return TRACE_END;
    reader->unpaired++;
    return TRACE_REQUEST;
}

static enum trace_result end(struct qemu_reader *reader, const struct qemu_event *event,
                             struct trace_request *request)
{
    struct trace_map_slot *slot = find_slot(reader, event);
    if (slot == NULL || slot->value == TRACE_MAP_NONE) {
        reader->unclaimed += event->kind == QEMU_DATA_DONE;
        trace_lines_count(&reader->lines, event->kind == QEMU_DATA_DONE ? TRACE_LINE_TAKEN
                                                                        : TRACE_LINE_OTHER_EVENT);
        return TRACE_END;
    }
    trace_lines_count(&reader->lines, TRACE_LINE_TAKEN);
    *request = take_pending(reader, slot->value);
    trace_map_clear(&reader->index, slot);
    if (event->time_ns >= request->arrival_ns)
        request->latency_ns = event->time_ns - request->arrival_ns;
    return request->bytes > 0 ? TRACE_REQUEST : TRACE_END;
}

// Those in flight at the end.
static enum trace_result drain(struct qemu_reader *reader, struct trace_request *request)
{
    reader->ended = true;
    while (reader->drained < reader->count) {
        *request = reader->pending[reader->drained++];
        if (request->latency_ns == QEMU_FREE || request->bytes == 0)
            continue;
        reader->unpaired++;
        return TRACE_REQUEST;
    }
    return TRACE_END;
}

// A line that is no event of virtio-blk: of QEMU, of a guest's console.
static void take_alien(struct qemu_reader *reader)
{
    const struct trace_lines *lines = &reader->lines;
    bool about = lines->length == 0 || lines->text[0] == '#' || reader->events == 0;
    bool other = memchr(lines->text, '@', lines->length) != NULL;
    trace_lines_count(&reader->lines, about   ? TRACE_LINE_ABOUT
                                      : other ? TRACE_LINE_OTHER_EVENT
                                              : TRACE_LINE_OTHER);
    if (about || other)
        return;
    reader->alien_first = reader->aliens == 0 ? lines->number : reader->alien_first;
    reader->aliens++;
}

static enum trace_result fail_event(const struct qemu_reader *reader, const char *event,
                                    const char *expected, struct trace_error *error)
{
    const struct trace_lines *lines = &reader->lines;
    trace_lines_fail(lines, "1", event, (size_t)(lines->text + lines->length - event), expected,
                     error);
    return TRACE_ERROR;
}

static enum trace_result take_line(struct qemu_reader *reader, struct trace_request *request,
                                   struct trace_error *error)
{
    const struct trace_lines *lines = &reader->lines;
    const char *text = find_event(lines);
    const char *line_end = lines->text + lines->length;
    struct qemu_event event = {.kind = QEMU_OTHER};
    if (text != NULL)
        event.kind = kind_of(text, line_end);
    if (event.kind == QEMU_OTHER) {
        if (text == NULL)
            take_alien(reader);
        else
            trace_lines_count(&reader->lines, TRACE_LINE_OTHER_EVENT);
        return TRACE_END;
    }
    if (!take_time(lines->text, text, &reader->last_ns, &event.time_ns))
        return fail_event(reader, text,
                          "a time before it, as in 12345@1700000000.123456:virtio_blk_handle_read: "
                          "start QEMU with -msg timestamp=on",
                          error);
    struct events_cursor cursor = {text + strlen(event_names[event.kind]), line_end};
    if (!take_arguments(&cursor, &event))
        return fail_event(reader, text,
                          event.kind >= QEMU_DATA_DONE
                              ? "vdev ADDRESS req ADDRESS"
                              : "vdev ADDRESS req ADDRESS sector N nsectors N, below 2^63 bytes",
                          error);
    reader->events++;
    return event.kind >= QEMU_DATA_DONE ? end(reader, &event, request)
                                        : begin(reader, &event, request, error);
}

static enum trace_result next_request(void *opaque, struct trace_request *request,
                                      struct trace_error *error)
{
    struct qemu_reader *reader = opaque;
    enum trace_result result = TRACE_END;
    while (!reader->ended && result == TRACE_END) {
        result = trace_lines_next(&reader->lines, error);
        if (result == TRACE_END)
            break;
        if (result == TRACE_REQUEST)
            result = take_line(reader, request, error);
    }
    return result == TRACE_END ? drain(reader, request) : result;
}

static bool start(void *opaque, struct trace_error *error)
{
    struct qemu_reader *reader = opaque;
    (void)error;
    reader->lines.input = &reader->flow.input;
    reader->flow.lines = &reader->lines;
    reader->free_place = TRACE_MAP_NONE;
    return true;
}

static void fork_reader(void *opaque)
{
    struct qemu_reader *reader = opaque;
    reader->index = (struct trace_map){0};
    reader->pending = NULL;
    reader->count = 0;
    reader->capacity = 0;
    reader->free_place = TRACE_MAP_NONE;
}

static void report(void *opaque)
{
    struct qemu_reader *reader = opaque;
    struct trace_notices *notices = &reader->flow.context->notices;
    const char *path = reader->flow.input.path;
    trace_flow_report_late(&reader->flow);
    trace_notices_set(notices, "other-lines", path, reader->aliens,
                      "%llu lines, the first in line %llu, are no events of QEMU; they were passed "
                      "over.",
                      (unsigned long long)reader->aliens, (unsigned long long)reader->alien_first);
    trace_notices_count(notices, "zero-bytes", path, reader->zero_bytes,
                        "requests without bytes were skipped.");
    trace_notices_count(notices, "no-completion", path, reader->unpaired,
                        "requests have no completion in the log; their latency is unknown.");
    trace_notices_count(notices, "no-arrival", path, reader->unclaimed,
                        "completions are of requests that are not in the log; a few in flight at "
                        "its beginning are normal.");
    trace_lines_report(&reader->lines, notices);
}

static void stop(void *opaque)
{
    struct qemu_reader *reader = opaque;
    trace_map_free(&reader->index);
    free(reader->pending);
}

static const struct trace_flow_source source = {
    .what = "a log of QEMU",
    .bytes = sizeof(struct qemu_reader),
    .start = start,
    .next = next_request,
    .report = report,
    .stop = stop,
    .fork = fork_reader,
};

const struct trace_format trace_format_qemu = {
    .name = "qemu",
    .known_by = "QEMU's log of the trace events virtio_blk_handle_* and virtio_blk_rw_complete",
    .recognise = recognise,
    .kind = &trace_reader_flow,
    .how = &source,
};
