// SPDX-License-Identifier: GPL-2.0-or-later
// SYSTOR '17 (Fujitsu's virtual desktops, SNIA): the response time may be missing.
#include "traces/formats/columns_formats.h"

static const struct columns_column systor_columns[] = {
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_S, .decimals = 9},
    {.name = "Response", .role = COLUMNS_LATENCY, .unit = COLUMNS_S, .decimals = 9},
    {.name = "IOType", .role = COLUMNS_OP},
    {.name = "LUN", .role = COLUMNS_VOLUME},
    {.name = "Offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
};

static const struct columns_word systor_words[] = {
    {"R", TRACE_READ},
    {"W", TRACE_WRITE},
    {0},
};

const struct columns_layout systor_layout = {
    .columns = systor_columns,
    .column_count = sizeof systor_columns / sizeof systor_columns[0],
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .words = systor_words,
    .words_help = "R or W",
};

static bool systor_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&systor_layout, head, length);
}

static void *systor_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &systor_layout, error);
}

const struct trace_format trace_format_systor = {
    .name = "systor",
    .known_by = "lines of Timestamp,Response,IOType,LUN,Offset,Size (SYSTOR '17)",
    .recognise = systor_recognise,
    .open = systor_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
