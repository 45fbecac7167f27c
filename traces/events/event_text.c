// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/event_text.h"

#include "traces/events/order.h"

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
    text->is_unsorted = context->is_unsorted;
    text->threads = context->threads;
    text->last_ns = INT64_MIN;
    text->lines.input = &text->input;
    text->lines.keeps_cut = true;
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

static void show_place(const void *source, char *place, size_t size)
{
    const struct events_text *text = source;
    snprintf(place, size, "%s: line %llu", text->input.path,
             (unsigned long long)text->lines.number);
}

// Times never decrease, as in a binary trace.
static enum trace_result hold_time(struct events_text *text, struct trace_error *error)
{
    struct blktrace_record *record = &text->record;
    int64_t time_ns = (int64_t)record->time_ns;
    text->records++;
    if (text->is_unsorted)
        return TRACE_REQUEST;
    if (time_ns < text->last_ns) {
        // Both are times of a recording, of which none lies far below 0.
        int64_t step_ns = text->last_ns - (time_ns < 0 ? 0 : time_ns);
        bool starts_over = record->sequence > 0 && record->device == text->last_device &&
                           record->cpu == text->last_cpu && record->sequence <= text->last_sequence;
        if (events_order_is_other(step_ns, starts_over)) {
            char place[600];
            show_place(text, place, sizeof place);
            return events_order_fail(place, record, step_ns, error);
        }
        text->backwards++;
        if (step_ns > text->backwards_max_ns)
            text->backwards_max_ns = step_ns;
        record->time_ns = (uint64_t)text->last_ns;
    }
    text->last_ns = (int64_t)record->time_ns;
    text->last_device = record->device;
    text->last_cpu = record->cpu;
    text->last_sequence = record->sequence;
    return TRACE_REQUEST;
}

static const enum trace_line became[] = {
    [EVENTS_LINE_RECORD] = TRACE_LINE_TAKEN,      [EVENTS_LINE_ABOUT] = TRACE_LINE_ABOUT,
    [EVENTS_LINE_EVENT] = TRACE_LINE_OTHER_EVENT, [EVENTS_LINE_OPERATION] = TRACE_LINE_OPERATION,
    [EVENTS_LINE_ALIEN] = TRACE_LINE_OTHER,
};

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
        if (trace_lines_cut(lines) > 0 && kind != EVENTS_LINE_ABOUT) {
            text->cut_line = lines->number;
            // A bracket ends a name or an error, behind all numbers.
            text->cut_lost = kind != EVENTS_LINE_RECORD || lines->text[lines->length - 1] != ']';
            if (text->cut_lost) {
                trace_lines_count(&text->lines, TRACE_LINE_CUT);
                return TRACE_END;
            }
        }
        if (kind == EVENTS_LINE_BAD)
            return TRACE_ERROR;
        trace_lines_count(&text->lines, became[kind]);
        if (kind == EVENTS_LINE_ALIEN)
            count_alien(text);
        if (kind == EVENTS_LINE_RECORD)
            return hold_time(text, error);
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

static const struct trace_lines *lines_of(const void *source)
{
    const struct events_text *text = source;
    return &text->lines;
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
                      "%llu records are earlier than the one before them, by up to %lld ns; they "
                      "are taken to be at the same time.",
                      (unsigned long long)text->backwards, (long long)text->backwards_max_ns);
    trace_notices_count(notices, "wrapped-time", path, text->wrapped,
                        "records are before blkparse's first one, which it prints as 2^64 ns less "
                        "a bit, the seconds cut to 32 bits (1266874889.7); they are taken to be "
                        "where they were.");
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

// Behind the end of a line.
static size_t align(const uint8_t *bytes, size_t length)
{
    const uint8_t *newline = memchr(bytes, '\n', length);
    return newline != NULL ? (size_t)(newline - bytes) + 1 : length;
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
        .align = align,
        .place = show_place,
        .origin_ns = origin_ns,
        .lines = lines_of,
        .report = report,
        .consumed = consumed,
        .close = close_source,
    };
    return trace_events_open(context, &source, how, error);
}

const struct trace_reader_kind trace_reader_event_text = TRACE_EVENTS_KIND(open_reader);
