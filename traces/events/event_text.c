// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/event_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES_MAX 40

static bool start(struct events_text *text, const struct trace_context *context,
                  struct trace_error *error)
{
    const struct trace_files *files = context->files;
    if (files->count != 1) {
        trace_error_set(error, "%s and %zu more: %s is one file; open them one by one",
                        files->items[0].path, files->count - 1, text->syntax->what);
        return false;
    }
    text->file = &files->items[0];
    text->lines.input = &text->input;
    return trace_input_open(&text->input, text->file, error) &&
           (text->syntax->start == NULL || text->syntax->start(text, context, error));
}

static void count_alien(struct events_text *text)
{
    const struct trace_lines *lines = &text->lines;
    if (text->aliens++ > 0)
        return;
    int shown = lines->length < SHOWN_BYTES_MAX ? (int)lines->length : SHOWN_BYTES_MAX;
    text->alien_first = lines->number;
    snprintf(text->alien_text, sizeof text->alien_text, "%.*s%s", shown, lines->text,
             lines->length > SHOWN_BYTES_MAX ? "..." : "");
}

// Times never decrease, as in a binary trace.
static void hold_time(struct events_text *text)
{
    struct blktrace_record *record = &text->record;
    text->records++;
    if (record->time_ns < text->last_ns) {
        uint64_t step_ns = text->last_ns - record->time_ns;
        text->backwards++;
        if (step_ns > text->backwards_max_ns)
            text->backwards_max_ns = step_ns;
        record->time_ns = text->last_ns;
    }
    text->last_ns = record->time_ns;
}

// The next record, whether it is wanted or not.
static enum trace_result read_record(struct events_text *text,
                                     const struct trace_events_wanted *wanted,
                                     struct trace_error *error)
{
    const struct trace_lines *lines = &text->lines;
    for (;;) {
        enum trace_result result = trace_lines_next(&text->lines, error);
        if (result != TRACE_REQUEST)
            return result;
        text->record = (struct blktrace_record){0};
        enum events_line kind = text->syntax->parse(text, wanted, error);
        if (trace_lines_cut(lines) > 0 && kind != EVENTS_LINE_PASSED) {
            text->cut_line = lines->number;
            text->cut_lost = kind != EVENTS_LINE_RECORD;
            if (text->cut_lost)
                return TRACE_END;
        }
        if (kind == EVENTS_LINE_BAD)
            return TRACE_ERROR;
        if (kind == EVENTS_LINE_ALIEN)
            count_alien(text);
        if (kind == EVENTS_LINE_RECORD) {
            hold_time(text);
            return TRACE_REQUEST;
        }
    }
}

// Reads the first record, for the origin.
static bool read_first(struct events_text *text, struct trace_error *error)
{
    static const struct trace_events_wanted everything = {.actions = UINT32_MAX};
    enum trace_result result = read_record(text, &everything, error);
    text->held = result == TRACE_REQUEST;
    if (result == TRACE_END && text->aliens > 0) {
        trace_error_set(error, "%s: line %llu: found \"%s\", expected %s%s, as on no line",
                        text->input.path, (unsigned long long)text->alien_first, text->alien_text,
                        text->syntax->line, text->alien_wrong);
        return false;
    }
    text->origin_ns = text->held ? (int64_t)text->record.time_ns : 0;
    return result != TRACE_ERROR;
}

static void close_source(void *source)
{
    struct events_text *text = source;
    if (text == NULL)
        return;
    if (text->syntax->stop != NULL)
        text->syntax->stop(text);
    trace_input_close(&text->input);
    free(text);
}

static void *open_source(const struct trace_context *context, const void *how,
                         struct trace_error *error)
{
    const struct events_syntax *syntax = how;
    struct events_text *text = calloc(1, syntax->bytes);
    if (text == NULL) {
        trace_error_no_memory(error);
        return NULL;
    }
    text->syntax = syntax;
    if (!start(text, context, error) || !read_first(text, error)) {
        close_source(text);
        return NULL;
    }
    return text;
}

static enum trace_result next_record(void *source, const struct trace_events_wanted *wanted,
                                     const struct blktrace_record **record,
                                     struct trace_error *error)
{
    struct events_text *text = source;
    bool held = text->held;
    text->held = false;
    *record = &text->record;
    if (held && trace_events_want(wanted, &text->record))
        return TRACE_REQUEST;
    enum trace_result result;
    do {
        result = read_record(text, wanted, error);
    } while (result == TRACE_REQUEST && !trace_events_want(wanted, &text->record));
    return result;
}

