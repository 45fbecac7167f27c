// SPDX-License-Identifier: GPL-2.0-or-later
// CSV files of any other kind: the native ones, whose header line names the columns, in any order
// (fields may be quoted as in RFC 4180, but do not span lines), and any file with one request per
// line, its columns named by the user; the latter are never recognised by themselves.
#include "traces/columns/layout.h"
#include "traces/input/flow.h"

#include <stdlib.h>
#include <string.h>

#define CSV_HEADER "time_ns,op,offset,bytes[,member][,latency_ns][,stream]"

static const struct columns_column columns[] = {
    {.name = "time_ns", .role = COLUMNS_TIME, .unit = COLUMNS_NS},
    {.name = "op", .role = COLUMNS_OP},
    {.name = "offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "bytes", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "member", .role = COLUMNS_VOLUME, .optional = true},
    {.name = "latency_ns", .role = COLUMNS_LATENCY, .unit = COLUMNS_NS, .optional = true},
    {.name = "stream", .role = COLUMNS_STREAM, .optional = true},
};
#define CSV_COLUMN_COUNT (sizeof columns / sizeof columns[0])

static const struct columns_word words[] = {
    {"read", TRACE_READ},       {"write", TRACE_WRITE},
    {"discard", TRACE_DISCARD}, {"write-zeroes", TRACE_WRITE_ZEROES},
    {"flush", TRACE_FLUSH},     {0},
};

const struct columns_layout csv_layout = {
    .columns = columns,
    .column_count = CSV_COLUMN_COUNT,
    .header = COLUMNS_HEADER_EXACT,
    .header_help = CSV_HEADER,
    .separator = ',',
    .quoted = true,
    .words = words,
    .exact_words = true,
    .words_help = "read, write, discard, write-zeroes or flush",
    .native = true,
};

// How many of the columns a header line names.
static size_t count_names(const char *at, const char *line_end)
{
    size_t count = 0;
    while (at < line_end) {
        const char *comma = memchr(at, ',', (size_t)(line_end - at));
        comma = comma != NULL ? comma : line_end;
        const char *stop = comma > at && comma[-1] == '\r' ? comma - 1 : comma;
        // Quotes around a header's names are rare, but they are allowed.
        bool quoted = stop - at >= 2 && at[0] == '"' && stop[-1] == '"';
        size_t length = (size_t)(stop - at) - 2 * (size_t)quoted;
        for (size_t i = 0; i < CSV_COLUMN_COUNT; i++)
            count += strlen(columns[i].name) == length &&
                     memcmp(columns[i].name, at + quoted, length) == 0;
        at = comma + (comma < line_end);
    }
    return count;
}

// A header with a slip is still one: two of the names in the first line that is neither blank nor
// a comment will do.
static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    const char *text = (const char *)head;
    const char *end = text + length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    while (text < end && (*text == '#' || *text == '\n' || *text == '\r')) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = newline != NULL ? newline + 1 : end;
    }
    const char *line_end = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
    return count_names(text, line_end != NULL ? line_end : end) >= 2;
}

const struct trace_format trace_format_csv = {
    .name = "csv",
    .known_by = "a CSV file with the header " CSV_HEADER,
    .recognise = recognise,
    .kind = &trace_reader_columns,
    .how = &csv_layout,
};

// ---- Columns named by the user ----

static void *open_reader(struct trace_context *context, const void *how, struct trace_error *error)
{
    (void)how;
    const char *path = context->files->items[0].path;
    if (context->layout == NULL) {
        trace_error_set(error,
                        "%s: format columns needs a layout that says what is where, such as "
                        "time=1:s,op=3,offset=4:sectors,bytes=5",
                        path);
        return NULL;
    }
    struct columns_user_layout *user = columns_layout_parse(path, context->layout, error);
    struct trace_flow *flow = user != NULL ? columns_open(context, &user->layout, error) : NULL;
    if (flow == NULL)
        free(user);
    else
        flow->owned = user;
    return flow;
}

static const struct trace_reader_kind kind = TRACE_FLOW_KIND(open_reader);

const struct trace_format trace_format_columns = {
    .name = "columns",
    .known_by = "any CSV file, if a layout names its columns",
    .kind = &kind,
};
