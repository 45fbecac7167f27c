// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/event_prefix.h"

#include "traces/input/clock_text.h"

#include <string.h>

#define FLAGS_BYTES_MAX 16
#define PID_DIGITS_MAX 10

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

// `SECONDS:`, or a count.
static bool take_clock(struct events_cursor *cursor, struct events_prefix *prefix)
{
    struct events_cursor at = *cursor;
    int64_t count;
    prefix->is_counted = !events_take_time(&at, &prefix->time);
    if (prefix->is_counted) {
        if (!events_take_number(&at, INT64_MAX, &count))
            return false;
        prefix->time = (uint64_t)count;
    }
    if (!events_take(&at, ':'))
        return false;
    *cursor = at;
    return true;
}

// `[CPU] FLAGS SECONDS:` at the cursor, where the flags may be missing.
static bool take_time(struct events_cursor *cursor, struct events_prefix *prefix)
{
    struct events_cursor at = *cursor;
    int64_t cpu;
    if (!events_take(&at, '[') || !events_take_number(&at, UINT32_MAX, &cpu) ||
        !events_take(&at, ']'))
        return false;
    events_skip_blanks(&at);
    if (at.at < at.end && !events_is_digit(*at.at) && !take_flags(&at))
        return false;
    if (!take_clock(&at, prefix))
        return false;
    prefix->cpu = (uint32_t)cpu;
    *cursor = at;
    return true;
}

static bool take_bracketed(struct events_cursor *cursor, struct events_prefix *prefix)
{
    struct events_cursor at = *cursor;
    for (;;) {
        const char *bracket = memchr(at.at, '[', (size_t)(at.end - at.at));
        if (bracket == NULL)
            return false;
        at.at = bracket;
        if (take_time(&at, prefix)) {
            prefix->who = cursor->at;
            prefix->who_length = (size_t)(bracket - cursor->at);
            *cursor = at;
            return true;
        }
        at.at++;
    }
}

// The CPU before the flags, "1d.h1."; a plain number is a process.
static uint32_t leading_cpu(const char *word, size_t length)
{
    struct events_cursor at = {word, word + length};
    int64_t cpu;
    bool known = length > 0 && length < FLAGS_BYTES_MAX && events_is_digit(*word) &&
                 events_take_number(&at, UINT32_MAX - 1, &cpu) && at.at < at.end;
    return known ? (uint32_t)cpu : BLKTRACE_CPU_UNKNOWN;
}

// Without brackets the time is the first word of the kind that is not the line's first.
static bool take_plain(struct events_cursor *cursor, struct events_prefix *prefix)
{
    struct events_cursor at = *cursor;
    const char *before = NULL;
    size_t before_length = 0;
    for (;;) {
        events_skip_blanks(&at);
        struct events_cursor word = at;
        if (before != NULL && at.at < at.end && events_is_digit(*at.at) &&
            take_clock(&word, prefix) && !prefix->is_counted) {
            prefix->cpu = leading_cpu(before, before_length);
            prefix->who = cursor->at;
            prefix->who_length = (size_t)(before - cursor->at) +
                                 (prefix->cpu == BLKTRACE_CPU_UNKNOWN ? before_length : 0);
            *cursor = word;
            return true;
        }
        before_length = events_take_word(&at, &before);
        if (before_length == 0)
            return false;
    }
}

// `(+230)`, and perf's period.
static void skip_between(struct events_cursor *cursor)
{
    const char *word;
    events_skip_blanks(cursor);
    if (events_starts_with(cursor, "(+")) {
        events_take_word(cursor, &word);
        events_skip_blanks(cursor);
    }
    struct events_cursor number = *cursor;
    int64_t period;
    if (events_take_number(&number, INT64_MAX, &period) && number.at < number.end &&
        *number.at == ' ')
        *cursor = number;
    events_skip_blanks(cursor);
}

// babeltrace's, up to the event; HOST may be missing. The CPU is among the event's fields.
static bool take_babeltrace(struct events_cursor *cursor, struct events_prefix *prefix)
{
    struct events_cursor at = *cursor;
    const char *word;
    int64_t time_ns;
    if (!events_take(&at, '['))
        return false;
    prefix->is_of_day = trace_clock_take(&at.at, at.end, &time_ns);
    if (prefix->is_of_day)
        prefix->time = (uint64_t)time_ns;
    if ((!prefix->is_of_day && !events_take_time(&at, &prefix->time)) || !events_take(&at, ']'))
        return false;
    events_skip_blanks(&at);
    if (events_starts_with(&at, "(+")) {
        events_take_word(&at, &word);
        events_skip_blanks(&at);
    }
    struct events_cursor host = at;
    size_t length = events_take_word(&host, &word);
    if (memchr(word, ':', length) == NULL)
        at = host;
    events_skip_blanks(&at);
    prefix->cpu = BLKTRACE_CPU_UNKNOWN;
    prefix->is_counted = false;
    *cursor = at;
    return true;
}

bool events_take_prefix(struct events_cursor *cursor, struct events_prefix *prefix)
{
    prefix->is_of_day = false;
    prefix->who = NULL;
    if (cursor->at < cursor->end && *cursor->at == '[' && take_babeltrace(cursor, prefix))
        return true;
    prefix->is_of_day = false;
    if (!take_bracketed(cursor, prefix) && !take_plain(cursor, prefix))
        return false;
    skip_between(cursor);
    return true;
}

static void trim_end(struct events_cursor *who)
{
    while (who->end > who->at && who->end[-1] == ' ')
        who->end--;
}

// Takes the digits that end it, before blanks; false: there are none.
static bool take_last_number(struct events_cursor *who, int64_t *number)
{
    trim_end(who);
    struct events_cursor digits = *who;
    const char *start = digits.end;
    while (start > digits.at && events_is_digit(start[-1]) && digits.end - start < PID_DIGITS_MAX)
        start--;
    digits.at = start;
    who->end = start;
    return events_take_number(&digits, UINT32_MAX, number);
}

int64_t events_prefix_thread(const struct events_prefix *prefix, struct events_cursor *name)
{
    struct events_cursor who = {prefix->who, prefix->who + prefix->who_length};
    int64_t pid, process;
    if (prefix->who == NULL)
        return 0;
    trim_end(&who);
    if (who.end > who.at && who.end[-1] == ')') {
        while (who.end > who.at && *--who.end != '(')
            continue;
    }
    if (!take_last_number(&who, &pid))
        return 0;
    if (who.end > who.at && who.end[-1] == '/') {
        who.end--;
        if (!take_last_number(&who, &process))
            return 0;
    }
    if (who.end > who.at && *--who.end != '-' && *who.end != ' ')
        return 0;
    trim_end(&who);
    events_skip_blanks(&who);
    if (name != NULL)
        *name = who;
    return pid;
}
