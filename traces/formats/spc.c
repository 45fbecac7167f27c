// SPDX-License-Identifier: GPL-2.0-or-later
// The Storage Performance Council's trace file format 1.0.1, as of the UMass traces. Its block
// size is for the trace's description to say; 512 bytes in those that are known.
#include "traces/formats/columns_formats.h"

static const struct columns_column spc_columns[] = {
    {.name = "ASU", .role = COLUMNS_VOLUME},
    {.name = "LBA", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "Opcode", .role = COLUMNS_OP},
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_S, .decimals = 9},
};

static const struct columns_word spc_words[] = {
    {"R", TRACE_READ},
    {"W", TRACE_WRITE},
    {0},
};

const struct columns_layout spc_layout = {
    .columns = spc_columns,
    .column_count = sizeof spc_columns / sizeof spc_columns[0],
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .trimmed = true,
    .more = true,
    .words = spc_words,
    .words_help = "R or W",
};

static bool spc_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&spc_layout, head, length);
}

static void *spc_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &spc_layout, error);
}

const struct trace_format trace_format_spc = {
    .name = "spc",
    .known_by = "lines of ASU,LBA,Size,Opcode,Timestamp (SPC, UMass)",
    .recognise = spc_recognise,
    .open = spc_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
