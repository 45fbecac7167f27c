// SPDX-License-Identifier: GPL-2.0-or-later
// What `blkparse -f` prints, given its format string.
//
// A line that does not fit the string is no event: blkparse prints messages, `Input file` lines and
// statistics in between and after. What the string leaves out is said.
#include "traces/formats/blkparse_layout.h"

#include <stdio.h>

#define MAJOR_MAX 0xfff
#define MINOR_BITS 20

struct layout_source {
    struct events_text text;
    struct blkparse_layout layout;
    bool statistics; // they have begun
};

static bool start(struct events_text *text, const struct trace_context *context,
                  struct trace_error *error)
{
    struct layout_source *source = (struct layout_source *)text;
    if (context->layout == NULL) {
        trace_error_set(error,
                        "%s: found no layout, expected the format string that blkparse -f was "
                        "given, such as \"%%T.%%9t %%p %%a %%3d %%S %%n\"",
                        text->file->path);
        return false;
    }
    return blkparse_layout_parse(&source->layout, context->layout, text->file->path, error);
}

// The device that the values tell; 0,0 without one. False: there cannot be such a device.
static bool take_device(const struct layout_source *source, const struct blkparse_values *values,
                        uint32_t *device)
{
    int64_t major = values->numbers['M' - 'A'];
    int64_t minor = values->numbers['m' - 'A'];
    *device = values->device;
    if (blkparse_layout_has(&source->layout, 'D'))
        return true;
    *device = (uint32_t)major << MINOR_BITS | (uint32_t)minor;
    return major >= 0 && major <= MAJOR_MAX && minor >= 0 && minor < 1 << MINOR_BITS;
}

static enum events_line fail_value(const struct layout_source *source, const char *expected,
                                   struct trace_error *error)
{
    struct events_cursor line = events_text_cursor(&source->text);
    return events_text_expected(&source->text, &line, expected, error);
}

// Sector and length, and where a split is. False: they cannot be.
static bool take_extent(const struct layout_source *source, const struct blkparse_values *values,
                        struct blktrace_record *record)
{
    bool in_bytes = blkparse_layout_has(&source->layout, 'N');
    int64_t length = values->numbers[(in_bytes ? 'N' : 'n') - 'A'];
    int64_t bytes_max = in_bytes ? UINT32_MAX : UINT32_MAX / BLKTRACE_SECTOR_BYTES;
    int64_t sector = values->numbers['S' - 'A'];
    int64_t split_at = values->numbers['U' - 'A'];
    if (length < 0 || length > bytes_max || sector < 0)
        return false;
    record->bytes = (uint32_t)length * (in_bytes ? 1 : BLKTRACE_SECTOR_BYTES);
    if (record->bytes == 0 && sector > INT64_MAX / BLKTRACE_SECTOR_BYTES)
        sector = 0;
    if (sector > (INT64_MAX - record->bytes) / BLKTRACE_SECTOR_BYTES)
        return false;
    record->offset = (uint64_t)sector * BLKTRACE_SECTOR_BYTES;
    if (blktrace_record_action(record) == BLKTRACE_SPLIT && split_at > 0 &&
        split_at <= INT64_MAX / BLKTRACE_SECTOR_BYTES)
        record->split_at = (uint64_t)split_at * BLKTRACE_SECTOR_BYTES;
    return true;
}

static void take_thread(struct events_text *text, const struct blkparse_values *values)
{
    int64_t pid = values->numbers['p' - 'A'];
    struct events_cursor name = values->name;
    if (text->threads == NULL || pid < 0 || pid > UINT32_MAX)
        return;
    events_skip_blanks(&name);
    while (name.end > name.at && name.end[-1] == ' ')
        name.end--;
    events_text_thread(text, pid, name.at, (size_t)(name.end - name.at));
}