static int64_t origin_ns(const void *source)
{
    const struct events_text *text = source;
    return text->origin_ns;
}

static uint64_t consumed(const void *source)
{
    const struct events_text *text = source;
    return trace_input_consumed(&text->input);
}

static void report(const void *source, struct trace_notices *notices)
{
    const struct events_text *text = source;
    const char *path = text->file->path;
    trace_notices_set(notices, "truncated", path, text->cut_line > 0,
                      "The file ends within line %llu, which has no line end; it is %s.",
                      (unsigned long long)text->cut_line,
                      text->cut_lost ? "lost" : "read as far as it goes");
    trace_notices_set(notices, "time-backwards", path, text->backwards,
                      "%llu records are earlier than the one before them, by up to %llu ns; they "
                      "are taken to be at the same time.",
                      (unsigned long long)text->backwards,
                      (unsigned long long)text->backwards_max_ns);
    trace_notices_set(notices, "other-lines", path, text->aliens,
                      "%llu lines are no events and are passed over, the first of them line %llu: "
                      "\"%s\".",
                      (unsigned long long)text->aliens, (unsigned long long)text->alien_first,
                      text->alien_text);
    trace_notices_count(notices, "unknown-operation", path, text->unknown_operations,
                        "records are of an operation that is no read, write, discard or flush; "
                        "they are skipped.");
    trace_notices_count(notices, "flush-nowhere", path, text->flushes_nowhere,
                        "flushes have no sector in the text; they are taken to be at sector 0, "
                        "and the latency of those that were elsewhere is unknown.");
    if (text->syntax->report != NULL)
        text->syntax->report(text, notices);
}

bool events_text_recognise(const void *how, const uint8_t *head, size_t length)
{
    const struct events_syntax *syntax = how;
    static const struct trace_events_wanted everything = {.actions = UINT32_MAX};
    static char nowhere[] = "";
    struct trace_error error;
    struct events_text *text = calloc(1, syntax->bytes);
    const char *at = (const char *)head;
    const char *end = at + length;
    bool found = false;
    if (text == NULL)
        return false;
    text->syntax = syntax;
    text->input.path = nowhere;
    while (at < end && !found) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        text->lines.text = at;
        text->lines.length = (size_t)(line_end - at);
        text->lines.length -= line_end > at && line_end[-1] == '\r';
        found = syntax->parse(text, &everything, &error) == EVENTS_LINE_RECORD;
        at = newline != NULL ? newline + 1 : end;
    }
    if (syntax->stop != NULL)
        syntax->stop(text);
    free(text);
    return found;
}

static void *open_reader(struct trace_context *context, const void *how, struct trace_error *error)
{
    static const struct trace_event_source source = {
        .open = open_source,
        .next = next_record,
        .origin_ns = origin_ns,
        .report = report,
        .consumed = consumed,
        .close = close_source,
    };
    return trace_events_open(context, &source, how, error);
}

const struct trace_reader_kind trace_reader_event_text = TRACE_EVENTS_KIND(open_reader);

// ---- The words that lines are made of ----

#define DEVICE_MAJOR_MAX 0xfff
#define DEVICE_MINOR_BITS 20
#define FOUND_BYTES_MAX 24
#define DIGITS_MAX 20

bool events_starts_with(const struct events_cursor *cursor, const char *start)
{
    size_t length = strlen(start);
    return (size_t)(cursor->end - cursor->at) >= length && memcmp(cursor->at, start, length) == 0;
}

bool events_take_number(struct events_cursor *cursor, int64_t limit, int64_t *number)
{
    events_skip_blanks(cursor);
    const char *start = cursor->at;
    const char *at = start;
    // No number is longer; a hostile line is not read to its end again and again.
    while (at < cursor->end && events_is_digit(*at) && at - start <= DIGITS_MAX)
        at++;
    if (!trace_text_number(start, (size_t)(at - start), number) || *number > limit)
        return false;
    cursor->at = at;
    return true;
}

bool events_take_device(struct events_cursor *cursor, uint32_t *device)
{
    struct events_cursor at = *cursor;
    int64_t major;
    int64_t minor;
    events_skip_blanks(cursor);
    if (!events_take_number(&at, DEVICE_MAJOR_MAX, &major) || !events_take(&at, ',') ||
        at.at == at.end || !events_is_digit(*at.at) ||
        !events_take_number(&at, (1 << DEVICE_MINOR_BITS) - 1, &minor))
        return false;
    *device = (uint32_t)major << DEVICE_MINOR_BITS | (uint32_t)minor;
    cursor->at = at.at;
    return true;
}

