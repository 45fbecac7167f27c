// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/blkparse_layout.h"

#include <stdio.h>
#include <string.h>

// The name of a process has 15 characters, packet data a few dozen, an action, an operation or a
// time of day less; a width may add blanks. Bounds the work on a hostile line.
#define LINE_BYTES_MAX 1024
#define WORD_BYTES_MAX 32
#define NUMBER_DIGITS_MAX 20
#define TRIES_MAX 2048

static const struct {
    char specifier;
    enum blkparse_kind kind;
} specifiers[] = {
    {'a', BLKPARSE_WORD},   {'c', BLKPARSE_NUMBER}, {'C', BLKPARSE_FREE},   {'d', BLKPARSE_WORD},
    {'D', BLKPARSE_DEVICE}, {'e', BLKPARSE_NUMBER}, {'m', BLKPARSE_NUMBER}, {'M', BLKPARSE_NUMBER},
    {'n', BLKPARSE_NUMBER}, {'N', BLKPARSE_NUMBER}, {'p', BLKPARSE_NUMBER}, {'P', BLKPARSE_FREE},
    {'s', BLKPARSE_NUMBER}, {'S', BLKPARSE_NUMBER}, {'t', BLKPARSE_NUMBER}, {'T', BLKPARSE_NUMBER},
    {'u', BLKPARSE_NUMBER}, {'U', BLKPARSE_NUMBER}, {'z', BLKPARSE_WORD},
};
#define SPECIFIER_COUNT (sizeof specifiers / sizeof specifiers[0])

static bool fail(const char *path, const char *layout, const char *text, struct trace_error *error)
{
    trace_error_set(error, "%s: layout \"%s\": %s", path, layout, text);
    return false;
}

static bool add(struct blkparse_layout *layout, struct blkparse_item item)
{
    if (layout->count == BLKPARSE_LAYOUT_ITEMS)
        return false;
    layout->items[layout->count++] = item;
    return true;
}

// The specifier behind a %, with its width, which only adds blanks. Returns what follows it; NULL:
// `wrong` says why.
static const char *add_specifier(struct blkparse_layout *layout, const char *at, char *wrong,
                                 size_t size)
{
    static const char known[] = "a c C d D e m M n N p P s S t T u U z";
    at += *at == '-';
    while (events_is_digit(*at))
        at++;
    size_t i = 0;
    while (i < SPECIFIER_COUNT && specifiers[i].specifier != *at)
        i++;
    if (i == SPECIFIER_COUNT) {
        snprintf(wrong, size, "found \"%%%.1s\", expected %% and one of %s", at, known);
        return NULL;
    }
    if (blkparse_layout_has(layout, *at)) {
        snprintf(wrong, size, "found %%%c twice, expected each specifier once", *at);
        return NULL;
    }
    layout->specifiers |= UINT64_C(1) << (*at - 'A');
    if (!add(layout, (struct blkparse_item){.specifier = *at, .kind = specifiers[i].kind})) {
        snprintf(wrong, size, "it is too long, expected at most %d specifiers and characters",
                 BLKPARSE_LAYOUT_ITEMS);
        return NULL;
    }
    return at + 1;
}

// One character between specifiers; an escape is two. Returns what follows; NULL as above.
static const char *add_literal(struct blkparse_layout *layout, const char *at, char *wrong,
                               size_t size)
{
    static const char escapes[] = "n\nt\tr\rb\b";
    char literal = *at++;
    if (literal == '\\' && *at != '\0') {
        const char *escape = strchr(escapes, *at);
        literal = escape != NULL && (escape - escapes) % 2 == 0 ? escape[1] : *at;
        at++;
    }
    literal = literal == '\t' ? ' ' : literal;
    if (literal == '\r' || literal == '\n') {
        if (*at == '\0' || *at == '\r' || *at == '\n' || strcmp(at, "\\n") == 0)
            return at;
        snprintf(wrong, size, "found a line end within it, expected one line for an event");
        return NULL;
    }
    if (add(layout, (struct blkparse_item){.literal = literal}))
        return at;
    snprintf(wrong, size, "it is too long, expected at most %d specifiers and characters",
             BLKPARSE_LAYOUT_ITEMS);
    return NULL;
}

// Without these a line is no event that could be replayed.
static bool suffices(const struct blkparse_layout *layout, char *wrong, size_t size)
{
    static const struct {
        char specifier;
        char instead;
        const char *what;
    } needed[] = {
        {'T', 'T', "%T (seconds)"},
        {'t', 't', "%t (nanoseconds)"},
        {'a', 'a', "%a (action)"},
        {'S', 'S', "%S (sector)"},
        {'n', 'N', "%n (sectors) or %N (bytes)"},
    };
    size_t used = (size_t)snprintf(wrong, size, "it lacks ");
    bool good = true;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (blkparse_layout_has(layout, needed[i].specifier) ||
            blkparse_layout_has(layout, needed[i].instead))
            continue;
        used +=
            (size_t)snprintf(wrong + used, size - used, "%s%s", good ? "" : ", ", needed[i].what);
        good = false;
    }
    snprintf(wrong + used, size - used,
             "; expected at least %%T %%t %%a %%S %%n, such as \"%%T.%%9t %%p %%a %%3d %%S %%n\"%s",
             blkparse_layout_has(layout, 'a')
                 ? ""
                 : "; lines without an action are read by format columns, each as a request");
    return good;
}