// A line that is no event, and if it is the first, why.
static enum events_line explain_alien(struct layout_source *source,
                                      const struct blkparse_values *values)
{
    struct events_text *text = &source->text;
    const struct blkparse_layout *layout = &source->layout;
    enum events_line kind = blkparse_lines_other(events_text_cursor(text), &source->statistics);
    if (kind != EVENTS_LINE_ALIEN || text->aliens > 0)
        return kind;
    if (values->misfit_at == NULL) {
        snprintf(text->alien_wrong, sizeof text->alien_wrong, " (for %%a: an action)");
        return kind;
    }
    char expected[16] = "the end";
    if (values->misfit < layout->count) {
        const struct blkparse_item *item = &layout->items[values->misfit];
        snprintf(expected, sizeof expected, item->specifier != 0 ? "%%%c" : "'%c'",
                 item->specifier != 0 ? item->specifier : item->literal);
    }
    snprintf(text->alien_wrong, sizeof text->alien_wrong, " (in column %zu: %s)",
             (size_t)(values->misfit_at - text->lines.text) + 1, expected);
    return kind;
}

static enum events_line parse(struct events_text *text, const struct trace_events_wanted *wanted,
                              struct trace_error *error)
{
    struct layout_source *source = (struct layout_source *)text;
    struct blktrace_record *record = &text->record;
    struct blkparse_values values;
    struct events_cursor line = events_text_cursor(text);
    (void)wanted;
    if (blkparse_layout_match(&source->layout, line, &values))
        record->action = (uint16_t)events_action(values.action, values.action_length);
    if (record->action == 0)
        return explain_alien(source, &values);
    if (source->statistics)
        return blkparse_lines_after_end(text, error);
    int64_t seconds = values.numbers['T' - 'A'];
    int64_t nanoseconds = values.numbers['t' - 'A'];
    if (seconds < 0 || seconds > INT64_MAX / 1000000000 - 1 || nanoseconds < 0 ||
        nanoseconds >= 1000000000)
        return fail_value(source, "%T seconds and %t nanoseconds below 2^63 ns in all", error);
    record->time_ns = (uint64_t)(seconds * 1000000000 + nanoseconds);
    record->cpu = BLKTRACE_CPU_UNKNOWN;
    events_text_unwrap(text);
    if (!take_device(source, &values, &record->device))
        return fail_value(source, "a device below 4096,1048576", error);
    if (!take_extent(source, &values, record))
        return fail_value(source, "a length below 2^32 and an end below 2^63 bytes", error);
    if (values.operation != NULL &&
        !events_text_operation(text, values.operation, values.operation_length))
        return EVENTS_LINE_OPERATION;
    take_thread(text, &values);
    return EVENTS_LINE_RECORD;
}

static void report(const struct events_text *text, struct trace_notices *notices)
{
    const struct layout_source *source = (const struct layout_source *)text;
    const struct blkparse_layout *layout = &source->layout;
    const char *path = text->file->path;
    bool device = blkparse_layout_has(layout, 'D') ||
                  (blkparse_layout_has(layout, 'M') && blkparse_layout_has(layout, 'm'));
    trace_notices_set(notices, "no-operation", path, !blkparse_layout_has(layout, 'd'),
                      "The layout has no %%d: what is a read, a write or a discard is not known; "
                      "all requests are taken to be reads, and flushes are skipped.");
    trace_notices_set(notices, "no-device", path, !device,
                      "The layout has neither %%D nor %%M and %%m: all records are taken to be of "
                      "one device, %u,%u.",
                      text->record.device >> MINOR_BITS,
                      text->record.device & ((1U << MINOR_BITS) - 1));
}

static const struct events_syntax syntax = {
    .what = "text of blkparse -f",
    .line = "a line as the layout says",
    .bytes = sizeof(struct layout_source),
    .start = start,
    .parse = parse,
    .report = report,
};

const struct trace_format trace_format_blkparse_f = {
    .name = "blkparse-f",
    .known_by = "what blkparse -f prints, if the layout says its format string",
    .wanted = TRACE_EVENTS_WANTED,
    .kind = &trace_reader_event_text,
    .how = &syntax,
};
