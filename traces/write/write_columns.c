// SPDX-License-Identifier: GPL-2.0-or-later
// All formats that have one request per line and its parts in columns, by the layouts by which they
// are read.
#include "traces/write/write_format.h"
#include "traces/write/write_text.h"

#define LINE_BYTES_MAX 1024 // without names

static char *separate(const struct columns_layout *layout, char *to)
{
    if (layout->spaced)
        *to++ = ' ';
    *to++ = layout->separator;
    if (layout->spaced)
        *to++ = ' ';
    return to;
}

void write_columns_begin(struct write_context *context)
{
    const struct columns_layout *layout = context->format->layout;
    // Files of other tools do not have the headers that may be there.
    if (layout->header < COLUMNS_HEADER_PROSE)
        return;
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX);
    for (size_t i = 0; i < layout->column_count; i++) {
        if (layout->columns[i].role == COLUMNS_STREAM && !context->has_streams)
            continue;
        if (i > 0)
            to = separate(layout, to);
        to = write_string(to, layout->columns[i].name);
    }
    *to++ = '\n';
    write_output_take(&context->output, to);
}

static const char *find_word(const struct columns_layout *layout, enum trace_op op)
{
    for (const struct columns_word *word = layout->words; word != NULL && word->text != NULL;
         word++)
        if (word->op == op)
            return word->text;
    return NULL;
}

static char *put_op(const struct columns_layout *layout, const struct columns_column *column,
                    enum trace_op op, char *to)
{
    if (column->unit == COLUMNS_READ_FLAG) {
        *to++ = op == TRACE_READ ? '1' : '0';
        return to;
    }
    return write_string(to, find_word(layout, op));
}

static char *put_latency(const struct columns_column *column, int64_t latency_ns, char *to)
{
    if (latency_ns != TRACE_LATENCY_UNKNOWN)
        return columns_unit_print(column->unit, column->decimals, latency_ns, to);
    return column->zero_is_unknown ? columns_unit_print(column->unit, column->decimals, 0, to) : to;
}

static char *put_field(const struct write_context *context, const struct columns_column *column,
                       const struct trace_request *request, char *to)
{
    const struct write_volume *volume = &context->volumes.items[request->volume];
    switch (column->role) {
    case COLUMNS_TIME:
        return columns_unit_print(column->unit, column->decimals, request->arrival_ns, to);
    case COLUMNS_OP:
        return put_op(context->format->layout, column, request->op, to);
    case COLUMNS_OFFSET:
        return columns_unit_print(column->unit, 0, (int64_t)request->offset, to);
    case COLUMNS_LENGTH:
        return columns_unit_print(column->unit, 0, (int64_t)request->bytes, to);
    case COLUMNS_LATENCY:
        return put_latency(column, request->latency_ns, to);
    case COLUMNS_VOLUME:
        return write_bytes(to, volume->text, volume->sub > 0 ? volume->sub - 1 : volume->length);
    case COLUMNS_SUBVOLUME:
        return write_bytes(to, volume->text + volume->sub, volume->length - volume->sub);
    case COLUMNS_STREAM:
        return write_quoted(to, context->stream);
    default:
        return columns_unit_print(column->unit, column->decimals, 0, to);
    }
}

void write_columns_put(struct write_context *context, const struct trace_request *request)
{
    const struct columns_layout *layout = context->format->layout;
    size_t names = context->volumes.items[request->volume].length + 2 * strlen(context->stream);
    char *to = write_output_reserve(&context->output, LINE_BYTES_MAX + names);
    for (size_t i = 0; i < layout->column_count; i++) {
        if (layout->columns[i].role == COLUMNS_STREAM && !context->has_streams)
            continue;
        if (i > 0)
            to = separate(layout, to);
        to = put_field(context, &layout->columns[i], request, to);
    }
    *to++ = '\n';
    write_output_take(&context->output, to);
}

struct write_limits write_columns_limits(const struct columns_layout *layout)
{
    struct write_limits limits = {.empty = layout->native, .bytes_max = INT64_MAX};
    for (size_t i = 0; i < layout->column_count; i++) {
        const struct columns_column *column = &layout->columns[i];
        limits.streams = limits.streams || column->role == COLUMNS_STREAM;
        if (column->unit == COLUMNS_READ_FLAG)
            limits.operations |= 1U << TRACE_READ | 1U << TRACE_WRITE;
        if (!columns_unit_is_time(column->unit) && !columns_unit_is_size(column->unit))
            continue;
        int64_t step = columns_unit_step(column->unit, column->decimals);
        if (column->role == COLUMNS_TIME)
            limits.time_step_ns = step;
        if (column->role == COLUMNS_LATENCY)
            limits.latency_step_ns = step;
        if (column->role == COLUMNS_OFFSET)
            limits.offset_step = (uint64_t)step;
        if (column->role == COLUMNS_LENGTH)
            limits.bytes_step = (uint64_t)step;
        limits.latency_nonzero = limits.latency_nonzero || column->zero_is_unknown;
    }
    limits.bytes_max -= limits.bytes_max % limits.bytes_step;
    for (enum trace_op op = 0; op < TRACE_OP_COUNT; op++)
        if (find_word(layout, op) != NULL)
            limits.operations |= 1U << op;
    return limits;
}
