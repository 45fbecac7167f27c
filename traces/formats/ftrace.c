// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's tracepoints block_bio_* and block_rq_* as text, printed by ftrace, trace-cmd report
// perf script or, of LTTng, babeltrace:
//     COMM-PID [CPU] FLAGS SECONDS: EVENT: ...
//     COMM PID [CPU] SECONDS: block:EVENT: ...
// and other beginnings (events/event_prefix.h).
#include "traces/events/event_prefix.h"
#include "traces/formats/ftrace_fields.h"
#include "traces/input/clock_text.h"
#include "traces/map.h"

#include <stdio.h>
#include <string.h>

#define LINE_SHOWN_MAX 80
#define STARTS_MAX (1 << 18) // more than are ever in flight: there is no block_io_done

struct ftrace_source {
    struct events_text text;
    bool gap; // events were lost before the next one
    uint64_t lost;
    uint64_t losses;
    uint64_t nameless; // N with bytes
    int64_t count_ns;  // of a clock that counts; 0: not known
    int64_t last_ns;   // of a line before, if times are those of a day
    unsigned seen;     // bit: of this action there is a better event
    // The bytes of requests that have been started, by sector and device, as long as
    // block_rq_complete has not told them.
    struct trace_map starts;
};

// What stands in the line of an event.
enum ftrace_shape {
    FTRACE_BIO,   // OPERATION SECTOR + SECTORS [...]
    FTRACE_BEGUN, // OPERATION BYTES (COMMAND) SECTOR + SECTORS ... [NAME]
    FTRACE_ENDED, // OPERATION (COMMAND) SECTOR + SECTORS ... [ERROR]
    FTRACE_SPLIT, // OPERATION SECTOR / SECTOR [NAME]
    FTRACE_REMAP, // OPERATION SECTOR + SECTORS <- (MAJOR,MINOR) SECTOR
};

static const struct ftrace_event {
    const char *name; // behind block_
    enum blktrace_action action;
    enum ftrace_shape shape;
    bool is_io; // tells the same, and less, as the one that is better, if that was recorded
    bool is_better;
} events[] = {
    {"bio_queue:", BLKTRACE_QUEUE, FTRACE_BIO, .is_better = true},
    {"rq_issue:", BLKTRACE_ISSUE, FTRACE_BEGUN, false, false},
    {"rq_complete:", BLKTRACE_COMPLETE, FTRACE_ENDED, .is_better = true},
    {"bio_complete:", BLKTRACE_COMPLETE, FTRACE_BIO, false, false},
    {"rq_requeue:", BLKTRACE_REQUEUE, FTRACE_ENDED, false, false},
    {"split:", BLKTRACE_SPLIT, FTRACE_SPLIT, false, false},
    {"bio_remap:", BLKTRACE_REMAP, FTRACE_REMAP, false, false},
    {"rq_remap:", BLKTRACE_REMAP, FTRACE_REMAP, false, false},
    {"io_start:", BLKTRACE_QUEUE, FTRACE_BEGUN, .is_io = true},
    {"io_done:", BLKTRACE_COMPLETE, FTRACE_BEGUN, .is_io = true},
};
#define FTRACE_EVENT_COUNT (sizeof events / sizeof events[0])

// The event, past its name; NULL: none that matters.
static const struct ftrace_event *take_event(struct events_cursor *cursor)
{
    static const char system[] = "block:", prefix[] = "block_";
    if (events_starts_with(cursor, system))
        cursor->at += sizeof system - 1;
    if (!events_starts_with(cursor, prefix))
        return NULL;
    cursor->at += sizeof prefix - 1;
    for (size_t i = 0; i < FTRACE_EVENT_COUNT; i++) {
        if (events_starts_with(cursor, events[i].name)) {
            cursor->at += strlen(events[i].name);
            return &events[i];
        }
    }
    return NULL;
}

// `(COMMAND)`; stores whether there is one, which is a command passed through to the device.
static bool take_command(struct events_cursor *cursor, bool *command)
{
    events_skip_blanks(cursor);
    if (!events_take(cursor, '('))
        return false;
    const char *close = memchr(cursor->at, ')', (size_t)(cursor->end - cursor->at));
    if (close == NULL)
        return false;
    events_skip_blanks(cursor);
    *command = cursor->at < close;
    cursor->at = close + 1;
    return true;
}

