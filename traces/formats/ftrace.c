// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's tracepoints block_bio_* and block_rq_* as text, printed by ftrace, trace-cmd report
// or perf script:
//     COMM-PID [CPU] FLAGS SECONDS: EVENT: ...
//     COMM PID [CPU] SECONDS: block:EVENT: ...
// with more columns from some. What all have in common is [CPU], then the time with a colon, then
// the event; a name before that may hold anything.
#include "traces/events/event_text.h"

#include <stdio.h>
#include <string.h>

#define FLAGS_BYTES_MAX 16

struct ftrace_source {
    struct events_text text;
    bool gap; // events were lost before the next one
    uint64_t lost;
    uint64_t losses;
    uint64_t nameless; // N with bytes
};

// What stands in the line of an event.
enum ftrace_shape {
    FTRACE_BIO,   // OPERATION SECTOR + SECTORS [...]
    FTRACE_BEGUN, // OPERATION BYTES (COMMAND) SECTOR + SECTORS ... [NAME]
    FTRACE_ENDED, // OPERATION (COMMAND) SECTOR + SECTORS ... [ERROR]
    FTRACE_SPLIT, // OPERATION SECTOR / SECTOR [NAME]
};

// A remap is no arrival: its bio follows with a block_bio_queue of its own.
static const struct ftrace_event {
    const char *name;
    enum blktrace_action action;
    enum ftrace_shape shape;
} events[] = {
    {"block_bio_queue:", BLKTRACE_QUEUE, FTRACE_BIO},
    {"block_rq_issue:", BLKTRACE_ISSUE, FTRACE_BEGUN},
    {"block_rq_complete:", BLKTRACE_COMPLETE, FTRACE_ENDED},
    {"block_bio_complete:", BLKTRACE_COMPLETE, FTRACE_BIO},
    {"block_rq_requeue:", BLKTRACE_REQUEUE, FTRACE_ENDED},
    {"block_split:", BLKTRACE_SPLIT, FTRACE_SPLIT},
};
#define FTRACE_EVENT_COUNT (sizeof events / sizeof events[0])

// A short word such as "d..1.". The limit bounds the work on a hostile line, most of which could be
// taken for flags again and again.
static bool take_flags(struct events_cursor *cursor)
{
    struct events_cursor start = *cursor;
    const char *flags;
    if (start.end - start.at > FLAGS_BYTES_MAX)
        start.end = start.at + FLAGS_BYTES_MAX;
    size_t length = events_take_word(&start, &flags);
    cursor->at = start.at;
    return length < FLAGS_BYTES_MAX;
}

// `[CPU] FLAGS SECONDS:` at the cursor, where the flags may be missing.
static bool take_time(struct events_cursor *cursor, struct blktrace_record *record)
{
    struct events_cursor at = *cursor;
    int64_t cpu;
    if (!events_take(&at, '[') || !events_take_number(&at, UINT32_MAX, &cpu) ||
        !events_take(&at, ']'))
        return false;
    events_skip_blanks(&at);
    if (at.at < at.end && !events_is_digit(*at.at) && !take_flags(&at))
        return false;
    if (!events_take_time(&at, &record->time_ns) || !events_take(&at, ':'))
        return false;
    record->cpu = (uint32_t)cpu;
    *cursor = at;
    return true;
}

// Everything before the event's name. False: this is no line of an event.
static bool take_prefix(struct events_cursor *cursor, struct blktrace_record *record)
{
    for (;;) {
        const char *bracket = memchr(cursor->at, '[', (size_t)(cursor->end - cursor->at));
        if (bracket == NULL)
            return false;
        cursor->at = bracket;
        if (take_time(cursor, record))
            return true;
        cursor->at++;
    }
}

// The event, past its name; NULL: none that matters. perf may print a period before it.
static const struct ftrace_event *take_event(struct events_cursor *cursor)
{
    static const char system[] = "block:";
    const char *word;
    events_skip_blanks(cursor);
    if (cursor->at < cursor->end && events_is_digit(*cursor->at)) {
        events_take_word(cursor, &word);
        events_skip_blanks(cursor);
    }
    if (events_starts_with(cursor, system))
        cursor->at += sizeof system - 1;
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
    if (!take_name(cursor))
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

static enum events_line parse_event(struct ftrace_source *source, const struct ftrace_event *event,
                                    struct events_cursor *cursor, struct trace_error *error)
{
    struct blktrace_record *record = &source->text.record;
    const char *letters;
    record->action = (uint16_t)event->action;
    if (!events_take_device(cursor, &record->device))
        return events_text_expected(&source->text, cursor, "the device as MAJOR,MINOR", error);
    events_skip_blanks(cursor);
    size_t length = events_take_word(cursor, &letters);
    if (!events_text_operation(&source->text, letters, length))
        return EVENTS_LINE_PASSED;
    const char *expected = take_body(cursor, record, event->shape);
    if (expected != NULL)
        return events_text_expected(&source->text, cursor, expected, error);
    name_operation(source, letters, length);
    record->after_gap = source->gap;
    source->gap = false;
    return EVENTS_LINE_RECORD;
}

// A line that is no event's. `CPU:3 [LOST 17 EVENTS]` (ftrace), `CPU:3 [17 EVENTS DROPPED]`
// (trace-cmd): an unknown number is at least 1.
static enum events_line parse_other(struct ftrace_source *source, struct events_cursor cursor)
{
    static const char *const known[] = {"#", "cpus=", "version = ", "CPU ", "trace-cmd "};
    int64_t lost = 1;
    events_skip_blanks(&cursor);
    if (cursor.at == cursor.end)
        return EVENTS_LINE_PASSED;
    if (events_starts_with(&cursor, "CPU:")) {
        while (cursor.at < cursor.end && *cursor.at != '[')
            cursor.at++;
        while (cursor.at < cursor.end && !events_is_digit(*cursor.at))
            cursor.at++;
        events_take_number(&cursor, INT32_MAX, &lost);
        source->lost += (uint64_t)lost;
        source->losses++;
        source->gap = true;
        return EVENTS_LINE_PASSED;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (events_starts_with(&cursor, known[i]))
            return EVENTS_LINE_PASSED;
    return EVENTS_LINE_ALIEN;
}

static enum events_line parse(struct events_text *text, const struct trace_events_wanted *wanted,
                              struct trace_error *error)
{
    struct ftrace_source *source = (struct ftrace_source *)text;
    struct events_cursor cursor = events_text_cursor(text);
    (void)wanted;
    if (!take_prefix(&cursor, &text->record))
        return parse_other(source, events_text_cursor(text));
    const struct ftrace_event *event = take_event(&cursor);
    return event == NULL ? EVENTS_LINE_PASSED : parse_event(source, event, &cursor, error);
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

static const struct events_syntax syntax = {
    .what = "text of perf script, trace-cmd or ftrace",
    .line = "... [CPU] SECONDS: block_rq_issue: ... or another event of the block layer",
    .bytes = sizeof(struct ftrace_source),
    .parse = parse,
    .report = report,
};

const struct trace_format trace_format_ftrace = {
    .name = "ftrace",
    .known_by = "block_rq_* and block_bio_* as perf script, trace-cmd report or ftrace print them",
    .recognise = events_text_recognise,
    .kind = &trace_reader_event_text,
    .how = &syntax,
};
