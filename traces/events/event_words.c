// SPDX-License-Identifier: GPL-2.0-or-later
// The words that lines of block events are made of.
#include "traces/events/event_text.h"

#include <string.h>

#define DEVICE_MAJOR_MAX 0xfff
#define DEVICE_MINOR_BITS 20
#define FOUND_BYTES_MAX 24

bool events_take_number(struct events_cursor *cursor, int64_t limit, int64_t *number)
{
    events_skip_blanks(cursor);
    uint64_t value = 0;
    const char *at = trace_text_digits(cursor->at, cursor->end, &value);
    bool longer = at < cursor->end && events_is_digit(*at);
    if (at == cursor->at || longer || value > (uint64_t)limit)
        return false;
    *number = (int64_t)value;
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

static const char *skip_digits(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t others = eight_no_digits(eight_load(at));
        if (others != 0)
            return at + eight_first(others);
    }
    while (at < end && events_is_digit(*at))
        at++;
    return at;
}

bool events_take_time(struct events_cursor *cursor, uint64_t *time_ns)
{
    events_skip_blanks(cursor);
    const char *point = skip_digits(cursor->at, cursor->end);
    const char *at = point;
    int64_t number;
    if (at < cursor->end && *at == '.')
        at = skip_digits(at + 1, cursor->end);
    if (point == cursor->at || point + 1 >= at ||
        !trace_text_decimal(cursor->at, (size_t)(at - cursor->at), 9, &number))
        return false;
    *time_ns = (uint64_t)number;
    cursor->at = at;
    return true;
}

// 2^64 ns, in seconds of 32 bits and nanoseconds.
#define WRAP_NS INT64_C(1266874889709551616)
#define WRAPPED_MAX_NS (INT64_C(3600) * 1000000000)

void events_text_unwrap(struct events_text *text)
{
    struct blktrace_record *record = &text->record;
    if (record->time_ns >= WRAP_NS || record->time_ns < WRAP_NS - WRAPPED_MAX_NS)
        return;
    record->time_ns -= WRAP_NS;
    text->wrapped++;
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

void events_take_remap(struct events_cursor *cursor, struct blktrace_record *record)
{
    static const char arrow[] = "<- (";
    uint32_t from;
    events_skip_blanks(cursor);
    if (!events_starts_with(cursor, arrow))
        return;
    cursor->at += sizeof arrow - 1;
    if (!events_take_device(cursor, &from))
        return;
    record->from_device = from;
    record->to_device = record->device;
    record->from_offset = UINT64_MAX;
    if (events_take(cursor, ')')) {
        events_skip_blanks(cursor);
        if (!events_take_sector(cursor, &record->from_offset))
            record->from_offset = UINT64_MAX;
    }
}

// An F before the operation is a flush before it; as the operation it is a flush of the device.
// Of what follows the operation (read-ahead, synchronous, metadata) only FUA matters here.
bool events_text_operation(struct events_text *text, const char *letters, size_t length)
{
    struct blktrace_record *record = &text->record;
    bool flush = length > 0 && letters[0] == 'F';
    record->category |= flush ? BLKTRACE_FLUSH : 0;
    switch (length > flush ? letters[flush] : 'F') {
    case 'D':
        record->category |= BLKTRACE_DISCARD | BLKTRACE_WRITE;
        return true;
    case 'Z':
        // Zone append; the other letters behind Z manage zones.
        if (length < flush + (size_t)2 || letters[flush + 1] != 'A')
            break;
        record->category |= BLKTRACE_WRITE;
        return true;
    case 'W':
        record->category |= BLKTRACE_WRITE;
        if (memchr(letters + flush, 'F', length - flush) != NULL)
            record->category |= BLKTRACE_FUA;
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

void events_text_thread(struct events_text *text, int64_t pid, const char *name, size_t length)
{
    static const char *const nameless[] = {"(null)", "<...>"};
    struct blktrace_record *record = &text->record;
    if (blktrace_record_action(record) == BLKTRACE_REMAP)
        return;
    record->pid = (uint32_t)pid;
    if (text->threads == NULL || blktrace_record_action(record) != BLKTRACE_QUEUE || pid == 0)
        return;
    for (size_t i = 0; i < sizeof nameless / sizeof nameless[0]; i++)
        if (length == strlen(nameless[i]) && memcmp(name, nameless[i], length) == 0)
            length = 0;
    trace_threads_name(text->threads, record->pid, name, length, (int64_t)record->time_ns);
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