static bool take_extent(struct events_cursor *cursor, struct blktrace_record *record,
                        enum ftrace_shape shape)
{
    bool split = shape == FTRACE_SPLIT;
    if (!events_take_sector(cursor, &record->offset))
        return false;
    events_skip_blanks(cursor);
    if (!events_take(cursor, split ? '/' : '+'))
        return false;
    return split ? events_take_sector(cursor, &record->split_at)
                 : events_take_sectors(cursor, &record->bytes) &&
                       record->offset <= (uint64_t)INT64_MAX - record->bytes;
}

// The name or error that ends the line; before it may stand a priority, such as `none,0,0`.
static bool take_name(struct events_cursor *cursor)
{
    while (cursor->end > cursor->at && (cursor->end[-1] == ' ' || cursor->end[-1] == '\t'))
        cursor->end--;
    return cursor->at < cursor->end && cursor->end[-1] == ']' &&
           memchr(cursor->at, '[', (size_t)(cursor->end - cursor->at)) != NULL;
}

// What follows the operation; NULL: it is read, else what was expected at the cursor.
static const char *take_body(struct events_cursor *cursor, struct blktrace_record *record,
                             enum ftrace_shape shape)
{
    bool request = shape == FTRACE_BEGUN || shape == FTRACE_ENDED;
    bool command = false;
    int64_t bytes = 0;
    if (shape == FTRACE_BEGUN && !events_take_number(cursor, UINT32_MAX, &bytes))
        return "the number of bytes";
    if (request && !take_command(cursor, &command))
        return "(COMMAND)";
    events_skip_blanks(cursor);
    struct events_cursor start = *cursor;
    if (!take_extent(cursor, record, shape)) {
        *cursor = start;
        return shape == FTRACE_SPLIT ? "SECTOR / SECTOR" : "SECTOR + SECTORS below 2^63 bytes";
    }
    if (shape == FTRACE_REMAP)
        events_take_remap(cursor, record);
    else if (!take_name(cursor))
        return "[NAME] or [ERROR] at the end of the line";
    // Without a sector count it is a flush, or none of the volume's data.
    bool flush_or_write = blktrace_record_has(record, BLKTRACE_FLUSH | BLKTRACE_WRITE);
    if (request && (command || (record->bytes == 0 && (bytes > 0 || !flush_or_write))))
        record->category |= BLKTRACE_PASSTHROUGH;
    return NULL;
}

// Operations that have no letter of their own: the kernel prints N for writing zeroes, among
// others.
static void name_operation(struct ftrace_source *source, const char *letters, size_t length)
{
    struct blktrace_record *record = &source->text.record;
    if (length == 0 || letters[0] != 'N' || record->bytes == 0)
        return;
    record->category |= BLKTRACE_WRITE;
    source->nameless += blktrace_record_action(record) != BLKTRACE_COMPLETE;
}

// A request's end is shown without its length: it is that of its start.
static bool restore_length(struct ftrace_source *source, const struct ftrace_event *event)
{
    struct blktrace_record *record = &source->text.record;
    struct trace_map *starts = &source->starts;
    if (event->action != BLKTRACE_COMPLETE) {
        if (starts->used >= STARTS_MAX)
            trace_map_free(starts);
        // Without memory for it, its end is not known.
        if ((source->seen >> BLKTRACE_COMPLETE & 1) == 0 &&
            !blktrace_record_has(record, BLKTRACE_PASSTHROUGH))
            trace_map_put(starts, record->offset, record->device, record->bytes);
        return true;
    }
    struct trace_map_slot *slot =
        starts->used > 0 ? trace_map_find(starts, record->offset, record->device) : NULL;
    if (slot == NULL || slot->value == TRACE_MAP_NONE)
        return false;
    record->bytes = slot->value;
    record->category &= (uint16_t)~BLKTRACE_PASSTHROUGH;
    trace_map_clear(starts, slot);
    return true;
}

// What all events come to once their line is read.
static enum events_line finish(struct ftrace_source *source, const struct ftrace_event *event,
                               const char *letters, size_t length)
{
    if (event->is_better)
        source->seen |= 1U << event->action;
    if ((event->is_io || event->action == BLKTRACE_ISSUE) && !restore_length(source, event))
        return EVENTS_LINE_EVENT;
    name_operation(source, letters, length);
    source->text.record.after_gap = source->gap;
    source->gap = false;
    return EVENTS_LINE_RECORD;
}

