// SPDX-License-Identifier: GPL-2.0-or-later
// What blkparse prints by default: a header that is the same for all events,
//     MAJOR,MINOR CPU SEQUENCE SECONDS.NANOSECONDS PID ACTION OPERATION
// and a tail by action, between `Input file` lines and the statistics at the end. What ftrace's
// tracers `blk_classic` and `blk` print is the same but for the header:
//     MAJOR,MINOR CPU SECONDS.NANOSECONDS PID ACTION OPERATION
//     COMM-PID [CPU] FLAGS SECONDS: MAJOR,MINOR ACTION OPERATION
//
// The text tells less than the records: lengths are rounded to sectors, and an arriving flush has
// no sector unless a remap just before it on the same CPU shows it.
#include "traces/blktrace/sequences.h"
#include "traces/events/event_prefix.h"
#include "traces/formats/blkparse_layout.h"

#include <string.h>

struct blkparse_source {
    struct events_text text;
    struct blktrace_sequences sequences;
    bool whole;      // there are actions that nobody would keep who filters: gaps are losses
    bool statistics; // they have begun
    // The last remap, if it has no bytes: the flush that follows it on its CPU has its sector.
    bool remapped;
    uint32_t remap_cpu;
    uint64_t remap_offset;
    int64_t pid; // of the line
};

#define FILTERED_ACTIONS (1 << BLKTRACE_QUEUE | 1 << BLKTRACE_ISSUE | 1 << BLKTRACE_COMPLETE)
#define TAIL_ACTIONS (FILTERED_ACTIONS | 1 << BLKTRACE_REQUEUE | 1 << BLKTRACE_SPLIT) // are read

static enum events_line check_sequence(struct blkparse_source *source, struct trace_error *error)
{
    struct blktrace_record *record = &source->text.record;
    const char *wrong;
    source->whole = source->whole || (FILTERED_ACTIONS >> blktrace_record_action(record) & 1) == 0;
    if (!source->whole)
        return EVENTS_LINE_RECORD;
    source->sequences.start_anywhere = true;
    if (blktrace_sequences_check(&source->sequences, record, &wrong))
        return EVENTS_LINE_RECORD;
    trace_error_set(error, "%s: line %llu: %s", source->text.input.path,
                    (unsigned long long)source->text.lines.number, wrong);
    return EVENTS_LINE_BAD;
}

// SECTOR + SECTORS
static bool take_extent(struct events_cursor *cursor, struct blktrace_record *record)
{
    if (!events_take_sector(cursor, &record->offset))
        return false;
    events_skip_blanks(cursor);
    if (!events_take(cursor, '+'))
        return true;
    return events_take_sectors(cursor, &record->bytes) &&
           record->offset <= (uint64_t)INT64_MAX - record->bytes;
}

// What is in parentheses, and the name or error in brackets that ends a line.
static bool take_enclosed(struct events_cursor *cursor, char open, char close)
{
    events_skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != open)
        return false;
    const char *end = memchr(cursor->at, close, (size_t)(cursor->end - cursor->at));
    if (end == NULL)
        return false;
    cursor->at = end + 1;
    return true;
}

static bool take_name(struct events_cursor *cursor)
{
    events_skip_blanks(cursor);
    return cursor->at < cursor->end && *cursor->at == '[' && cursor->end[-1] == ']';
}

// C and R: `SECTOR + SECTORS [ERROR]`, `SECTOR [ERROR]`; of a command passed through `(PDU)
// [ERROR]` or `[ERROR]`.
static bool take_ended(struct events_cursor *cursor, struct blktrace_record *record)
{
    events_skip_blanks(cursor);
    if (cursor->at < cursor->end && (*cursor->at == '(' || *cursor->at == '[')) {
        record->category |= BLKTRACE_PASSTHROUGH;
        take_enclosed(cursor, '(', ')');
        return take_name(cursor);
    }
    if (!take_extent(cursor, record))
        return false;
    take_enclosed(cursor, '(', ')');
    return take_name(cursor);
}

