// SPDX-License-Identifier: GPL-2.0-or-later
// blkreplay's loads: prose, then a line of names, then the requests of one volume. A duration of 0
// is one that was not measured.
#include "traces/formats/columns_formats.h"

#define BLKREPLAY_HEADER "start ; sector ; length ; op ; replay_delay ; replay_duration"

static const struct columns_column blkreplay_columns[] = {
    {.name = "start", .role = COLUMNS_TIME, .unit = COLUMNS_S, .decimals = 9},
    {.name = "sector", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "length", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "op", .role = COLUMNS_OP},
    {.name = "replay_delay", .unit = COLUMNS_S, .decimals = 9},
    {.name = "replay_duration",
     .role = COLUMNS_LATENCY,
     .unit = COLUMNS_S,
     .zero_is_unknown = true,
     .decimals = 9},
};

static const struct columns_word blkreplay_words[] = {
    {"R", TRACE_READ},
    {"W", TRACE_WRITE},
    {"RA", TRACE_READ}, // read ahead
    {0},
};

const struct columns_layout blkreplay_layout = {
    .columns = blkreplay_columns,
    .column_count = sizeof blkreplay_columns / sizeof blkreplay_columns[0],
    .header = COLUMNS_HEADER_PROSE,
    .header_help = BLKREPLAY_HEADER,
    .separator = ';',
    .trimmed = true,
    .spaced = true,
    .words = blkreplay_words,
    .words_help = "R, W or RA",
};

static bool blkreplay_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&blkreplay_layout, head, length);
}

static void *blkreplay_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &blkreplay_layout, error);
}

const struct trace_format trace_format_blkreplay = {
    .name = "blkreplay",
    .known_by = "lines of " BLKREPLAY_HEADER ", under that header (blkreplay)",
    .recognise = blkreplay_recognise,
    .open = blkreplay_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