bool events_take_time(struct events_cursor *cursor, uint64_t *time_ns)
{
    events_skip_blanks(cursor);
    const char *at = cursor->at;
    const char *point = NULL;
    int64_t number;
    for (; at < cursor->end && (events_is_digit(*at) || (*at == '.' && point == NULL)); at++)
        point = *at == '.' ? at : point;
    if (point == NULL || point == cursor->at || point + 1 == at ||
        !trace_text_decimal(cursor->at, (size_t)(at - cursor->at), 9, &number))
        return false;
    *time_ns = (uint64_t)number;
    cursor->at = at;
    return true;
}

bool events_take_sector(struct events_cursor *cursor, uint64_t *offset)
{
    static const char none[] = "18446744073709551615";
    int64_t sector;
    if (events_take_number(cursor, INT64_MAX / BLKTRACE_SECTOR_BYTES, &sector)) {
        *offset = (uint64_t)sector * BLKTRACE_SECTOR_BYTES;
        return true;
    }
    if ((size_t)(cursor->end - cursor->at) < sizeof none - 1 ||
        memcmp(cursor->at, none, sizeof none - 1) != 0)
        return false;
    *offset = 0;
    cursor->at += sizeof none - 1;
    return true;
}

bool events_take_sectors(struct events_cursor *cursor, uint32_t *bytes)
{
    int64_t sectors;
    if (!events_take_number(cursor, UINT32_MAX / BLKTRACE_SECTOR_BYTES, &sectors))
        return false;
    *bytes = (uint32_t)sectors * BLKTRACE_SECTOR_BYTES;
    return true;
}

// An F before the operation is a flush before it; as the operation it is a flush of the device.
// What follows the operation (FUA, read-ahead, synchronous, metadata) does not matter here.
bool events_text_operation(struct events_text *text, const char *letters, size_t length)
{
    struct blktrace_record *record = &text->record;
    bool flush = length > 0 && letters[0] == 'F';
    record->category |= flush ? BLKTRACE_FLUSH : 0;
    switch (length > flush ? letters[flush] : 'F') {
    case 'D':
        record->category |= BLKTRACE_DISCARD | BLKTRACE_WRITE;
        return true;
    case 'W':
        record->category |= BLKTRACE_WRITE;
        return true;
    case 'R':
    case 'N':
        return true;
    case 'F':
        if (flush)
            return true;
        break;
    default:
        break;
    }
    text->unknown_operations++;
    return false;
}

enum events_line events_text_expected(const struct events_text *text,
                                      const struct events_cursor *cursor, const char *expected,
                                      struct trace_error *error)
{
    struct events_cursor at = *cursor;
    events_skip_blanks(&at);
    size_t left = (size_t)(at.end - at.at);
    int shown = left < FOUND_BYTES_MAX ? (int)left : FOUND_BYTES_MAX;
    trace_error_set(error, "%s: line %llu: column %zu: found \"%.*s%s\", expected %s",
                    text->input.path, (unsigned long long)text->lines.number,
                    (size_t)(at.at - text->lines.text) + 1, shown, at.at,
                    left > FOUND_BYTES_MAX ? "..." : "", expected);
    return EVENTS_LINE_BAD;
}

unsigned events_action(const char *letters, size_t length)
{
    // By the letter; of those that mean nothing here only that they are known.
    static const uint8_t actions['Z' - 'A' + 1] = {
        ['Q' - 'A'] = BLKTRACE_QUEUE,
        ['M' - 'A'] = 2,
        ['F' - 'A'] = 3,
        ['G' - 'A'] = 4,
        ['S' - 'A'] = 5,
        ['R' - 'A'] = BLKTRACE_REQUEUE,
        ['D' - 'A'] = BLKTRACE_ISSUE,
        ['C' - 'A'] = BLKTRACE_COMPLETE,
        ['P' - 'A'] = 9,
        ['U' - 'A'] = 10,
        ['T' - 'A'] = 11,
        ['I' - 'A'] = 12,
        ['X' - 'A'] = BLKTRACE_SPLIT,
        ['B' - 'A'] = 14,
        ['A' - 'A'] = BLKTRACE_REMAP,
    };
    if (length == 2 && letters[0] == 'U' && letters[1] == 'T')
        return 11;
    return length == 1 && letters[0] >= 'A' && letters[0] <= 'Z' ? actions[letters[0] - 'A'] : 0;
}
