// SPDX-License-Identifier: GPL-2.0-or-later
// Tencent's cloud block storage (SNIA): whole seconds, so requests are spread within them.
#include "traces/formats/columns_formats.h"

static const struct columns_column tencent_columns[] = {
    {.name = "Timestamp", .role = COLUMNS_TIME, .unit = COLUMNS_WHOLE_SECONDS},
    {.name = "Offset", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "Size", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "IOType", .role = COLUMNS_OP},
    {.name = "VolumeID", .role = COLUMNS_VOLUME},
};

static const struct columns_word tencent_words[] = {
    {"0", TRACE_READ},
    {"1", TRACE_WRITE},
    {0},
};

const struct columns_layout tencent_layout = {
    .columns = tencent_columns,
    .column_count = sizeof tencent_columns / sizeof tencent_columns[0],
    .header = COLUMNS_HEADER_MAYBE,
    .separator = ',',
    .spread = true,
    .words = tencent_words,
    .words_help = "0 (read) or 1 (write)",
};

static bool tencent_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&tencent_layout, head, length);
}

static void *tencent_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &tencent_layout, error);
}

const struct trace_format trace_format_tencent = {
    .name = "tencent",
    .known_by = "lines of Timestamp,Offset,Size,IOType,VolumeID (Tencent block traces)",
    .recognise = tencent_recognise,
    .open = tencent_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