bool blkparse_layout_parse(struct blkparse_layout *layout, const char *text, const char *path,
                           struct trace_error *error)
{
    char wrong[400];
    const char *at = text;
    *layout = (struct blkparse_layout){0};
    while (at != NULL && *at != '\0') {
        if (at[0] == '%' && at[1] != '%')
            at = add_specifier(layout, at + 1, wrong, sizeof wrong);
        else
            at = add_literal(layout, at + (*at == '%'), wrong, sizeof wrong);
    }
    return (at != NULL && suffices(layout, wrong, sizeof wrong)) || fail(path, text, wrong, error);
}

static bool take_number(struct events_cursor *cursor, int64_t *number)
{
    events_skip_blanks(cursor);
    bool negative = events_take(cursor, '-');
    if (cursor->at == cursor->end || !events_is_digit(*cursor->at))
        return false;
    // Packet data printed as a number may be anything.
    const char *start = cursor->at;
    if (!events_take_number(cursor, INT64_MAX, number)) {
        while (cursor->at < cursor->end && events_is_digit(*cursor->at)) {
            if (cursor->at++ - start == NUMBER_DIGITS_MAX)
                return false;
        }
        *number = INT64_MAX;
    }
    *number = negative ? -*number : *number;
    return true;
}

// Up to a blank, or to what follows it in the layout.
static bool take_word(struct events_cursor *cursor, char next, const char **word, size_t *length)
{
    events_skip_blanks(cursor);
    *word = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != ' ' && *cursor->at != '\t' &&
           (next == '\0' || *cursor->at != next) && cursor->at - *word <= WORD_BYTES_MAX)
        cursor->at++;
    *length = (size_t)(cursor->at - *word);
    return *length > 0 && *length <= WORD_BYTES_MAX;
}

static bool take_item(const struct blkparse_item *item, char next, struct events_cursor *cursor,
                      struct blkparse_values *values)
{
    const char *word;
    size_t length;
    if (item->specifier == 0) {
        if (item->literal != ' ')
            return events_take(cursor, item->literal);
        events_skip_blanks(cursor);
        return true;
    }
    if (item->kind == BLKPARSE_NUMBER)
        return take_number(cursor, &values->numbers[item->specifier - 'A']);
    if (item->kind == BLKPARSE_DEVICE)
        return events_take_device(cursor, &values->device);
    if (!take_word(cursor, next, &word, &length))
        return false;
    if (item->specifier == 'a') {
        values->action = word;
        values->action_length = length;
    } else if (item->specifier == 'd') {
        values->operation = word;
        values->operation_length = length;
    }
    return true;
}

// Remembers how far it went.
static bool misfit(struct blkparse_values *values, size_t item, const struct events_cursor *cursor)
{
    if (values->misfit_at == NULL || item > values->misfit) {
        values->misfit = item;
        values->misfit_at = cursor->at;
    }
    return false;
}

// There are at most two free texts, so this is at most two deep.
static bool match_from(const struct blkparse_layout *layout, size_t first,
                       struct events_cursor cursor, struct blkparse_values *values)
{
    for (size_t i = first; i < layout->count; i++) {
        const struct blkparse_item *item = &layout->items[i];
        char next = i + 1 < layout->count ? layout->items[i + 1].literal : '\0';
        if (item->specifier != 0 && item->kind == BLKPARSE_FREE) {
            struct events_cursor rest = cursor;
            for (; values->tries++ < TRIES_MAX; rest.at++) {
                if (match_from(layout, i + 1, rest, values)) {
                    if (item->specifier == 'C')
                        values->name = (struct events_cursor){cursor.at, rest.at};
                    return true;
                }
                if (rest.at == rest.end)
                    break;
            }
            return false;
        }
        // A width pads on the right, too.
        if (item->specifier == 0 && item->literal != ' ' && i > 0 &&
            layout->items[i - 1].specifier != 0)
            events_skip_blanks(&cursor);
        if (!take_item(item, next, &cursor, values))
            return misfit(values, i, &cursor);
    }
    events_skip_blanks(&cursor);
    return cursor.at == cursor.end || misfit(values, layout->count, &cursor);
}

bool blkparse_layout_match(const struct blkparse_layout *layout, struct events_cursor line,
                           struct blkparse_values *values)
{
    *values = (struct blkparse_values){0};
    if (line.end - line.at > LINE_BYTES_MAX) {
        line.at += LINE_BYTES_MAX;
        return misfit(values, layout->count, &line);
    }
    bool fits = match_from(layout, 0, line, values);
    // On the way to a fit free texts may have been too short.
    if (fits)
        values->misfit_at = NULL;
    return fits;
}

enum events_line blkparse_lines_other(struct events_cursor line, bool *statistics)
{
    // The line `Input file NAME added` comes first, or last if it went to another stream.
    static const char *const passed[] = {"#", "Input file "};
    static const char *const begins[] = {"CPU", "Total (", "Reads Queued:"};
    events_skip_blanks(&line);
    if (line.at == line.end)
        return EVENTS_LINE_ABOUT;
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
        if (events_starts_with(&line, passed[i]))
            return EVENTS_LINE_ABOUT;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        *statistics = *statistics || events_starts_with(&line, begins[i]);
    return *statistics ? EVENTS_LINE_ABOUT : EVENTS_LINE_ALIEN;
}

enum events_line blkparse_lines_after_end(const struct events_text *text, struct trace_error *error)
{
    struct events_cursor line = events_text_cursor(text);
    return events_text_expected(text, &line,
                                "no event after the statistics: the outputs of several runs of "
                                "blkparse are several traces",
                                error);
}
