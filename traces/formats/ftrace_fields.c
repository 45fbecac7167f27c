// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/ftrace_fields.h"

#include <stdio.h>
#include <string.h>

enum key {
    KEY_CPU,
    KEY_DEVICE,
    KEY_SECTOR,
    KEY_SECTORS,
    KEY_SPLIT,
    KEY_LETTERS,
    KEY_OLD_DEVICE,
    KEY_OLD_SECTOR,
    KEY_THREAD,
    KEY_NAME,
    KEY_PROCESS,
    KEY_COUNT,
};

static const struct {
    const char *name;
    size_t length;
} keys[KEY_COUNT] = {
#define KEY(name)                                                                                  \
    {                                                                                              \
        name, sizeof name - 1                                                                      \
    }
    [KEY_CPU] = KEY("cpu_id"),         [KEY_DEVICE] = KEY("dev"),
    [KEY_SECTOR] = KEY("sector"),      [KEY_SECTORS] = KEY("nr_sector"),
    [KEY_SPLIT] = KEY("new_sector"),   [KEY_LETTERS] = KEY("rwbs"),
    [KEY_OLD_DEVICE] = KEY("old_dev"), [KEY_OLD_SECTOR] = KEY("old_sector"),
    [KEY_THREAD] = KEY("tid"),         [KEY_NAME] = KEY("comm"),
    [KEY_PROCESS] = KEY("procname"),
#undef KEY
};

// What follows each `KEY=` or `KEY =`, up to the next blank; of a key that is not there, nothing.
struct fields {
    struct events_cursor values[KEY_COUNT];
    bool found[KEY_COUNT];
};

static enum key find_key(const char *word, size_t length)
{
    enum key key = 0;
    while (key < KEY_COUNT &&
           (keys[key].length != length || memcmp(word, keys[key].name, length) != 0))
        key++;
    return key;
}

// The first of each key.
static void find_fields(struct events_cursor line, struct fields *fields)
{
    memset(fields, 0, sizeof *fields);
    for (events_skip_blanks(&line); line.at < line.end; events_skip_blanks(&line)) {
        const char *word;
        size_t length = events_take_word(&line, &word);
        const char *equals = memchr(word, '=', length);
        enum key key = find_key(word, equals != NULL ? (size_t)(equals - word) : length);
        if (key == KEY_COUNT || fields->found[key])
            continue;
        struct events_cursor value = {equals != NULL ? equals + 1 : line.at, line.end};
        if (equals == NULL) {
            events_skip_blanks(&value);
            if (!events_take(&value, '='))
                continue;
            events_skip_blanks(&value);
        }
        fields->found[key] = true;
        fields->values[key].at = value.at;
        fields->values[key].end = trace_text_blank(value.at, value.end);
    }
}

static bool take_value(const struct fields *fields, enum key key, struct events_cursor *value)
{
    *value = fields->values[key];
    return value->at < value->end;
}

static bool take_number(const struct fields *fields, enum key key, int64_t limit, int64_t *number)
{
    struct events_cursor value;
    return take_value(fields, key, &value) && events_take_number(&value, limit, number);
}

// LTTng's bits.
#define LTTNG_WRITE (1 << 0)
#define LTTNG_DISCARD (1 << 1)
#define LTTNG_READ (1 << 2)
#define LTTNG_FLUSHES (1 << 8 | 1 << 10) // as an operation, and before one

static bool take_letters(const struct fields *fields, char letters[FTRACE_LETTERS_MAX + 1])
{
    struct events_cursor value;
    int64_t bits;
    if (!take_value(fields, KEY_LETTERS, &value) || value.end - value.at > FTRACE_LETTERS_MAX)
        return false;
    memcpy(letters, value.at, (size_t)(value.end - value.at));
    letters[value.end - value.at] = '\0';
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
    struct fields fields;
    int64_t device, cpu;
    find_fields(line, &fields);
    if (take_number(&fields, KEY_CPU, UINT32_MAX - 1, &cpu))
        record->cpu = (uint32_t)cpu;
    if (!take_number(&fields, KEY_DEVICE, UINT32_MAX, &device) ||
        !take_value(&fields, KEY_SECTOR, &sector) ||
        !events_take_sector(&sector, &record->offset) ||
        !take_value(&fields, is_split ? KEY_SPLIT : KEY_SECTORS, &extent) ||
        !take_letters(&fields, letters))
        return false;
    record->device = (uint32_t)device;
    record->to_device = record->device;
    if (take_number(&fields, KEY_OLD_DEVICE, UINT32_MAX, &device))
        record->from_device = (uint32_t)device;
    if (record->from_device != 0 && (!take_value(&fields, KEY_OLD_SECTOR, &sector) ||
                                     !events_take_sector(&sector, &record->from_offset)))
        record->from_offset = UINT64_MAX;
    return is_split ? events_take_sector(&extent, &record->split_at)
                    : events_take_sectors(&extent, &record->bytes) &&
                          record->offset <= (uint64_t)INT64_MAX - record->bytes;
}

int64_t ftrace_fields_thread(struct events_cursor line, struct events_cursor *name)
{
    struct events_cursor value;
    struct fields fields;
    int64_t pid;
    find_fields(line, &fields);
    if (!take_number(&fields, KEY_THREAD, UINT32_MAX, &pid))
        return 0;
    if (take_value(&fields, KEY_NAME, &value) || take_value(&fields, KEY_PROCESS, &value)) {
        value.end = line.end;
        bool is_quoted = events_take(&value, '"');
        const char *quote = memchr(value.at, '"', (size_t)(value.end - value.at));
        if (is_quoted && quote != NULL)
            *name = (struct events_cursor){value.at, quote};
    }
    return pid;
}