static enum events_line parse_fields(struct ftrace_source *source, const struct ftrace_event *event,
                                     struct events_cursor *cursor, struct trace_error *error)
{
    struct blktrace_record *record = &source->text.record;
    char letters[FTRACE_LETTERS_MAX + 1];
    bool is_split = event->shape == FTRACE_SPLIT;
    if (!ftrace_fields_take(*cursor, is_split, record, letters))
        return events_text_expected(&source->text, cursor,
                                    "dev=, sector=, nr_sector= (new_sector=) and rwbs=, below "
                                    "2^63 bytes",
                                    error);
    if (!events_text_operation(&source->text, letters, strlen(letters)))
        return EVENTS_LINE_OPERATION;
    if (record->bytes == 0 && !is_split &&
        !blktrace_record_has(record, BLKTRACE_FLUSH | BLKTRACE_WRITE))
        record->category |= BLKTRACE_PASSTHROUGH;
    return finish(source, event, letters, strlen(letters));
}

static enum events_line parse_event(struct ftrace_source *source, const struct ftrace_event *event,
                                    struct events_cursor *cursor, struct trace_error *error)
{
    struct blktrace_record *record = &source->text.record;
    const char *letters;
    record->action = (uint16_t)event->action;
    events_skip_blanks(cursor);
    if (events_starts_with(cursor, "dev=") || events_starts_with(cursor, "{"))
        return parse_fields(source, event, cursor, error);
    if (!events_take_device(cursor, &record->device))
        return events_text_expected(&source->text, cursor, "the device as MAJOR,MINOR", error);
    events_skip_blanks(cursor);
    size_t length = events_take_word(cursor, &letters);
    if (!events_text_operation(&source->text, letters, length))
        return EVENTS_LINE_OPERATION;
    const char *expected = take_body(cursor, record, event->shape);
    if (expected != NULL)
        return events_text_expected(&source->text, cursor, expected, error);
    return finish(source, event, letters, length);
}

// A line that is no event's. `CPU:3 [LOST 17 EVENTS]` (ftrace), `CPU:3 [17 EVENTS DROPPED]`
// (trace-cmd): an unknown number is at least 1.
static enum events_line parse_other(struct ftrace_source *source, struct events_cursor cursor)
{
    static const char *const known[] = {"#", "cpus=", "version = ", "CPU ", "trace-cmd "};
    int64_t lost = 1;
    events_skip_blanks(&cursor);
    if (cursor.at == cursor.end)
        return EVENTS_LINE_ABOUT;
    if (events_starts_with(&cursor, "CPU:")) {
        while (cursor.at < cursor.end && *cursor.at != '[')
            cursor.at++;
        while (cursor.at < cursor.end && !events_is_digit(*cursor.at))
            cursor.at++;
        events_take_number(&cursor, INT32_MAX, &lost);
        source->lost += (uint64_t)lost;
        source->losses++;
        source->gap = true;
        return EVENTS_LINE_ABOUT;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (events_starts_with(&cursor, known[i]))
            return EVENTS_LINE_ABOUT;
    return EVENTS_LINE_ALIEN;
}

// Another event has a name with a colon, and is no loss.
static bool is_event(struct events_cursor cursor)
{
    const char *word;
    size_t length = events_take_word(&cursor, &word);
    return length > 1 && memchr(word, ':', length) != NULL;
}

static enum events_line fail_clock(const struct events_text *text, struct trace_error *error)
{
    int shown = text->lines.length < LINE_SHOWN_MAX ? (int)text->lines.length : LINE_SHOWN_MAX;
    trace_error_set(error,
                    "%s: line %llu: found \"%.*s\", expected times in seconds: this clock only "
                    "counts (trace_clock: counter, uptime, x86-tsc); record with another (echo "
                    "mono >trace_clock), or say how long a count is, as --layout clock=1ms",
                    text->input.path, (unsigned long long)text->lines.number, shown,
                    text->lines.text);
    return EVENTS_LINE_BAD;
}

// False: the unit is unknown.
static bool take_time(struct ftrace_source *source, const struct events_prefix *prefix)
{
    int64_t unit_ns = prefix->is_counted ? source->count_ns : 1;
    if (prefix->is_of_day) {
        source->text.record.time_ns =
            (uint64_t)trace_clock_continue(&source->last_ns, (int64_t)prefix->time);
        return true;
    }
    bool known = unit_ns > 0 && prefix->time <= (uint64_t)INT64_MAX / (uint64_t)unit_ns;
    source->text.record.time_ns = known ? prefix->time * (uint64_t)unit_ns : 0;
    return known || source->text.file == NULL; // NULL: it is only to be recognised
}

// The layout may be `clock=` and the time of a count.
static bool start(struct events_text *text, const struct trace_context *context,
                  struct trace_error *error)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    struct ftrace_source *source = (struct ftrace_source *)text;
    struct events_cursor at;
    int64_t number;
    if (context->layout == NULL)
        return true;
    at = (struct events_cursor){context->layout, context->layout + strlen(context->layout)};
    if (events_starts_with(&at, "clock=")) {
        at.at += strlen("clock=");
        bool is_number = events_take_number(&at, 1000000, &number);
        for (size_t i = 0; is_number && i < sizeof units / sizeof units[0]; i++)
            if (strcmp(at.at, units[i].name) == 0)
                source->count_ns = number * units[i].ns;
    }
    if (source->count_ns > 0)
        return true;
    trace_error_set(error,
                    "%s: layout \"%.80s\": expected how long a count of the clock is, such as "
                    "clock=1ms or clock=10ns",
                    text->file->path, context->layout);
    return false;
}

