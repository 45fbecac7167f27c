// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the start of a file is of a layout, by reading it as such.
#include "traces/columns/parse.h"

#include <string.h>

// Enough to outvote a damaged line.
#define RECOGNISED_LINES_MAX 16

struct recognised {
    const struct columns_layout *layout;
    struct columns_plan plan;
    struct columns_line line;
    size_t lines;
    size_t good;

    bool points; // there is a time with a decimal point
};

static bool recognise_names(struct recognised *seen, const char *text, size_t length)
{
    struct columns_fault fault;
    bool comment = length > 0 && text[0] == '#';
    if (!columns_split_line(seen->layout, &seen->line, text + comment, length - comment,
                            COLUMNS_MAX, &fault) ||
        seen->line.count > COLUMNS_MAX)
        return false;
    if (seen->layout->header == COLUMNS_HEADER_NAMES)
        return columns_plan_by_name(&seen->plan, seen->layout, seen->line.fields, seen->line.count,
                                    &fault);
    return columns_are_names(seen->layout, seen->line.fields, seen->line.count);
}

static void recognise_data(struct recognised *seen, const char *text, size_t length)
{
    struct columns_fault fault;
    struct columns_counts counts = {0};
    struct trace_request request;
    seen->lines++;
    if (!columns_split_line(seen->layout, &seen->line, text, length, seen->plan.field_count,
                            &fault) ||
        !columns_parse_line(&seen->plan, &seen->line, &request, &counts, &fault))
        return;
    const struct columns_field *time = &seen->line.fields[seen->plan.place[COLUMNS_TIME]];
    seen->points = seen->points || memchr(time->text, '.', time->length) != NULL;
    seen->good++;
}

// False: the header decided.
static bool recognise_line(struct recognised *seen, const char *text, size_t length)
{
    enum columns_header header = seen->layout->header;
    if (header == COLUMNS_HEADER_PROSE || header == COLUMNS_HEADER_NAMES) {
        seen->good = recognise_names(seen, text, length);
        seen->lines = 1;
        return seen->good == 0 && (header == COLUMNS_HEADER_PROSE || text[0] == '#');
    }
    if (text[0] == '#')
        return true;
    if (header == COLUMNS_HEADER_MAYBE && seen->lines == 0 && recognise_names(seen, text, length))
        seen->good = seen->lines = 1;
    else
        recognise_data(seen, text, length);
    return seen->lines < RECOGNISED_LINES_MAX;
}

bool columns_recognise(const void *how, const uint8_t *head, size_t length)
{
    const struct columns_layout *layout = how;
    struct recognised seen = {.layout = layout};
    const char *at = (const char *)head;
    const char *end = at + length;
    bool whole = length < TRACE_HEAD_BYTES;
    columns_plan_by_place(&seen.plan, layout);
    seen.line.fields[COLUMNS_NOWHERE] = (struct columns_field){"", 0};
    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL && !whole)
            break;
        const char *stop = newline != NULL ? newline : end;
        size_t line_length = (size_t)(stop - at) - (stop > at && stop[-1] == '\r');
        if (line_length > 0 && !recognise_line(&seen, at, line_length))
            break;
        at = stop + (newline != NULL);
    }
    return seen.good * 2 > seen.lines && (seen.points || !layout->has_points);
}
