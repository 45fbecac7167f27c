// SPDX-License-Identifier: GPL-2.0-or-later
// MQSim's and SSDsim's ASCII traces: like DiskSim's, but in whole nanoseconds, and 1 is a read.
#include "traces/formats/columns_formats.h"

static const struct columns_column mqsim_columns[] = {
    {.name = "time", .role = COLUMNS_TIME, .unit = COLUMNS_NS},
    {.name = "device", .role = COLUMNS_VOLUME},
    {.name = "lsn", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "size", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "type", .role = COLUMNS_OP},
};

static const struct columns_word mqsim_words[] = {
    {"0", TRACE_WRITE},
    {"1", TRACE_READ},
    {0},
};

const struct columns_layout mqsim_layout = {
    .columns = mqsim_columns,
    .column_count = sizeof mqsim_columns / sizeof mqsim_columns[0],
    .separator = ' ',
    .words = mqsim_words,
    .words_help = "0 (write) or 1 (read)",
};

static bool mqsim_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&mqsim_layout, head, length);
}

static void *mqsim_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &mqsim_layout, error);
}

const struct trace_format trace_format_mqsim = {
    .name = "mqsim",
    .known_by = "lines of time device lsn size type, the time in whole ns (MQSim ASCII)",
    .recognise = mqsim_recognise,
    .open = mqsim_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
