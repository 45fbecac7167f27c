// SPDX-License-Identifier: GPL-2.0-or-later
// DiskSim's ASCII traces. MQSim's look the same but for the unit of time and the operations, so
// this is recognised by the decimal point of the milliseconds.
#include "traces/formats/columns_formats.h"

static const struct columns_column disksim_columns[] = {
    {.name = "time", .role = COLUMNS_TIME, .unit = COLUMNS_MS, .decimals = 6},
    {.name = "devno", .role = COLUMNS_VOLUME},
    {.name = "blkno", .role = COLUMNS_OFFSET, .unit = COLUMNS_SECTORS},
    {.name = "size", .role = COLUMNS_LENGTH, .unit = COLUMNS_SECTORS},
    {.name = "flags", .role = COLUMNS_OP, .unit = COLUMNS_READ_FLAG},
};

const struct columns_layout disksim_layout = {
    .columns = disksim_columns,
    .column_count = sizeof disksim_columns / sizeof disksim_columns[0],
    .separator = ' ',
    .has_points = true,
};

static bool disksim_recognise(const uint8_t *head, size_t length)
{
    return columns_recognise(&disksim_layout, head, length);
}

static void *disksim_open(struct trace_context *context, struct trace_error *error)
{
    return columns_open(context, &disksim_layout, error);
}

const struct trace_format trace_format_disksim = {
    .name = "disksim",
    .known_by = "lines of time devno blkno size flags, the time in decimal ms (DiskSim ASCII)",
    .recognise = disksim_recognise,
    .open = disksim_open,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};
