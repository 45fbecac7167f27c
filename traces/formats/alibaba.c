// SPDX-License-Identifier: GPL-2.0-or-later
// Alibaba's block traces of 2020: the time is when the server had received the request, and nothing
// tells how long it took.
#include "traces/formats/columns_formats.h"

static const struct columns_column alibaba_columns[] = {
    {.name = "device_id", .role = COLUMNS_VOLUME},
    {.name = "opcode", .role = COLUMNS_OP},
    {.name = "offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "length", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_US},
};

static const struct columns_word alibaba_words[] = {
    {"R", TRACE_READ},
    {"W", TRACE_WRITE},
    {0},
};

const struct columns_layout alibaba_layout = {
    .columns = alibaba_columns,
    .column_count = sizeof alibaba_columns / sizeof alibaba_columns[0],
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .words = alibaba_words,
    .words_help = "R or W",
};

static bool alibaba_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&alibaba_layout, head, length);
}

static void *alibaba_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &alibaba_layout, error);
}

const struct trace_format trace_format_alibaba = {
    .name = "alibaba",
    .known_by = "lines of device_id,opcode,offset,length,timestamp (Alibaba block traces)",
    .recognise = alibaba_recognise,
    .open = alibaba_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
