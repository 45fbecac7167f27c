// SPDX-License-Identifier: GPL-2.0-or-later
// MSR Cambridge (SNIA): HOST_DISK.csv. A disk's number is its host's own, so both name the volume.
#include "traces/formats/columns_formats.h"

static const struct columns_column msr_columns[] = {
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_FILETIME},
    {.name = "Hostname", .role = COLUMNS_VOLUME},
    {.name = "DiskNumber", .role = COLUMNS_SUBVOLUME},
    {.name = "Type", .role = COLUMNS_OP},
    {.name = "Offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_BYTES},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_BYTES},
    {.name = "ResponseTime", .role = COLUMNS_LATENCY, .unit = COLUMNS_TICKS},
};

static const struct columns_word msr_words[] = {
    {"Read", TRACE_READ},
    {"Write", TRACE_WRITE},
    {0},
};

const struct columns_layout msr_layout = {
    .columns = msr_columns,
    .column_count = sizeof msr_columns / sizeof msr_columns[0],
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .words = msr_words,
    .words_help = "Read or Write",
};

static bool msr_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&msr_layout, head, length);
}

static void *msr_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &msr_layout, error);
}

const struct trace_format trace_format_msr = {
    .name = "msr",
    .known_by =
        "lines of Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime (MSR Cambridge)",
    .recognise = msr_recognise,
    .open = msr_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
