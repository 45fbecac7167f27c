// SPDX-License-Identifier: GPL-2.0-or-later
// hfplayer's CSV, of NetApp's filers: a header of names, of which six matter here.
#include "traces/formats/columns_formats.h"

static const struct columns_column hfplayer_columns[] = {
    {.name = "ELAPSED_USECS.D", .role = COLUMNS_TIME, .unit = COLUMNS_US, .decimals = 3},
    {.name = "LUN_SSID.I", .role = COLUMNS_VOLUME},
    {.name = "OP.I", .role = COLUMNS_OP},
    {.name = "LBA.I", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "NBLKS.I", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "LATENCY_USECS.D",
     .role = COLUMNS_LATENCY,
     .unit = COLUMNS_US,
     .optional = true,
     .decimals = 3},
};

static const struct columns_word hfplayer_words[] = {
    {"0", TRACE_READ},
    {"1", TRACE_WRITE},
    {0},
};

const struct columns_layout hfplayer_layout = {
    .columns = hfplayer_columns,
    .column_count = sizeof hfplayer_columns / sizeof hfplayer_columns[0],
    .header = COLUMNS_HEADER_NAMES,
    .separator = ',',
    .words = hfplayer_words,
    .words_help = "0 (read) or 1 (write)",
};

static bool hfplayer_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&hfplayer_layout, head, length);
}

static void *hfplayer_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &hfplayer_layout, error);
}

const struct trace_format trace_format_hfplayer = {
    .name = "hfplayer",
    .known_by = "a CSV file whose header names ELAPSED_USECS.D, OP.I, LBA.I (hfplayer)",
    .recognise = hfplayer_recognise,
    .open = hfplayer_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