// Q and D: `SECTOR + SECTORS [NAME]`, `[NAME]`; of a command passed through `BYTES (PDU) [NAME]` or
// `BYTES [NAME]`.
static bool take_begun(struct events_cursor *cursor, struct blktrace_record *record)
{
    events_skip_blanks(cursor);
    if (cursor->at < cursor->end && events_is_digit(*cursor->at)) {
        const char *start = cursor->at;
        if (!take_extent(cursor, record))
            return false;
        if (memchr(start, '+', (size_t)(cursor->at - start)) == NULL)
            record->category |= BLKTRACE_PASSTHROUGH;
    }
    take_enclosed(cursor, '(', ')');
    return take_name(cursor);
}

// X: `SECTOR / SECTOR [NAME]`
static bool take_split(struct events_cursor *cursor, struct blktrace_record *record)
{
    if (!events_take_sector(cursor, &record->offset))
        return false;
    events_skip_blanks(cursor);
    return events_take(cursor, '/') && events_take_sector(cursor, &record->split_at) &&
           take_name(cursor);
}

// What is lost in the text: the sector of a flush that arrives.
static void place_flush(struct blkparse_source *source)
{
    struct blktrace_record *record = &source->text.record;
    if (blktrace_record_action(record) != BLKTRACE_QUEUE || record->bytes > 0 ||
        !blktrace_record_has(record, BLKTRACE_FLUSH))
        return;
    if (source->remapped && source->remap_cpu == record->cpu)
        record->offset = source->remap_offset;
    else
        source->text.flushes_nowhere++;
}

static enum events_line take_tail(struct blkparse_source *source, struct events_cursor *cursor,
                                  struct trace_error *error)
{
    static const char begun[] = "SECTOR + SECTORS [NAME] below 2^63 bytes";
    static const char ended[] = "SECTOR + SECTORS [ERROR] below 2^63 bytes";
    struct blktrace_record *record = &source->text.record;
    struct events_cursor start = *cursor;
    switch (blktrace_record_action(record)) {
    case BLKTRACE_COMPLETE:
    case BLKTRACE_REQUEUE:
        return take_ended(cursor, record)
                   ? EVENTS_LINE_RECORD
                   : events_text_expected(&source->text, &start, ended, error);
    case BLKTRACE_SPLIT:
        return take_split(cursor, record)
                   ? EVENTS_LINE_RECORD
                   : events_text_expected(&source->text, &start, "SECTOR / SECTOR [NAME]", error);
    default:
        if (!take_begun(cursor, record))
            return events_text_expected(&source->text, &start, begun, error);
        events_text_thread(&source->text, source->pid, cursor->at + 1,
                           (size_t)(cursor->end - cursor->at) - 2);
        place_flush(source);
        return EVENTS_LINE_RECORD;
    }
}

// Negative numbers are those above 2^31.
static bool take_sequence(struct events_cursor *cursor, uint32_t *sequence)
{
    int64_t number;
    events_skip_blanks(cursor);
    bool negative = events_take(cursor, '-');
    if (!events_take_number(cursor, UINT32_MAX, &number))
        return false;
    *sequence = negative ? 0 - (uint32_t)number : (uint32_t)number;
    return true;
}

// From the CPU to the process. NULL: they are read, else what was expected at the cursor.
static const char *take_header(struct events_cursor *cursor, struct blktrace_record *record,
                               int64_t *pid)
{
    int64_t cpu;
    if (!events_take_number(cursor, UINT32_MAX, &cpu))
        return "the number of a CPU";
    record->cpu = (uint32_t)cpu;
    struct events_cursor time = *cursor;
    if (events_take_time(&time, &record->time_ns)) // blk_classic has no number
        *cursor = time;
    else if (!take_sequence(cursor, &record->sequence))
        return "a sequence number";
    else if (!events_take_time(cursor, &record->time_ns))
        return "SECONDS.NANOSECONDS";
    return events_take_number(cursor, UINT32_MAX, pid) ? NULL : "the number of a process";
}

// NULL: it is read, else what was expected at the cursor.
static const char *take_action(struct events_cursor *cursor, struct blktrace_record *record,
                               bool *message)
{
    const char *letters;
    events_skip_blanks(cursor);
    struct events_cursor start = *cursor;
    size_t length = events_take_word(cursor, &letters);
    *message = length == 1 && *letters == 'm';
    record->action = (uint16_t)events_action(letters, length);
    if (record->action > 0 || *message)
        return NULL;
    *cursor = start;
    return "an action, one of Q M F G S R D C P U UT I X B A m";
}

