// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/ftrace_fields.h"

#include <stdio.h>
#include <string.h>

// What follows `KEY=` or `KEY =`, up to the next blank; false: there is no such key.
static bool find_value(struct events_cursor line, const char *key, struct events_cursor *value)
{
    size_t length = strlen(key);
    while (line.at < line.end) {
        const char *word;
        events_skip_blanks(&line);
        size_t word_length = events_take_word(&line, &word);
        if (word_length < length || memcmp(word, key, length) != 0)
            continue;
        *value = (struct events_cursor){word + length, word + word_length};
        if (word_length == length) {
            events_skip_blanks(&line);
            *value = line;
        }
        if (!events_take(value, '='))
            continue;
        if (word_length == length)
            events_skip_blanks(value);
        const char *start = value->at;
        value->end = line.end;
        size_t found = events_take_word(value, &start);
        *value = (struct events_cursor){start, start + found};
        return found > 0;
    }
    return false;
}

static bool find_number(const struct events_cursor *line, const char *key, int64_t limit,
                        int64_t *number)
{
    struct events_cursor value;
    return find_value(*line, key, &value) && events_take_number(&value, limit, number);
}

// LTTng's bits.
#define LTTNG_WRITE (1 << 0)
#define LTTNG_DISCARD (1 << 1)
#define LTTNG_READ (1 << 2)
#define LTTNG_FLUSHES (1 << 8 | 1 << 10) // as an operation, and before one

static bool find_letters(const struct events_cursor *line, char letters[FTRACE_LETTERS_MAX + 1])
{
    struct events_cursor value;
    int64_t bits;
    if (!find_value(*line, "rwbs", &value) || value.end - value.at > FTRACE_LETTERS_MAX)
        return false;
    snprintf(letters, FTRACE_LETTERS_MAX + 1, "%.*s", (int)(value.end - value.at), value.at);
    if (!events_is_digit(*value.at))
        return true;
    if (!events_take_number(&value, UINT16_MAX, &bits))
        return false;
    snprintf(letters, FTRACE_LETTERS_MAX + 1, "%s%s", (bits & LTTNG_FLUSHES) != 0 ? "F" : "",
             (bits & LTTNG_DISCARD) != 0   ? "D"
             : (bits & LTTNG_WRITE) != 0   ? "W"
             : (bits & LTTNG_READ) != 0    ? "R"
             : (bits & LTTNG_FLUSHES) != 0 ? "F"
                                           : "N");
    return true;
}

bool ftrace_fields_take(struct events_cursor line, bool is_split, struct blktrace_record *record,
                        char letters[FTRACE_LETTERS_MAX + 1])
{
    struct events_cursor sector, extent;
    int64_t device, cpu;
    if (find_number(&line, "cpu_id", UINT32_MAX - 1, &cpu))
        record->cpu = (uint32_t)cpu;
    if (!find_number(&line, "dev", UINT32_MAX, &device) || !find_value(line, "sector", &sector) ||
        !events_take_sector(&sector, &record->offset) ||
        !find_value(line, is_split ? "new_sector" : "nr_sector", &extent) ||
        !find_letters(&line, letters))
        return false;
    record->device = (uint32_t)device;
    record->to_device = record->device;
    if (find_number(&line, "old_dev", UINT32_MAX, &device))
        record->from_device = (uint32_t)device;
    if (record->from_device != 0 && (!find_value(line, "old_sector", &sector) ||
                                     !events_take_sector(&sector, &record->from_offset)))
        record->from_offset = UINT64_MAX;
    return is_split ? events_take_sector(&extent, &record->split_at)
                    : events_take_sectors(&extent, &record->bytes) &&
                          record->offset <= (uint64_t)INT64_MAX - record->bytes;
}

int64_t ftrace_fields_thread(struct events_cursor line, struct events_cursor *name)
{
    struct events_cursor value;
    int64_t pid;
    if (!find_number(&line, "tid", UINT32_MAX, &pid))
        return 0;
    if (find_value(line, "comm", &value) || find_value(line, "procname", &value)) {
        value.end = line.end;
        bool is_quoted = events_take(&value, '"');
        const char *quote = memchr(value.at, '"', (size_t)(value.end - value.at));
        if (is_quoted && quote != NULL)
            *name = (struct events_cursor){value.at, quote};
    }
    return pid;
}