// Before the event, or of LTTng among its fields.
static void take_thread(struct events_text *text, const struct events_prefix *prefix,
                        struct events_cursor line)
{
    struct events_cursor name = {line.at, line.at};
    int64_t pid = prefix->who != NULL ? events_prefix_thread(prefix, &name)
                                      : ftrace_fields_thread(line, &name);
    events_text_thread(text, pid, name.at, (size_t)(name.end - name.at));
}

static enum events_line parse(struct events_text *text, const struct trace_events_wanted *wanted,
                              struct trace_error *error)
{
    struct ftrace_source *source = (struct ftrace_source *)text;
    struct events_cursor cursor = events_text_cursor(text);
    (void)wanted;
    struct events_prefix prefix;
    if (!events_take_prefix(&cursor, &prefix))
        return parse_other(source, events_text_cursor(text));
    const struct ftrace_event *event = take_event(&cursor);
    if (event == NULL)
        return is_event(cursor) ? EVENTS_LINE_EVENT : EVENTS_LINE_ALIEN;
    if (event->is_io && (source->seen >> event->action & 1) != 0)
        return EVENTS_LINE_EVENT;
    text->record.cpu = prefix.cpu;
    if (!take_time(source, &prefix))
        return fail_clock(text, error);
    enum events_line kind = parse_event(source, event, &cursor, error);
    if (kind == EVENTS_LINE_RECORD && event->action == BLKTRACE_QUEUE && text->threads != NULL)
        take_thread(text, &prefix, events_text_cursor(text));
    return kind;
}

static void report(const struct events_text *text, struct trace_notices *notices)
{
    const struct ftrace_source *source = (const struct ftrace_source *)text;
    trace_notices_set(notices, "events-lost", text->file->path, source->lost,
                      "%llu events were lost in %llu places, as the text says; what they told is "
                      "not in this trace.",
                      (unsigned long long)source->lost, (unsigned long long)source->losses);
    trace_notices_count(notices, "nameless-operation", text->file->path, source->nameless,
                        "records have bytes, but N for an operation, as for writing zeroes; "
                        "they are taken to be writes.");
}

static void stop(struct events_text *text)
{
    trace_map_free(&((struct ftrace_source *)text)->starts);
}

static const struct events_syntax syntax = {
    .what = "text of perf script, trace-cmd or ftrace",
    .line = "... [CPU] SECONDS: block_rq_issue: ... or another event of the block layer",
    .bytes = sizeof(struct ftrace_source),
    .start = start,
    .stop = stop,
    .parse = parse,
    .report = report,
};

const struct trace_format trace_format_ftrace = {
    .name = "ftrace",
    .known_by = "block_rq_* and block_bio_* as perf script, trace-cmd report, ftrace or babeltrace "
                "print them",
    .wanted = TRACE_EVENTS_WANTED,
    .recognise = events_text_recognise,
    .kind = &trace_reader_event_text,
    .how = &syntax,
};