// Where a remap goes, which is where a flush does on the next line on its CPU.
static void take_remap(struct blkparse_source *source, struct events_cursor cursor,
                       const char *letters, size_t length)
{
    struct blktrace_record *record = &source->text.record;
    uint64_t unknown = source->text.unknown_operations;
    if (blktrace_record_action(record) == BLKTRACE_REMAP) {
        bool whole = take_extent(&cursor, record);
        source->remapped = whole && record->bytes == 0;
        if (whole)
            events_take_remap(&cursor, record);
        source->remap_cpu = record->cpu;
        source->remap_offset = record->offset;
        // What it is matters only where it is known.
        if (!whole || !events_text_operation(&source->text, letters, length))
            record->bytes = 0;
        source->text.unknown_operations = unknown;
    } else if (source->remap_cpu == record->cpu) {
        source->remapped = false;
    }
}

// The device at the start of an event; the tracer `blk` has everything else before it.
static bool take_start(struct events_cursor *cursor, struct blkparse_source *source,
                       bool *is_tracer)
{
    struct blktrace_record *record = &source->text.record;
    struct events_cursor at = *cursor;
    struct events_prefix prefix;
    *is_tracer = !events_take_device(&at, &record->device);
    if (*is_tracer) {
        events_skip_blanks(&at);
        if (events_starts_with(&at, "#") || !events_take_prefix(&at, &prefix) ||
            prefix.is_counted || !events_take_device(&at, &record->device))
            return false;
        record->time_ns = prefix.time;
        record->cpu = prefix.cpu;
        source->pid = events_prefix_thread(&prefix, NULL);
    }
    *cursor = at;
    return at.at < at.end && *at.at == ' ';
}

static enum events_line parse(struct events_text *text, const struct trace_events_wanted *wanted,
                              struct trace_error *error)
{
    struct blkparse_source *source = (struct blkparse_source *)text;
    struct blktrace_record *record = &text->record;
    struct events_cursor cursor = events_text_cursor(text);
    const char *letters;
    bool message;
    bool is_tracer;
    if (!take_start(&cursor, source, &is_tracer))
        return blkparse_lines_other(events_text_cursor(text), &source->statistics);
    if (source->statistics)
        return blkparse_lines_after_end(text, error);
    const char *expected = is_tracer ? NULL : take_header(&cursor, record, &source->pid);
    if (expected == NULL)
        expected = take_action(&cursor, record, &message);
    if (expected != NULL)
        return events_text_expected(text, &cursor, expected, error);
    if (message)
        return EVENTS_LINE_EVENT;
    events_text_unwrap(text);
    enum events_line kind =
        record->sequence > 0 ? check_sequence(source, error) : EVENTS_LINE_RECORD;
    if (kind != EVENTS_LINE_RECORD)
        return kind;
    events_skip_blanks(&cursor);
    size_t length = events_take_word(&cursor, &letters);
    unsigned needed = (wanted->actions | 1U << BLKTRACE_ISSUE) & TAIL_ACTIONS;
    if ((needed >> record->action & 1) != 0) {
        if (!events_text_operation(text, letters, length))
            return EVENTS_LINE_OPERATION;
        kind = take_tail(source, &cursor, error);
    }
    take_remap(source, cursor, letters, length);
    return kind;
}

static void stop(struct events_text *text)
{
    blktrace_sequences_free(&((struct blkparse_source *)text)->sequences);
}

static void report(const struct events_text *text, struct trace_notices *notices)
{
    const struct blkparse_source *source = (const struct blkparse_source *)text;
    blktrace_sequences_report(&source->sequences, text->file->path, notices);
}

static const struct events_syntax syntax = {
    .what = "text of blkparse",
    .line = "MAJOR,MINOR CPU SEQUENCE SECONDS.NANOSECONDS PID ACTION OPERATION ...",
    .bytes = sizeof(struct blkparse_source),
    .stop = stop,
    .parse = parse,
    .report = report,
};

const struct trace_format trace_format_blkparse = {
    .name = "blkparse",
    .known_by = "what blkparse prints by default",
    .wanted = TRACE_EVENTS_WANTED,
    .recognise = events_text_recognise,
    .kind = &trace_reader_event_text,
    .how = &syntax,
};
